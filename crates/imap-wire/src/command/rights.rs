//! Access control lists: GETACL, SETACL, DELETEACL, LISTRIGHTS, MYRIGHTS.
//!
//! RFC 4314 §3.

use model::{MailboxName, Rights};

use super::Request;
use super::error::Reason;
use crate::cursor::Cursor;

/// SETACL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetAcl {
    /// Which mailbox.
    pub mailbox: MailboxName,
    /// Whose rights; as written, a leading `-` is told apart by the driver.
    pub identifier: String,
    /// What happens to them.
    pub change: RightsChange,
    /// These rights.
    pub rights: Rights,
}

/// What SETACL does with the rights that it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RightsChange {
    /// They are all.
    Replace,
    /// `+`: they come too.
    Add,
    /// `-`: they go.
    Remove,
}

type Parsed<T> = Result<T, Reason>;

pub(super) fn set_acl(cursor: &mut Cursor<'_>) -> Parsed<Request> {
    let (mailbox, identifier) = entry(cursor)?;
    cursor.space()?;
    let at = cursor.place();
    let text = Cursor::text(&cursor.astring("rights")?);
    let (change, letters) = match text.as_bytes().first() {
        Some(b'+') => (RightsChange::Add, &text[1..]),
        Some(b'-') => (RightsChange::Remove, &text[1..]),
        _ => (RightsChange::Replace, &text[..]),
    };
    // RFC 4314 §3.1: a right that is not known is BAD, so that nobody believes in having given it.
    let rights = letters.parse().map_err(|_| Reason::expected("rights out of lrswipkxteacd", at))?;
    Ok(Request::SetAcl(SetAcl { mailbox, identifier, change, rights }))
}

pub(super) fn delete_acl(cursor: &mut Cursor<'_>) -> Parsed<Request> {
    entry(cursor).map(|(mailbox, identifier)| Request::DeleteAcl { mailbox, identifier })
}

pub(super) fn list_rights(cursor: &mut Cursor<'_>) -> Parsed<Request> {
    entry(cursor).map(|(mailbox, identifier)| Request::ListRights { mailbox, identifier })
}

fn entry(cursor: &mut Cursor<'_>) -> Parsed<(MailboxName, String)> {
    let mailbox = cursor.mailbox()?;
    cursor.space()?;
    let at = cursor.place();
    let identifier = Cursor::text(&cursor.astring("an identifier")?);
    // A control character would break the answer's line and the log's.
    let usable = !identifier.is_empty() && !identifier.contains(char::is_control);
    if usable { Ok((mailbox, identifier)) } else { Err(Reason::expected("an identifier", at)) }
}
