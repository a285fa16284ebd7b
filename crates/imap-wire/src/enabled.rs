//! What a client has switched on.
//!
//! RFC 5161 (ENABLE), RFC 7162 §3.1 (commands that enable CONDSTORE too), RFC 6855 §3 (UTF8=ACCEPT), RFC 9051 §6.3.1.

/// Extensions that change the form of answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Enabled {
    /// MODSEQ in every FETCH response.
    pub condstore: bool,
    /// VANISHED in place of EXPUNGE; never without `condstore`.
    pub qresync: bool,
    /// UTF-8 in names and quoted strings.
    pub utf8: bool,
    /// Answers as RFC 9051 has them.
    pub imap4rev2: bool,
}

impl Enabled {
    /// Are names of mailboxes written in UTF-8, not in modified UTF-7?
    pub const fn unicode_names(self) -> bool {
        self.utf8 || self.imap4rev2
    }
}
