//! ESEARCH: what of a result is told and kept.
//!
//! RFC 4731 §3.1, §3.2 (MODSEQ goes with what is told); RFC 5182 §2.1, §2.4 (what `$` is then); RFC 9394 §3.1, §3.3
//! (PARTIAL). The tag is always a quoted string.

use imap_wire::command::{Numbering, SearchReturn, Tag};
use imap_wire::encode::EsearchWriter;
use mailbox::{Picked, Table};
use model::{ModSeq, SeqNo, Uid, UidSet};

use crate::partial::part;
use crate::wire::Wire;

/// A result with the way in which its messages are counted.
pub(crate) struct Found<'a> {
    pub(crate) tag: &'a Tag,
    pub(crate) numbering: Numbering,
    /// In the order that was asked for.
    pub(crate) messages: &'a Picked,
    /// If MODSEQ is to be told, where it stands.
    pub(crate) mod_seqs: Option<&'a Table>,
}

/// The number that stands for a message.
pub(crate) fn number(numbering: Numbering, (seq, uid): (SeqNo, Uid)) -> u32 {
    match numbering {
        Numbering::Sequence => seq.get(),
        Numbering::Uid => uid.get(),
    }
}

/// The highest MODSEQ of some messages.
pub(crate) fn highest(table: &Table, messages: impl IntoIterator<Item = (SeqNo, Uid)>) -> Option<ModSeq> {
    messages.into_iter().filter_map(|(_, uid)| table.row(uid)).map(|row| row.mod_seq).max()
}

impl Found<'_> {
    fn number(&self, message: (SeqNo, Uid)) -> u32 {
        number(self.numbering, message)
    }
    /// Of a result that is sorted too, the smallest and largest number are meant (RFC 5267 §3.1: first and last).
    fn ends(&self) -> Option<((SeqNo, Uid), (SeqNo, Uid))> {
        Some((*self.messages.first()?, *self.messages.last()?))
    }

    /// What the answer names: the whole result, or some of it.
    fn told(&self, returns: &SearchReturn) -> Picked {
        if returns.all || returns.count || !returns.tells() {
            return self.messages.clone();
        }
        let mut told: Picked =
            returns.partial.map(|range| part(self.messages, range).to_vec()).unwrap_or_default();
        let ends = self.ends();
        told.extend(ends.filter(|_| returns.min).map(|(first, _)| first));
        told.extend(ends.filter(|_| returns.max).map(|(_, last)| last));
        told
    }

    /// What `$` is after it.
    pub(crate) fn saved(&self, returns: &SearchReturn) -> UidSet {
        let mut uids: Vec<Uid> = self.told(returns).into_iter().map(|(_, uid)| uid).collect();
        uids.sort_unstable();
        uids.into_iter().collect()
    }

    pub(crate) fn write(&self, returns: &SearchReturn, wire: &mut Wire) {
        let mut answer = EsearchWriter::new(self.tag, self.numbering, &mut wire.buffer);
        let ends = self.ends();
        if let Some((first, _)) = ends.filter(|_| returns.min) {
            answer.min(self.number(first));
        }
        if let Some((_, last)) = ends.filter(|_| returns.max) {
            answer.max(self.number(last));
        }
        if returns.count {
            answer.count(u32::try_from(self.messages.len()).unwrap_or(u32::MAX));
        }
        let numbers = |some: &[(SeqNo, Uid)]| some.iter().map(|one| self.number(*one)).collect::<Vec<_>>();
        if returns.all {
            answer.all(numbers(self.messages));
        }
        if let Some(range) = returns.partial {
            answer.partial(range, numbers(part(self.messages, range)));
        }
        if let Some(mod_seq) = self.mod_seqs.and_then(|table| highest(table, self.told(returns))) {
            answer.mod_seq(mod_seq);
        }
        answer.finish();
    }
}
