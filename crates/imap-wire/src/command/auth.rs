//! LOGIN, AUTHENTICATE and ID.
//!
//! RFC 3501 §6.2.2, §6.2.3; RFC 4959 (initial response); RFC 2971 §3.1.

use model::Secret;

use super::error::Reason;
use super::parse::secret;
use super::request::Credentials;
use super::{Command, Mechanism};
use crate::cursor::Cursor;

pub(super) fn login(cursor: &mut Cursor<'_>) -> Result<Credentials, Reason> {
    let username = Cursor::text(&cursor.astring("a user name")?);
    cursor.space()?;
    let password = secret(&cursor.astring("a password")?);
    Ok(Credentials { on_behalf_of: None, username, password })
}

pub(super) fn authenticate(cursor: &mut Cursor<'_>) -> Result<Command, Reason> {
    let mechanism = match cursor.keyword("a mechanism")?.as_str() {
        "PLAIN" => Some(Mechanism::Plain),
        "LOGIN" => Some(Mechanism::Login),
        _ => None,
    };
    let initial = if cursor.more() {
        let octets = cursor.while_(|octet| octet.is_ascii_graphic());
        Some(Secret::new(octets.to_vec()))
    } else {
        None
    };
    Ok(Command::Authenticate { mechanism, initial })
}

/// At most 30 pairs (RFC 2971 §3.3).
const PAIRS_MAX: usize = 30;

pub(super) fn id(cursor: &mut Cursor<'_>) -> Result<Vec<(String, Option<String>)>, Reason> {
    if cursor.eat_word("NIL") || cursor.eat_word("()") {
        return Ok(Vec::new());
    }
    let pairs = cursor.list("NIL or a list", |cursor| {
        let field = cursor.string("a field name as a string")?;
        cursor.space()?;
        let value = cursor.nstring("a string or NIL")?;
        Ok((Cursor::text(&field), value.map(|value| Cursor::text(&value))))
    })?;
    if pairs.len() > PAIRS_MAX {
        return Err(Reason::TooMany { what: "pairs", max: 30 });
    }
    Ok(pairs)
}
