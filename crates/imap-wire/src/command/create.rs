//! CREATE, and what the new mailbox is for.
//!
//! RFC 3501 §6.3.3; RFC 4466 §2.2 (parameters); RFC 6154 §3 (USE).

use model::SpecialUse;

use super::Request;
use super::error::Reason;
use crate::cursor::Cursor;

type Parsed<T> = Result<T, Reason>;

pub(super) fn create(cursor: &mut Cursor<'_>) -> Parsed<Request> {
    let mailbox = cursor.new_mailbox()?;
    let mut special_use = Vec::new();
    if cursor.more() {
        cursor.list("( and what the mailbox is for", |cursor| {
            let at = cursor.place();
            if cursor.keyword("USE")? != "USE" {
                return Err(Reason::expected("USE", at));
            }
            cursor.space()?;
            special_use = uses(cursor)?;
            Ok(())
        })?;
    }
    Ok(Request::Create { mailbox, special_use })
}

fn uses(cursor: &mut Cursor<'_>) -> Parsed<Vec<SpecialUse>> {
    if cursor.eat_word("()") {
        return Ok(Vec::new());
    }
    let mut uses = Vec::new();
    cursor.list("( and special uses", |cursor| {
        cursor.expect(b'\\', "a special use with its backslash")?;
        let name = cursor.keyword("a special use")?;
        let known = SpecialUse::ALL.into_iter().find(|one| one.attribute()[1..].eq_ignore_ascii_case(&name));
        // RFC 6154 §3: a use that we do not give is a NO, not an error of the client's.
        let one = known.ok_or(Reason::SpecialUse)?;
        if !uses.contains(&one) {
            uses.push(one);
        }
        Ok(())
    })?;
    Ok(uses)
}
