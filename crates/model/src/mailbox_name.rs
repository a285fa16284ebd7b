//! Names of mailboxes, inside always as Unicode text in NFC.
//!
//! RFC 3501 §5.1 (INBOX in any case, hierarchy) and RFC 6154 (special use). Modified UTF-7 (RFC 3501 §5.1.3) is the
//! wire's business.

use std::fmt;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

/// Stands between the levels of a name.
pub const HIERARCHY_DELIMITER: char = '/';

/// The name of a mailbox: not empty, no control characters, INBOX always written so.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MailboxName(String);

/// Why a text cannot name a mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MailboxNameError {
    /// Nothing there, or an empty level as in `a//b`.
    #[error("a mailbox name has no empty level")]
    Empty,
    /// Over [`MailboxName::OCTETS_MAX`] or [`MailboxName::LEVELS_MAX`].
    #[error(
        "a mailbox name has at most {} octets and {} levels",
        MailboxName::OCTETS_MAX,
        MailboxName::LEVELS_MAX
    )]
    TooLong,
    /// A control character, a wildcard, or text that shows nothing.
    #[error("a mailbox name has no control characters and no wildcards (% or *)")]
    BadCharacter,
}

impl MailboxName {
    /// Longest name in octets of UTF-8.
    pub const OCTETS_MAX: usize = 1000;
    /// Deepest name, in levels.
    pub const LEVELS_MAX: usize = 32;

    /// The mailbox that every account has.
    pub fn inbox() -> Self {
        Self("INBOX".to_owned())
    }
    /// Reads a name in Unicode: NFC, one trailing delimiter dropped, INBOX and its children recognised in any case.
    ///
    /// # Errors
    /// See [`MailboxNameError`].
    pub fn parse(text: &str) -> Result<Self, MailboxNameError> {
        let text = text.strip_suffix(HIERARCHY_DELIMITER).unwrap_or(text);
        if text.len() > 2 * Self::OCTETS_MAX {
            return Err(MailboxNameError::TooLong);
        }
        let mut name: String = text.nfc().collect();
        if name.len() > Self::OCTETS_MAX || name.split(HIERARCHY_DELIMITER).count() > Self::LEVELS_MAX {
            return Err(MailboxNameError::TooLong);
        }
        if name.split(HIERARCHY_DELIMITER).any(str::is_empty) {
            return Err(MailboxNameError::Empty);
        }
        let bad = |c: char| c.is_control() || "%*\u{2028}\u{2029}\u{feff}".contains(c);
        if name.contains(bad) {
            return Err(MailboxNameError::BadCharacter);
        }
        let first = name.find(HIERARCHY_DELIMITER).unwrap_or(name.len());
        if name[..first].eq_ignore_ascii_case("INBOX") {
            name.replace_range(..first, "INBOX");
        }
        Ok(Self(name))
    }
    /// The whole name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
    /// Is it INBOX itself?
    pub fn is_inbox(&self) -> bool {
        self.0 == "INBOX"
    }
    /// The name one level up; `None` at the top.
    pub fn parent(&self) -> Option<Self> {
        self.0.rfind(HIERARCHY_DELIMITER).map(|place| Self(self.0[..place].to_owned()))
    }
    /// Does this name lie below `other`?
    pub fn is_below(&self, other: &Self) -> bool {
        self.0.strip_prefix(&other.0).is_some_and(|rest| rest.starts_with(HIERARCHY_DELIMITER))
    }
}

impl fmt::Display for MailboxName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a mailbox is for (RFC 6154 §2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpecialUse {
    /// Kept for later.
    Archive,
    /// Not finished.
    Drafts,
    /// Unwanted.
    Junk,
    /// Sent.
    Sent,
    /// Thrown away.
    Trash,
}

impl SpecialUse {
    /// The five that every account has.
    pub const ALL: [Self; 5] = [Self::Archive, Self::Drafts, Self::Junk, Self::Sent, Self::Trash];

    /// With its backslash.
    pub const fn attribute(self) -> &'static str {
        match self {
            Self::Archive => "\\Archive",
            Self::Drafts => "\\Drafts",
            Self::Junk => "\\Junk",
            Self::Sent => "\\Sent",
            Self::Trash => "\\Trash",
        }
    }
    /// The name under which a new account has it; every client shows its own word for it.
    pub const fn default_name(self) -> &'static str {
        match self {
            Self::Archive => "Archive",
            Self::Drafts => "Drafts",
            Self::Junk => "Junk",
            Self::Sent => "Sent",
            Self::Trash => "Trash",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inbox_in_any_case_and_decomposed_letters() {
        assert!(MailboxName::parse("iNbOx").unwrap().is_inbox());
        assert_eq!(MailboxName::parse("inbox/Läxor").unwrap().as_str(), "INBOX/Läxor");
        assert_eq!(MailboxName::parse("La\u{308}xor").unwrap(), MailboxName::parse("Läxor").unwrap());
        assert_eq!(MailboxName::parse("inboxes").unwrap().as_str(), "inboxes");
    }

    #[test]
    fn names_that_are_refused() {
        for (text, error) in [
            ("", MailboxNameError::Empty),
            ("a//b", MailboxNameError::Empty),
            ("/a", MailboxNameError::Empty),
            ("a\u{0}", MailboxNameError::BadCharacter),
            ("a*", MailboxNameError::BadCharacter),
        ] {
            assert_eq!(MailboxName::parse(text), Err(error), "{text:?}");
        }
        assert_eq!(MailboxName::parse(&"x".repeat(1001)), Err(MailboxNameError::TooLong));
        assert_eq!(MailboxName::parse(&"x/".repeat(33)), Err(MailboxNameError::TooLong));
    }

    #[test]
    fn family_of_a_name() {
        let child = MailboxName::parse("Läxor/Matte").unwrap();
        assert_eq!(child.parent(), Some(MailboxName::parse("Läxor").unwrap()));
        assert!(child.is_below(&MailboxName::parse("Läxor").unwrap()));
        assert!(!child.is_below(&MailboxName::parse("Läx").unwrap()));
    }
}
