//! Searches whose result is told whenever it changes.
//!
//! RFC 5267 §4.3 (UPDATE), §4.3.1 (NOUPDATE beyond a bound), §4.3.2 to §4.3.4 (ADDTO, REMOVEFROM), §4.3.5 (CANCELUPDATE).
//! CONTEXT (§4.2) is a hint that we do not need. Only what has changed is looked at again; what a key says of sequence
//! numbers, `$` or the time of day is taken as it was when the client asked.

use std::collections::HashSet;

use imap_wire::command::{Numbering, Tag};
use imap_wire::encode::{self, EsearchWriter};
use imap_wire::{Code, Completion};
use mailbox::{Picked, Progress, Query, Selected, SortKey, Table, Updates};
use model::{ModSeq, SeqNo, Text, Uid, UidSet};

use crate::Limits;
use crate::conversation::{Trouble, now};
use crate::esearch;
use crate::updates;
use crate::wire::Wire;

/// All of one session; they end with the selected mailbox.
#[derive(Default)]
pub(crate) struct Contexts(Vec<Context>);

struct Context {
    tag: Tag,
    numbering: Numbering,
    query: Query,
    /// A result of SORT stands in this order, one of SEARCH as in the mailbox.
    order: Option<Vec<SortKey>>,
    /// UIDs, as the client knows them.
    result: Vec<u32>,
    /// What was looked at: messages below this, as of then.
    uid_next: Uid,
    mod_seq: ModSeq,
}

/// A search that wants to be told of changes.
pub(crate) struct Wish<'a> {
    pub(crate) tag: &'a Tag,
    pub(crate) numbering: Numbering,
    pub(crate) query: Query,
    pub(crate) order: Option<Vec<SortKey>>,
}

impl Contexts {
    pub(crate) fn clear(&mut self) {
        self.0 = Vec::new();
    }

    /// The refusal of a tag that names a context already (RFC 5267 §4.3).
    pub(crate) fn refusal(&self, tag: &Tag) -> Option<Completion> {
        self.0.iter().any(|context| context.tag == *tag).then(|| {
            Completion::bad(Text::new(
                "Samma märke följer redan en annan sökning.",
                "The tag follows another search already.",
            ))
        })
    }

    /// Follows a search from here on, or says that it does not.
    pub(crate) fn follow(
        &mut self,
        wish: Wish<'_>,
        found: &Picked,
        table: &Table,
        selected: &Selected,
        limits: &Limits,
        wire: &mut Wire,
    ) {
        let Wish { tag, numbering, query, order } = wish;
        if self.0.len() >= limits.search_contexts_max || found.len() > limits.search_kept_max {
            no_update(tag, wire);
            return;
        }
        self.0.push(Context {
            tag: tag.clone(),
            numbering,
            query: fixed(query, selected),
            order,
            result: found.iter().map(|(_, uid)| uid.get()).collect(),
            uid_next: selected.uid_next(),
            mod_seq: table.highest_mod_seq(),
        });
    }

    /// CANCELUPDATE. Tags that follow nothing are passed over.
    pub(crate) fn cancel(&mut self, tags: &[String]) {
        self.0.retain(|context| !tags.iter().any(|tag| tag == context.tag.as_str()));
    }

    /// Follows none of them any more, and says so.
    pub(crate) fn give_up(&mut self, wire: &mut Wire) {
        for context in std::mem::take(&mut self.0) {
            no_update(&context.tag, wire);
        }
    }

    /// Before the client is told of expunges: what they take out of results, while their sequence numbers stand.
    pub(crate) fn expunged(&mut self, news: &Updates, wire: &mut Wire) {
        if news.vanished.is_empty() {
            return;
        }
        for context in &mut self.0 {
            let gone: Vec<(SeqNo, Uid)> =
                news.expunged.iter().rev().copied().zip(news.vanished.iter()).collect();
            context.take_out(&gone, wire);
        }
    }

    /// Behind the news: what changed flags and new messages do to results.
    pub(crate) async fn refresh(
        &mut self,
        selected: &mut Selected,
        limits: &Limits,
        wire: &mut Wire,
    ) -> Result<(), Trouble> {
        if self.0.is_empty() {
            return Ok(());
        }
        if selected.is_resting() {
            // Only to have sequence numbers again.
            let news = selected.sync(false, now()).await?;
            updates::write(&news, wire).await?;
        }
        let table = selected.table(now()).await?;
        for context in &mut self.0 {
            context.refresh(selected, &table, wire).await?;
            wire.send_pieces().await?;
        }
        self.0.retain(|context| {
            let fits = context.result.len() <= limits.search_kept_max;
            if !fits {
                no_update(&context.tag, wire);
            }
            fits
        });
        Ok(())
    }
}

