//! STORE, and lists of flags.
//!
//! RFC 3501 §6.4.6; RFC 7162 §3.1.3 (UNCHANGEDSINCE). `\Recent` and system flags that we
//! do not know cannot be set by a client and are dropped from lists that name them.

use std::str::FromStr;

use model::{FlagError, FlagPatch, FlagSet, Keyword, ModSeq, SystemFlag};

use super::error::Reason;
use super::request::{MessageSet, Store};
use crate::cursor::{Cursor, is_atom};

pub(super) fn store(messages: MessageSet, cursor: &mut Cursor<'_>) -> Result<Store, Reason> {
    let unchanged_since = if cursor.peek() == Some(b'(') { Some(modifiers(cursor)?) } else { None };
    let patch: fn(FlagSet) -> FlagPatch = if cursor.eat(b'+') {
        FlagPatch::Add
    } else if cursor.eat(b'-') {
        FlagPatch::Remove
    } else {
        FlagPatch::Replace
    };
    let at = cursor.place();
    let silent = match cursor.keyword("FLAGS")?.as_str() {
        "FLAGS" => false,
        "FLAGS.SILENT" => true,
        _ => return Err(Reason::expected("FLAGS or FLAGS.SILENT", at)),
    };
    cursor.space()?;
    let flags = if cursor.peek() == Some(b'(') { flag_list(cursor)? } else { bare_flags(cursor)? };
    Ok(Store { messages, patch: patch(flags), silent, unchanged_since })
}

/// `(UNCHANGEDSINCE n) `
fn modifiers(cursor: &mut Cursor<'_>) -> Result<ModSeq, Reason> {
    cursor.expect(b'(', "(")?;
    cursor.spaces();
    let at = cursor.place();
    if cursor.keyword("UNCHANGEDSINCE")? != "UNCHANGEDSINCE" {
        return Err(Reason::expected("UNCHANGEDSINCE", at));
    }
    cursor.space()?;
    let unchanged_since = cursor.mod_seq()?;
    cursor.spaces();
    cursor.expect(b')', ")")?;
    cursor.space()?;
    Ok(unchanged_since)
}

/// `(\Seen $Forwarded)`, also empty.
pub(super) fn flag_list(cursor: &mut Cursor<'_>) -> Result<FlagSet, Reason> {
    cursor.expect(b'(', "( and flags")?;
    let mut flags = FlagSet::new();
    loop {
        cursor.spaces();
        if cursor.eat(b')') {
            return Ok(flags);
        }
        add_flag(cursor, &mut flags)?;
        if !matches!(cursor.peek(), Some(b')' | b' ')) {
            return cursor.error("a space or )");
        }
    }
}

fn bare_flags(cursor: &mut Cursor<'_>) -> Result<FlagSet, Reason> {
    let mut flags = FlagSet::new();
    add_flag(cursor, &mut flags)?;
    while cursor.more() {
        add_flag(cursor, &mut flags)?;
    }
    Ok(flags)
}

fn add_flag(cursor: &mut Cursor<'_>, flags: &mut FlagSet) -> Result<(), Reason> {
    let at = cursor.place();
    let system = cursor.eat(b'\\');
    let word = String::from_utf8_lossy(cursor.while_(is_atom)).into_owned();
    if !system {
        return flags.insert_keyword(keyword(&word, at)?).map_err(Reason::Flags);
    }
    match SystemFlag::from_name(&format!("\\{word}")) {
        Some(flag) => flags.set(flag),
        // RFC 3501 §9, flag-extension: programs that copy mail bring along what another server had.
        None if !word.is_empty() => {}
        None => return Err(Reason::expected("a flag", at)),
    }
    Ok(())
}

/// A keyword that stood at `at`.
pub(super) fn keyword(word: &str, at: usize) -> Result<Keyword, Reason> {
    Keyword::from_str(word).map_err(|error| match error {
        FlagError::NotAnAtom => Reason::expected("a flag", at),
        other => Reason::Flags(other),
    })
}
