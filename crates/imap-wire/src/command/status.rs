//! STATUS, and the same items among the return options of LIST.
//!
//! RFC 3501 §6.3.10; RFC 5819; RFC 7162 §3.1.7 (HIGHESTMODSEQ); RFC 8438 (SIZE); RFC 8474 §4.3 (MAILBOXID); RFC 7889
//! (APPENDLIMIT); RFC 9208 §4.1.4 (DELETED, DELETED-STORAGE).

use super::error::Reason;
use super::{Request, StatusItem};
use crate::cursor::Cursor;

pub(super) fn status(cursor: &mut Cursor<'_>) -> Result<Request, Reason> {
    let mailbox = cursor.mailbox()?;
    cursor.space()?;
    Ok(Request::Status { mailbox, items: items(cursor)? })
}

pub(super) fn items(cursor: &mut Cursor<'_>) -> Result<Vec<StatusItem>, Reason> {
    cursor.list("( and status items", |cursor| {
        let at = cursor.place();
        let name = cursor.keyword("a status item")?;
        let item = StatusItem::ALL.into_iter().find(|item| item.name() == name);
        item.ok_or_else(|| Reason::expected("a status item", at))
    })
}
