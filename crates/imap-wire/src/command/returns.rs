//! RETURN: what an ESEARCH answer tells.
//!
//! RFC 4731 §3.1; RFC 5182 §2.1 (SAVE); RFC 5267 §4 (CONTEXT, UPDATE); RFC 9394 §3.1 (PARTIAL).

use super::error::Reason;
use super::partial::{PartialRange, places};
use crate::cursor::Cursor;

/// What an ESEARCH answer tells (RFC 4731 §3.1). A client that asks for no result gets `all`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SearchReturn {
    /// The smallest number.
    pub min: bool,
    /// The largest number.
    pub max: bool,
    /// All numbers; never with `partial`.
    pub all: bool,
    /// How many.
    pub count: bool,
    /// Keep the result as `$` (RFC 5182). Alone it asks for no ESEARCH at all.
    pub save: bool,
    /// Tell what changes (RFC 5267 §4.3).
    pub update: bool,
    /// More questions of the same kind follow (RFC 5267 §4.2); a hint.
    pub context: bool,
    /// Some of the numbers by their place in the result (RFC 9394 §3.1).
    pub partial: Option<PartialRange>,
}

impl SearchReturn {
    /// Only all numbers, as a client of RFC 9051 asks without a word.
    pub const ALL: Self = Self {
        min: false,
        max: false,
        all: true,
        count: false,
        save: false,
        update: false,
        context: false,
        partial: None,
    };

    /// Is there anything to tell?
    pub const fn tells(&self) -> bool {
        self.min || self.max || self.all || self.count || self.partial.is_some()
    }
}

/// `RETURN (…) `, if it stands there.
pub(super) fn returns(cursor: &mut Cursor<'_>) -> Result<Option<SearchReturn>, Reason> {
    if !cursor.eat_word("RETURN ") {
        return Ok(None);
    }
    cursor.spaces();
    let mut asked = SearchReturn::default();
    let at = cursor.place();
    if !cursor.eat_word("()") {
        cursor.list("( and return options", |cursor| option(cursor, &mut asked))?;
    }
    cursor.space()?;
    // RFC 9394 §3.1: one of the two, once.
    if asked.all && asked.partial.is_some() {
        return Err(Reason::expected("ALL or PARTIAL, not both", at));
    }
    asked.all |= !asked.tells() && !asked.save;
    Ok(Some(asked))
}

fn option(cursor: &mut Cursor<'_>, asked: &mut SearchReturn) -> Result<(), Reason> {
    let at = cursor.place();
    let set = match cursor.keyword("a return option")?.as_str() {
        "MIN" => &mut asked.min,
        "MAX" => &mut asked.max,
        "ALL" => &mut asked.all,
        "COUNT" => &mut asked.count,
        "SAVE" => &mut asked.save,
        "UPDATE" => &mut asked.update,
        "CONTEXT" => &mut asked.context,
        "PARTIAL" if asked.partial.is_none() => {
            cursor.space()?;
            asked.partial = Some(places(cursor)?);
            return Ok(());
        }
        _ => return Err(Reason::expected("a return option that we know", at)),
    };
    *set = true;
    Ok(())
}
