//! From octets to a command: tag, verb, arguments.
//!
//! RFC 3501 §9, command.

use model::Secret;

use super::auth::{authenticate, id, login};
use super::error::{CommandError, Reason};
use super::request::{MessageSet, Numbering, Request};
use super::returns::{SearchReturn, returns};
use super::select::select;
use super::{
    Command, Tag, Verb, append, create, fetch, list, metadata, notify, rights, search, sort, status, store,
    thread,
};
use crate::cursor::{Cursor, is_atom};
use crate::enabled::Enabled;
use crate::limits::WireLimits;
use crate::sequence::Numbers;

/// Tag and verb, and where the arguments begin.
#[derive(Debug)]
pub(crate) struct Head {
    pub(crate) tag: Tag,
    pub(crate) verb: Verb,
    pub(crate) at: usize,
}

/// Reads one command: its lines without the last line end, CRLF between a literal's announcement and its octets.
///
/// # Errors
/// [`CommandError`]; [`Reason::NeedsLiteral`] if the input ends where an inline literal should begin.
pub fn parse(input: &[u8], limits: &WireLimits, enabled: Enabled) -> Result<(Tag, Command), CommandError> {
    let head = head(input, limits)?;
    match arguments(input, &head, limits, enabled) {
        Ok(command) => Ok((head.tag, command)),
        Err(reason) => Err(CommandError { tag: Some(head.tag), reason }),
    }
}

/// Does a command that may be wrong further on ask to keep what it finds as `$` (RFC 5182)?
pub(crate) fn saves(input: &[u8], head: &Head, limits: &WireLimits) -> bool {
    use Verb::{Search, Sort, UidSearch, UidSort};
    let mut cursor = Cursor::new(input, head.at, limits, Enabled::default());
    matches!(head.verb, Search | UidSearch | Sort | UidSort)
        && cursor.space().is_ok()
        && matches!(returns(&mut cursor), Ok(Some(SearchReturn { save: true, .. })))
}

/// Longest tag that we repeat.
const TAG_MAX: usize = 256;

/// Reads the tag and the verb.
pub(crate) fn head(input: &[u8], limits: &WireLimits) -> Result<Head, CommandError> {
    let mut cursor = Cursor::new(input, 0, limits, Enabled::default());
    cursor.spaces();
    let at = cursor.place();
    let octets =
        cursor.while_(|octet| (is_atom(octet) || octet == b']') && octet.is_ascii() && octet != b'+');
    let tag = String::from_utf8_lossy(octets).into_owned();
    let behind = matches!(cursor.peek(), None | Some(b' '));
    if tag.is_empty() || tag.len() > TAG_MAX || !behind {
        return Err(CommandError { tag: None, reason: Reason::expected("a tag", at) });
    }
    let tag = Tag(tag);
    match verb(&mut cursor) {
        Ok(verb) => Ok(Head { tag, verb, at: cursor.place() }),
        Err(reason) => Err(CommandError { tag: Some(tag), reason }),
    }
}

fn verb(cursor: &mut Cursor<'_>) -> Result<Verb, Reason> {
    cursor.space()?;
    let mut word = cursor.keyword("a command")?;
    let uid = word == "UID";
    if uid {
        cursor.space()?;
        word = cursor.keyword("a command")?;
    }
    Verb::find(word.as_bytes(), uid).ok_or_else(|| {
        word.truncate(32);
        Reason::UnknownCommand(word)
    })
}

/// Reads what stands behind the verb.
pub(crate) fn arguments(
    input: &[u8],
    head: &Head,
    limits: &WireLimits,
    enabled: Enabled,
) -> Result<Command, Reason> {
    let mut cursor = Cursor::new(input, head.at, limits, enabled);
    let cursor = &mut cursor;
    match head.verb {
        Verb::Append => {
            cursor.space()?;
            return append::begin(cursor, None).map(Command::Append);
        }
        Verb::Replace | Verb::UidReplace => {
            cursor.space()?;
            let replaced = one_message(cursor, numbering(head.verb))?;
            return append::begin(cursor, Some(replaced)).map(Command::Append);
        }
        _ => {}
    }
    let command = command(head.verb, cursor)?;
    cursor.end()?;
    Ok(command)
}

fn command(verb: Verb, cursor: &mut Cursor<'_>) -> Result<Command, Reason> {
    Ok(match verb {
        Verb::Capability => Command::Capability,
        Verb::Noop => Command::Noop,
        Verb::Logout => Command::Logout,
        Verb::StartTls => Command::StartTls,
        Verb::Idle => Command::Idle,
        Verb::Check => Command::Ask(Request::Check),
        Verb::Close => Command::Ask(Request::Close { expunge: true }),
        Verb::Unselect => Command::Ask(Request::Close { expunge: false }),
        Verb::Expunge => Command::Ask(Request::Expunge { uids: None }),
        Verb::Namespace => Command::Ask(Request::Namespace),
        _ => {
            cursor.space()?;
            with_arguments(verb, cursor)?
        }
    })
}

fn with_arguments(verb: Verb, cursor: &mut Cursor<'_>) -> Result<Command, Reason> {
    Ok(match verb {
        Verb::Authenticate => authenticate(cursor)?,
        Verb::Login => Command::Login(login(cursor)?),
        Verb::Id => Command::Id(id(cursor)?),
        Verb::Enable => Command::Enable(enable(cursor)?),
        Verb::SetQuota => set_quota(cursor)?,
        Verb::Compress => compress(cursor)?,
        _ => Command::Ask(request(verb, cursor)?),
    })
}

