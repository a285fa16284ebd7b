//! APPEND: where a message goes, up to the announcement of its literal.
//!
//! RFC 3501 §6.3.11. One message at a time; MULTIAPPEND (RFC 3502) and CATENATE are not known yet.

use model::{FlagSet, MailboxName};

use super::error::Reason;
use super::store::flag_list;
use crate::cursor::Cursor;
use crate::datetime::DateTime;
use crate::splitter::LiteralHeader;

/// A message that a client wants to file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Append {
    /// Where.
    pub mailbox: MailboxName,
    /// Its flags.
    pub flags: FlagSet,
    /// When it came; now if absent.
    pub date: Option<DateTime>,
    /// Octets that will come, never zero and never over the limit.
    pub bytes: u64,
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
    Ok(Append { mailbox, flags, date, bytes: len, sync })
}
