//! SELECT and EXAMINE, and what a client that comes back still knows.
//!
//! RFC 3501 §6.3.1, §6.3.2; RFC 7162 §3.1.8 (CONDSTORE), §3.2.5 (QRESYNC).

use model::{MailboxName, ModSeq, UidValidity};

use super::error::Reason;
use crate::cursor::Cursor;
use crate::sequence::{Bound, SequenceSet};

/// SELECT and EXAMINE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Select {
    /// Which mailbox.
    pub mailbox: MailboxName,
    /// EXAMINE.
    pub read_only: bool,
    /// `(CONDSTORE)` (RFC 7162 §3.1.8).
    pub condstore: bool,
    /// `(QRESYNC (…))` (RFC 7162 §3.2.5).
    pub qresync: Option<QResync>,
}

/// What a client that comes back still knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QResync {
    /// The UIDVALIDITY that it knows; if it is another now, nothing of this counts.
    pub uid_validity: UidValidity,
    /// The HIGHESTMODSEQ that it knows.
    pub mod_seq: ModSeq,
    /// The UIDs that it knows; all below UIDNEXT if absent.
    pub known_uids: Option<SequenceSet>,
    /// Sequence numbers and their UIDs, so that less is told of what went (§3.2.5.2).
    pub seq_match: Option<(SequenceSet, SequenceSet)>,
}

pub(super) fn select(cursor: &mut Cursor<'_>, read_only: bool) -> Result<Select, Reason> {
    let mailbox = cursor.mailbox()?;
    let mut select = Select { mailbox, read_only, condstore: false, qresync: None };
    if cursor.more() {
        cursor.list("the end of the command", |cursor| parameter(cursor, &mut select))?;
    }
    Ok(select)
}

fn parameter(cursor: &mut Cursor<'_>, select: &mut Select) -> Result<(), Reason> {
    let at = cursor.place();
    match cursor.keyword("a parameter")?.as_str() {
        "CONDSTORE" => select.condstore = true,
        "QRESYNC" => {
            cursor.space()?;
            select.qresync = Some(qresync(cursor)?);
        }
        _ => return Err(Reason::expected("CONDSTORE or QRESYNC", at)),
    }
    Ok(())
}

/// `(uidvalidity modseq [uids] [(seqs uids)])`
fn qresync(cursor: &mut Cursor<'_>) -> Result<QResync, Reason> {
    cursor.expect(b'(', "( and a UIDVALIDITY")?;
    cursor.spaces();
    let at = cursor.place();
    let uid_validity = UidValidity::new(cursor.nz_number("a UIDVALIDITY")?.get())
        .ok_or_else(|| Reason::expected("a UIDVALIDITY", at))?;
    cursor.space()?;
    let mod_seq = cursor.mod_seq()?;
    let (mut known_uids, mut seq_match) = (None, None);
    if cursor.more() && cursor.peek().is_some_and(|octet| octet.is_ascii_digit() || octet == b'*') {
        known_uids = Some(known_set(cursor)?);
        cursor.more();
    }
    if cursor.eat(b'(') {
        seq_match = Some(pairs(cursor)?);
    }
    cursor.spaces();
    cursor.expect(b')', ")")?;
    Ok(QResync { uid_validity, mod_seq, known_uids, seq_match })
}

/// Places and UIDs, the first to the first.
fn pairs(cursor: &mut Cursor<'_>) -> Result<(SequenceSet, SequenceSet), Reason> {
    let places = known_set(cursor)?;
    cursor.space()?;
    let at = cursor.place();
    let uids = known_set(cursor)?;
    if members(&places) != members(&uids) {
        return Err(Reason::expected("as many UIDs as sequence numbers", at));
    }
    cursor.expect(b')', ")")?;
    Ok((places, uids))
}

fn members(set: &SequenceSet) -> u64 {
    set.ranges(0).iter().map(|(low, high)| u64::from(high - low) + 1).sum()
}

/// RFC 7162 §7: the star is not allowed in what a client knows.
fn known_set(cursor: &mut Cursor<'_>) -> Result<SequenceSet, Reason> {
    let at = cursor.place();
    let set = cursor.sequence_set()?;
    let star = set.parts().iter().any(|(from, to)| [*from, *to].contains(&Bound::Largest));
    if star { Err(Reason::expected("a set without *", at)) } else { Ok(set) }
}
