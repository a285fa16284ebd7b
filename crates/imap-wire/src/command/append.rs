//! APPEND: where a message goes, up to the announcement of its literal.
//!
//! RFC 3501 §6.3.11. One message at a time; MULTIAPPEND (RFC 3502) and CATENATE are not known yet.

use model::{FlagSet, MailboxName};

use super::MessageSet;
use super::error::Reason;
use super::store::flag_list;
use crate::cursor::Cursor;
use crate::datetime::DateTime;
use crate::splitter::LiteralHeader;

/// APPEND or REPLACE with its first message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Append {
    /// Where.
    pub mailbox: MailboxName,
    /// The message of the selected mailbox that goes in the same step (RFC 8508); one number.
    pub replaces: Option<MessageSet>,
    /// The first message.
    pub message: AppendMessage,
}

/// A piece of a message that a client puts together (RFC 4469 §3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CatenatePart {
    /// Octets that follow.
    Text {
        /// How many.
        bytes: u64,
    },
    /// Octets of another message: an IMAP URL (RFC 5092).
    Url(String),
}

/// A message that a client wants to file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppendMessage {
    /// Its flags.
    pub flags: FlagSet,
    /// When it came; now if absent.
    pub date: Option<DateTime>,
    /// Octets that will come, never zero and never over the limit; zero with `catenate`.
    pub bytes: u64,
    /// A literal8: it may hold NUL (RFC 3516 §4.4).
    pub binary: bool,
    /// Its header may be in UTF-8 (RFC 6855 §4).
    pub utf8: bool,
    /// It comes in pieces (RFC 4469).
    pub catenate: bool,
    pub(crate) sync: bool,
}

/// `mailbox [(flags)] ["date"] {n}`; the input ends behind the brace.
pub(super) fn parse(cursor: &mut Cursor<'_>) -> Result<Append, Reason> {
    let mailbox = cursor.mailbox()?;
    cursor.space()?;
    let mut flags = FlagSet::new();
    if cursor.peek() == Some(b'(') {
        flags = flag_list(cursor)?;
        cursor.space()?;
    }
    let mut date = None;
    if cursor.peek() == Some(b'"') {
        let at = cursor.place();
        let text = cursor.quoted()?;
        date = Some(DateTime::parse(&text).ok_or_else(|| Reason::expected("a date and time", at))?);
        cursor.space()?;
    }
    let LiteralHeader { len, sync } = cursor.last_literal_header("a literal with the message")?;
    let message =
        AppendMessage { flags, date, bytes: len, binary: false, utf8: false, catenate: false, sync };
    Ok(Append { mailbox, replaces: None, message })
}