impl Context {
    async fn refresh(&mut self, selected: &Selected, table: &Table, wire: &mut Wire) -> Result<(), Trouble> {
        let (mod_seq, uid_next) = (table.highest_mod_seq(), selected.uid_next());
        if (mod_seq, uid_next) == (self.mod_seq, self.uid_next) {
            return Ok(());
        }
        let changed = table.rows().filter(|row| row.mod_seq > self.mod_seq || row.uid >= self.uid_next);
        let changed: UidSet = changed.map(|row| row.uid).filter(|uid| *uid < uid_next).collect();
        (self.mod_seq, self.uid_next) = (mod_seq, uid_next);
        if changed.is_empty() {
            return Ok(());
        }
        let found = selected.search_watched(&self.query, Some(&changed), now(), &Progress::default()).await?;
        let matching: HashSet<u32> = found.iter().map(|(_, uid)| uid.get()).collect();
        let known: HashSet<u32> = self.result.iter().copied().collect();
        let out = selected.pick_uids(&changed).into_iter();
        let is_out = |(_, uid): &(SeqNo, Uid)| known.contains(&uid.get()) && !matching.contains(&uid.get());
        self.take_out(&out.filter(is_out).collect::<Vec<_>>(), wire);
        let came = found.into_iter().filter(|(_, uid)| !known.contains(&uid.get())).collect();
        self.put_in(came, selected, wire).await
    }

    /// Tells what is no longer in the result; `gone` ascends.
    fn take_out(&mut self, gone: &[(SeqNo, Uid)], wire: &mut Wire) {
        let is_gone = |uid: u32| gone.binary_search_by_key(&uid, |(_, uid)| uid.get()).ok();
        let places: Vec<(usize, usize)> =
            self.result.iter().enumerate().filter_map(|(at, uid)| Some((at, is_gone(*uid)?))).collect();
        if places.is_empty() {
            return;
        }
        let number = |place: &(usize, usize)| esearch::number(self.numbering, gone[place.1]);
        let mut answer = EsearchWriter::new(&self.tag, self.numbering, &mut wire.buffer);
        if self.order.is_some() {
            // From the end, so that no removal moves the place of another.
            for place in places.iter().rev() {
                answer.remove_from(position(place.0), [number(place)]);
            }
        } else {
            answer.remove_from(0, places.iter().map(number));
        }
        answer.finish();
        self.result.retain(|uid| is_gone(*uid).is_none());
    }

    /// Tells what is new in the result; `came` ascends.
    async fn put_in(&mut self, came: Picked, selected: &Selected, wire: &mut Wire) -> Result<(), Trouble> {
        if came.is_empty() {
            return Ok(());
        }
        let numbering = self.numbering;
        let Some(order) = &self.order else {
            let mut answer = EsearchWriter::new(&self.tag, numbering, &mut wire.buffer);
            answer.add_to(0, came.iter().map(|message| esearch::number(numbering, *message)));
            answer.finish();
            self.result.extend(came.iter().map(|(_, uid)| uid.get()));
            self.result.sort_unstable();
            return Ok(());
        };
        let all = self.result.iter().copied().chain(came.iter().map(|(_, uid)| uid.get()));
        let mut all: Vec<Uid> = all.filter_map(Uid::new).collect();
        all.sort_unstable();
        let all = selected.pick_uids(&all.into_iter().collect());
        let sorted = selected.sort(all, order, now()).await?;
        let new = |(_, uid): &(SeqNo, Uid)| came.binary_search_by_key(uid, |(_, uid)| *uid).is_ok();
        let mut answer = EsearchWriter::new(&self.tag, numbering, &mut wire.buffer);
        let mut at = 0;
        for run in sorted.chunk_by(|a, b| new(a) == new(b)) {
            if new(&run[0]) {
                answer.add_to(position(at), run.iter().map(|message| esearch::number(numbering, *message)));
            }
            at += run.len();
        }
        answer.finish();
        self.result = sorted.iter().map(|(_, uid)| uid.get()).collect();
        Ok(())
    }
}

fn position(place: usize) -> u32 {
    u32::try_from(place + 1).unwrap_or(u32::MAX)
}

fn no_update(tag: &Tag, wire: &mut Wire) {
    let code = Code::NoUpdate(tag.as_str().to_owned());
    encode::no(&code, "That search is not followed", &mut wire.buffer);
}

/// Sequence numbers change; the messages that they name now do not.
fn fixed(query: Query, selected: &Selected) -> Query {
    let of = |query: Box<Query>| Box::new(fixed(*query, selected));
    match query {
        Query::Not(query) => Query::Not(of(query)),
        Query::Or(one, other) => Query::Or(of(one), of(other)),
        Query::And(all) => Query::And(all.into_iter().map(|query| fixed(query, selected)).collect()),
        Query::Seqs(ranges) => {
            let here = |seq: u32| SeqNo::new(seq).and_then(|seq| selected.uid(seq));
            let most = selected.exists();
            let seqs = ranges.into_iter().flat_map(|(low, high)| low..=high.min(most));
            Query::Uids(seqs.filter_map(here).collect())
        }
        other => other,
    }
}