fn request(verb: Verb, cursor: &mut Cursor<'_>) -> Result<Request, Reason> {
    Ok(match verb {
        Verb::Select => Request::Select(select(cursor, false)?),
        Verb::Examine => Request::Select(select(cursor, true)?),
        Verb::Create => create::create(cursor)?,
        Verb::Delete => Request::Delete(cursor.mailbox()?),
        Verb::Rename => {
            let from = cursor.mailbox()?;
            cursor.space()?;
            Request::Rename { from, to: cursor.new_mailbox()? }
        }
        Verb::Subscribe => Request::Subscribe(cursor.mailbox()?),
        Verb::Unsubscribe => Request::Unsubscribe(cursor.mailbox()?),
        Verb::List => Request::List(list::list(cursor)?),
        Verb::Lsub => Request::Lsub(list::lsub(cursor)?),
        Verb::Status => status::status(cursor)?,
        Verb::GetQuota => Request::GetQuota { root: quota_root(cursor)? },
        Verb::GetQuotaRoot => Request::GetQuotaRoot(cursor.mailbox()?),
        Verb::GetAcl => Request::GetAcl(cursor.mailbox()?),
        Verb::MyRights => Request::MyRights(cursor.mailbox()?),
        Verb::SetAcl => rights::set_acl(cursor)?,
        Verb::DeleteAcl => rights::delete_acl(cursor)?,
        Verb::ListRights => rights::list_rights(cursor)?,
        Verb::GetMetadata => Request::GetMetadata(metadata::get(cursor)?),
        Verb::SetMetadata => Request::SetMetadata(metadata::set(cursor)?),
        Verb::Notify => Request::Notify(notify::notify(cursor)?),
        Verb::UidExpunge => Request::Expunge { uids: Some(cursor.numbers()?) },
        Verb::Search | Verb::UidSearch => Request::Search(search::search(cursor, numbering(verb))?),
        Verb::Sort | Verb::UidSort => Request::Sort(sort::sort(cursor, numbering(verb))?),
        Verb::Thread | Verb::UidThread => Request::Thread(thread::thread(cursor, numbering(verb))?),
        Verb::CancelUpdate => Request::CancelUpdate(cancel_update(cursor)?),
        Verb::Fetch | Verb::UidFetch => {
            Request::Fetch(fetch::fetch(messages(cursor, numbering(verb))?, cursor)?)
        }
        Verb::Store | Verb::UidStore => {
            Request::Store(store::store(messages(cursor, numbering(verb))?, cursor)?)
        }
        Verb::Copy | Verb::UidCopy => {
            let messages = messages(cursor, numbering(verb))?;
            Request::Copy { messages, to: cursor.mailbox()? }
        }
        Verb::Move | Verb::UidMove => {
            let messages = messages(cursor, numbering(verb))?;
            Request::Move { messages, to: cursor.mailbox()? }
        }
        // The callers took these verbs away; an error is safer than a panic.
        _ => return cursor.error("a command"),
    })
}

fn numbering(verb: Verb) -> Numbering {
    if verb.name().starts_with("UID ") { Numbering::Uid } else { Numbering::Sequence }
}

/// A set and the space behind it.
fn messages(cursor: &mut Cursor<'_>, numbering: Numbering) -> Result<MessageSet, Reason> {
    let numbers = cursor.numbers()?;
    cursor.space()?;
    Ok(MessageSet { numbering, numbers })
}

/// Tags of searches with UPDATE, quoted (RFC 5267 §4.4); taken unquoted too.
fn cancel_update(cursor: &mut Cursor<'_>) -> Result<Vec<String>, Reason> {
    let mut tags = Vec::new();
    loop {
        cursor.room(tags.len(), "tags")?;
        tags.push(Cursor::text(&cursor.astring("a tag")?));
        if !cursor.more() {
            return Ok(tags);
        }
    }
}

/// The message that REPLACE takes away: one number (RFC 8508 §3).
fn one_message(cursor: &mut Cursor<'_>, numbering: Numbering) -> Result<MessageSet, Reason> {
    let at = cursor.place();
    let messages = messages(cursor, numbering)?;
    let one =
        matches!(&messages.numbers, Numbers::Set(set) if matches!(set.parts(), [(from, to)] if from == to));
    if one { Ok(messages) } else { Err(Reason::expected("one message number", at)) }
}

fn compress(cursor: &mut Cursor<'_>) -> Result<Command, Reason> {
    let at = cursor.place();
    match cursor.keyword("DEFLATE")?.as_str() {
        "DEFLATE" => Ok(Command::Ask(Request::Compress)),
        _ => Err(Reason::expected("DEFLATE", at)),
    }
}

fn enable(cursor: &mut Cursor<'_>) -> Result<Vec<String>, Reason> {
    let mut names = vec![cursor.keyword("a capability")?];
    while cursor.more() {
        cursor.room(names.len(), "capabilities")?;
        names.push(cursor.keyword("a capability")?);
    }
    Ok(names)
}

fn quota_root(cursor: &mut Cursor<'_>) -> Result<String, Reason> {
    cursor.astring("a quota root").map(|root| Cursor::text(&root))
}

fn set_quota(cursor: &mut Cursor<'_>) -> Result<Command, Reason> {
    let root = quota_root(cursor)?;
    cursor.space()?;
    if cursor.eat_word("()") {
        return Ok(Command::SetQuota { root, limits: Vec::new() });
    }
    let limits = cursor.list("( and limits", |cursor| {
        let name = cursor.keyword("a quota resource")?;
        cursor.space()?;
        Ok((name, cursor.number("a number")?))
    })?;
    Ok(Command::SetQuota { root, limits })
}

/// A value that is wiped when dropped.
pub(super) fn secret(octets: &[u8]) -> Secret<String> {
    Secret::new(Cursor::text(octets))
}
