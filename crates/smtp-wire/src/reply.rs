//! Replies: a code, an enhanced status and words.
//!
//! RFC 5321 §4.2 (codes, lines), §4.5.3.1.5 (line length), RFC 2034 and RFC 3463 (enhanced status on every line).

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use bytes::{BufMut, BytesMut};
use memchr::memrchr;
use model::Text;

use crate::limits::REPLY_LINE_BYTES_MAX;
use crate::printable::printable;

/// `class.subject.detail` of RFC 3463 §2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EnhancedStatus {
    class: u8,
    subject: u16,
    detail: u16,
}

impl EnhancedStatus {
    /// From its three numbers: class 2, 4 or 5, the others up to 999.
    pub const fn new(class: u8, subject: u16, detail: u16) -> Self {
        assert!(matches!(class, 2 | 4 | 5) && subject <= 999 && detail <= 999, "RFC 3463 §2");
        Self { class, subject, detail }
    }
}

impl fmt::Display for EnhancedStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.class, self.subject, self.detail)
    }
}

/// Not `class.subject.detail`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an enhanced status has the form 5.1.1")]
pub struct StatusError;

impl FromStr for EnhancedStatus {
    type Err = StatusError;
    fn from_str(text: &str) -> Result<Self, StatusError> {
        let numbers: Option<Vec<u16>> = text.split('.').map(|n| n.parse().ok()).collect();
        match numbers.as_deref() {
            Some(&[class @ (2 | 4 | 5), subject @ 0..=999, detail @ 0..=999]) => {
                Ok(Self { class: class as u8, subject, detail })
            }
            _ => Err(StatusError),
        }
    }
}

/// What is said: a sentence for people in both languages, or a protocol's word in English.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Words {
    English(Cow<'static, str>),
    Both(Text),
}

/// One answer to one command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    code: u16,
    status: Option<EnhancedStatus>,
    words: Words,
}

impl Reply {
    /// A reply that a person may get to read: Swedish, then English.
    pub fn new(code: u16, status: EnhancedStatus, text: Text) -> Self {
        Self { code, status: Some(status), words: Words::Both(text) }
    }
    /// A reply that only programs and their authors read.
    pub fn english(code: u16, status: EnhancedStatus, text: impl Into<Cow<'static, str>>) -> Self {
        Self { code, status: Some(status), words: Words::English(text.into()) }
    }
    /// Greeting, EHLO, 334 and 354 carry no status (RFC 2034 §4).
    pub(crate) fn bare(code: u16, text: impl Into<Cow<'static, str>>) -> Self {
        Self { code, status: None, words: Words::English(text.into()) }
    }
    /// The three digits.
    pub const fn code(&self) -> u16 {
        self.code
    }
    /// The enhanced status, if this reply has one.
    pub const fn status(&self) -> Option<EnhancedStatus> {
        self.status
    }
    /// 5xx: the same command will fail again.
    pub const fn is_permanent(&self) -> bool {
        matches!(self.code, 500..=599)
    }
    /// 4xx or 5xx.
    pub const fn is_refusal(&self) -> bool {
        matches!(self.code, 400..=599)
    }

    /// As lines of at most 512 octets. Whatever the words hold, they stay inside their lines.
    pub(crate) fn write(&self, utf8: bool, out: &mut BytesMut) {
        let words = match &self.words {
            Words::English(text) => printable(text, utf8),
            Words::Both(text) => printable(&text.to_string(), utf8),
        };
        let status = self.status.map(|status| format!("{status} ")).unwrap_or_default();
        // Code, separator and CRLF take six.
        let lines = wrap(&words, REPLY_LINE_BYTES_MAX - 6 - status.len());
        for (place, line) in lines.iter().enumerate() {
            let separator = if place + 1 == lines.len() { ' ' } else { '-' };
            out.put_slice(format!("{}{separator}{status}{line}\r\n", self.code).as_bytes());
        }
    }
}

/// Lines of at most `width` octets, broken at spaces where there are any. At least one line.
fn wrap(text: &str, width: usize) -> Vec<&str> {
    let (mut lines, mut rest) = (Vec::new(), text.trim());
    while rest.len() > width {
        let most = rest.floor_char_boundary(width);
        // A space may be the first octet that no longer fits.
        let end = memrchr(b' ', &rest.as_bytes()[..=most]).filter(|end| *end > 0).unwrap_or(most);
        lines.push(rest[..end].trim_end());
        rest = rest[end..].trim_start();
    }
    lines.push(rest);
    lines
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(reply: &Reply, utf8: bool) -> String {
        let mut out = BytesMut::new();
        reply.write(utf8, &mut out);
        String::from_utf8(out.to_vec()).unwrap()
    }

    #[test]
    fn words_fold_unless_the_client_reads_utf8() {
        let reply = Reply::new(
            550,
            EnhancedStatus::new(5, 1, 1),
            Text::new("Adressen är okänd.", "No such address."),
        );
        assert_eq!(written(&reply, false), "550 5.1.1 Adressen ar okand. / No such address.\r\n");
        assert_eq!(written(&reply, true), "550 5.1.1 Adressen är okänd. / No such address.\r\n");
    }

    #[test]
    fn status_reads_back() {
        for text in ["2.0.0", "4.3.1", "5.7.999"] {
            assert_eq!(text.parse::<EnhancedStatus>().unwrap().to_string(), text);
        }
        for text in ["", "3.0.0", "5.1", "5.1.1.1", "5.1000.0", "5.a.0"] {
            assert_eq!(text.parse::<EnhancedStatus>(), Err(StatusError), "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_line_is_short_and_well_formed(text in "(?s)[ a-zåäö\r\n\u{0}学]{0,1800}", utf8: bool) {
            let reply = Reply::english(550, EnhancedStatus::new(5, 7, 1), text);
            let written = written(&reply, utf8);
            let lines: Vec<&str> = written.strip_suffix("\r\n").unwrap().split("\r\n").collect();
            for (place, line) in lines.iter().enumerate() {
                prop_assert!(line.len() + 2 <= REPLY_LINE_BYTES_MAX);
                prop_assert!(!line.contains(['\r', '\n', '\0']));
                prop_assert!(utf8 || line.is_ascii());
                let start = if place + 1 == lines.len() { "550 5.7.1 " } else { "550-5.7.1 " };
                prop_assert!(line.starts_with(start));
            }
        }
    }
}
