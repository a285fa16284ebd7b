//! APPEND and REPLACE: what a client says around the octets of its messages.
//!
//! RFC 3501 §6.3.11; RFC 3502 (MULTIAPPEND); RFC 4469 (CATENATE); RFC 3516 §4.4 (literal8); RFC 6855 §4 (UTF8); RFC 8508
//! (REPLACE). The octets go to the driver as they come, so the command is read in pieces: [`begin`] up to the first octets,
//! [`go_on`] from behind some to the next.

use model::{FlagSet, MailboxName};

use super::error::Reason;
use super::store::flag_list;
use super::{MessageSet, Request};
use crate::cursor::Cursor;
use crate::datetime::DateTime;
use crate::enabled::Enabled;
use crate::limits::WireLimits;
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
    /// A literal8: it may hold NUL (RFC 3516 §4.4). False for `UTF8 (~{n} …)`, where that is only the way to write it.
    pub binary: bool,
    /// Its header may be in UTF-8 (RFC 6855 §4).
    pub utf8: bool,
    /// It comes in pieces (RFC 4469).
    pub catenate: bool,
}

/// A piece of the command between octets of messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppendPiece {
    /// What the driver is asked, in this order; neither finish nor abort.
    pub asks: Vec<Request>,
    /// What follows; at the end of the command nothing.
    pub(crate) then: Option<Octets>,
}

/// Octets that the driver gets, and where in the grammar they stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Octets {
    pub(crate) literal: LiteralHeader,
    /// Among the parts of CATENATE.
    in_list: bool,
    /// In `UTF8 (…)`.
    in_utf8: bool,
}

type Parsed<T> = Result<T, Reason>;

/// `mailbox message …`, up to the first octets or, if there are only URLs, to the end.
pub(super) fn begin(cursor: &mut Cursor<'_>, replaces: Option<MessageSet>) -> Parsed<AppendPiece> {
    let mailbox = cursor.mailbox()?;
    cursor.space()?;
    let one_only = replaces.is_some();
    let mut asks = Vec::new();
    let start = |message| Request::AppendStart(Append { mailbox, replaces, message });
    let then = match message(cursor, &mut asks, start)? {
        None => next_message(cursor, &mut asks, one_only)?,
        then => then,
    };
    Ok(AppendPiece { asks, then })
}

/// What stands behind `octets`; with `one_only` no further message (RFC 8508 §3.2).
pub(crate) fn go_on(
    input: &[u8],
    octets: Octets,
    one_only: bool,
    limits: &WireLimits,
    enabled: Enabled,
) -> Parsed<AppendPiece> {
    let cursor = &mut Cursor::new(input, 0, limits, enabled);
    let mut asks = Vec::new();
    if octets.in_utf8 {
        cursor.spaces();
        cursor.expect(b')', ") behind the octets")?;
    }
    if octets.in_list && !cursor.eat(b')') {
        cursor.space()?;
        if let then @ Some(_) = parts(cursor, &mut asks)? {
            return Ok(AppendPiece { asks, then });
        }
    }
    let then = next_message(cursor, &mut asks, one_only)?;
    Ok(AppendPiece { asks, then })
}

/// Behind a message: the end, or the next (RFC 3502).
fn next_message(cursor: &mut Cursor<'_>, asks: &mut Vec<Request>, one_only: bool) -> Parsed<Option<Octets>> {
    while !one_only && cursor.more() {
        cursor.room(asks.len(), "messages")?;
        if let octets @ Some(_) = message(cursor, asks, Request::AppendMore)? {
            return Ok(octets);
        }
    }
    cursor.end()?;
    Ok(None)
}

/// `[(flags)] ["date"]` and what the message is made of, up to its first octets.
fn message(
    cursor: &mut Cursor<'_>,
    asks: &mut Vec<Request>,
    ask: impl FnOnce(AppendMessage) -> Request,
) -> Parsed<Option<Octets>> {
    let (flags, date) = options(cursor)?;
    let mut message = AppendMessage { flags, date, bytes: 0, binary: false, utf8: false, catenate: false };
    if cursor.eat_word("CATENATE") {
        cursor.space()?;
        cursor.expect(b'(', "( and parts of the message")?;
        message.catenate = true;
        asks.push(ask(message));
        return parts(cursor, asks);
    }
    let (octets, literal8) = octets(cursor, false)?;
    message.bytes = octets.literal.len;
    message.utf8 = octets.in_utf8;
    message.binary = literal8 && !octets.in_utf8;
    asks.push(ask(message));
    Ok(Some(octets))
}

fn options(cursor: &mut Cursor<'_>) -> Parsed<(FlagSet, Option<DateTime>)> {
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
    Ok((flags, date))
}

/// Parts of CATENATE up to octets, or up to the end of the list.
fn parts(cursor: &mut Cursor<'_>, asks: &mut Vec<Request>) -> Parsed<Option<Octets>> {
    loop {
        cursor.room(asks.len(), "parts of a message")?;
        if cursor.eat_word("URL ") {
            cursor.spaces();
            let url = cursor.astring("a URL")?;
            asks.push(Request::AppendPart(CatenatePart::Url(Cursor::text(&url))));
        } else {
            if !cursor.eat_word("TEXT ") && !cursor.looks_like("UTF8 ") {
                return cursor.error("TEXT, URL or UTF8");
            }
            let (octets, _) = octets(cursor, true)?;
            asks.push(Request::AppendPart(CatenatePart::Text { bytes: octets.literal.len }));
            return Ok(Some(octets));
        }
        if cursor.eat(b')') {
            return Ok(None);
        }
        cursor.space()?;
    }
}

/// `{n}`, `~{n}` or `UTF8 (~{n}` at the end of the input; is it a literal8?
fn octets(cursor: &mut Cursor<'_>, in_list: bool) -> Parsed<(Octets, bool)> {
    let in_utf8 = cursor.eat_word("UTF8 (");
    let literal8 = cursor.eat(b'~');
    let literal = cursor.last_literal_header("a literal with the message")?;
    Ok((Octets { literal, in_list, in_utf8 }, literal8))
}
