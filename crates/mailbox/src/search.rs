//! SEARCH: exact, cheapest things first.
//!
//! Every message is first asked with its row of the table alone; what is undecided is asked again with what the
//! [index](crate::search_index) rules out, then with the usual fields of its header (kept there and in memory), then with
//! its row and its derived data, and last with the letter itself where its text was too long to be kept.

use std::sync::atomic::{AtomicU32, Ordering};

use model::{MailboxRef, SeqNo, TenantId, Uid, UidSet, UnixMillis};
use store::MessageEntry;
use tokio::sync::SemaphorePermit;

use crate::query::Query;
use crate::search_index::{Ask, Grams, Pace, Segment, places, unreadable};
use crate::search_test::{Facts, Maker, Test, head_of, headers_sure};
use crate::selected::Picked;
use crate::table::Table;
use crate::{MailboxError, Mailboxes, Selected};

const CHUNK: usize = 256;
/// What the derived data of a letter take, mostly much less.
const DERIVED_OCTETS: u64 = 1 << 20;
/// The letter itself, its text as it is decoded, and as it is folded.
const COPIES: u64 = 3;

/// How far a search has come, for somebody who watches it.
#[derive(Debug, Default)]
pub struct Progress {
    done: AtomicU32,
    total: AtomicU32,
}

impl Progress {
    /// Letters that are decided, of how many that had to be looked at.
    pub fn of(&self) -> (u32, u32) {
        (self.done.load(Ordering::Relaxed), self.total.load(Ordering::Relaxed))
    }
    fn begin(&self, total: usize) {
        self.total.store(u32::try_from(total).unwrap_or(u32::MAX), Ordering::Relaxed);
    }
    fn left(&self, left: usize) {
        let left = u32::try_from(left).unwrap_or(u32::MAX);
        self.done.store(self.total.load(Ordering::Relaxed).saturating_sub(left), Ordering::Relaxed);
    }
}

/// A message that is not decided yet.
#[derive(Clone, Copy)]
struct Open {
    seq: SeqNo,
    uid: Uid,
    /// Its place in the table.
    place: usize,
}

/// One search while it goes on.
struct Searching<'a> {
    selected: &'a Selected,
    table: &'a Table,
    test: Test,
    words: Vec<Grams>,
    found: Picked,
}

impl Selected {
    /// The messages that match, ascending. Messages that are gone match nothing.
    ///
    /// # Errors
    /// [`MailboxError::Gone`], [`MailboxError::Store`].
    pub async fn search(&self, query: &Query, now: UnixMillis) -> Result<Picked, MailboxError> {
        self.search_watched(query, None, now, &Progress::default()).await
    }

    /// The same; with `among`, of these messages only.
    ///
    /// # Errors
    /// [`MailboxError::Gone`], [`MailboxError::Store`].
    pub async fn search_watched(
        &self,
        query: &Query,
        among: Option<&UidSet>,
        now: UnixMillis,
        progress: &Progress,
    ) -> Result<Picked, MailboxError> {
        let table = self.table(now).await?;
        let mut maker = Maker { table: &table, words: Vec::new() };
        let test = maker.test(query);
        let mut searching =
            Searching { selected: self, table: &table, test, words: maker.words, found: Picked::new() };
        let picked = among.map_or_else(|| self.pick_all(), |among| self.pick_uids(among));
        let open = searching.ask_table(picked);
        if !open.is_empty() {
            progress.begin(open.len());
            let MailboxRef { tenant, account, .. } = self.mailbox();
            let _turn = self.mailboxes.inner.searches.turn(tenant, account).await?;
            let open = searching.ask_index(open).await?;
            progress.left(open.len());
            for (place, chunk) in open.chunks(CHUNK).enumerate() {
                let undecided = searching.ask_memory(chunk);
                searching.ask_letters(&undecided).await?;
                progress.left(open.len() - (place * CHUNK + chunk.len()));
                tokio::task::yield_now().await;
            }
        }
        let mut found = searching.found;
        found.sort_unstable();
        Ok(found)
    }
}

impl<'a> Searching<'a> {
    fn facts(&self, open: Open) -> Facts<'a> {
        let row = self.table.row_at(open.place);
        Facts {
            seq: open.seq,
            row,
            recent: self.selected.is_recent(row.uid),
            index: None,
            head: None,
            sent_day: None,
            entry: None,
            derived: None,
            lineage: None,
            whole: None,
        }
    }

    /// Notes a match; true if the facts do not tell.
    fn is_open(&mut self, facts: &Facts<'_>) -> bool {
        let answer = self.test.holds(facts);
        if answer == Some(true) {
            self.found.push((facts.seq, facts.row.uid));
        }
        answer.is_none()
    }

    fn ask_table(&mut self, picked: Picked) -> Vec<Open> {
        let (uids, mut place, mut left) = (&self.table.uids, 0, Vec::new());
        // Both ascend.
        for (seq, uid) in picked {
            while uids.get(place).is_some_and(|other| *other < uid.get()) {
                place += 1;
            }
            let open = Open { seq, uid, place };
            if uids.get(place) == Some(&uid.get()) && self.is_open(&self.facts(open)) {
                left.push(open);
            }
        }
        left
    }

    /// Asks what the index rules out; returns who is still undecided.
    async fn ask_index(&mut self, mut open: Vec<Open>) -> Result<Vec<Open>, MailboxError> {
        let heads = self.test.asks_heads();
        if self.words.is_empty() && !heads {
            return Ok(open);
        }
        let Selected { mailboxes, .. } = self.selected;
        let mailbox = self.selected.mailbox();
        let segments = mailboxes.segments(mailbox).await?;
        // By place: decided, or still open.
        let mut decided = vec![false; open.len()];
        let mut known = 0;
        for segment in &segments {
            known += places(segment, &self.table.uids, |uid| *uid).count();
            let docs: Vec<(usize, usize)> =
                places(segment, &open, |open| open.uid.get()).filter(|(_, place)| !decided[*place]).collect();
            if !docs.is_empty() && !self.ask_segment(segment, &docs, &open, heads, &mut decided).await? {
                unreadable(mailbox);
            }
            tokio::task::yield_now().await;
        }
        if self.table.len() - known.min(self.table.len()) > mailboxes.limits().search_unindexed_max as usize {
            mailboxes.inner.index.waiting.add(mailbox, Pace::Wanted);
        }
        let mut decided = decided.into_iter();
        open.retain(|_| !decided.next().unwrap_or_default());
        Ok(open)
    }

    /// False if the segment is of no use (any more): then nothing of it was taken for true.
    async fn ask_segment(
        &mut self,
        segment: &Segment,
        docs: &[(usize, usize)],
        open: &[Open],
        heads: bool,
        decided: &mut [bool],
    ) -> Result<bool, MailboxError> {
        let mut ask = Ask::new(&self.selected.mailboxes, segment);
        let Some(holders) = ask.holders(&self.words).await? else { return Ok(false) };
        let answers = self.answers(docs, open, |facts, doc| facts.index = Some((&holders, doc)));
        let mut sure: Vec<(usize, bool)> = Vec::new();
        let mut left: Vec<(usize, usize)> = Vec::new();
        for ((doc, place), answer) in docs.iter().zip(answers) {
            match answer {
                Some(answer) => sure.push((*place, answer)),
                None => left.push((*doc, *place)),
            }
        }
        if heads && !left.is_empty() {
            let wanted: Vec<usize> = left.iter().map(|(doc, _)| *doc).collect();
            for (doc, head) in ask.heads(&wanted).await? {
                let Ok(at) = wanted.binary_search(&doc) else { continue };
                let answers = self.answers(&left[at..=at], open, |facts, doc| {
                    facts.index = Some((&holders, doc));
                    facts.head = Some(&head.fields);
                    facts.sent_day = Some(head.sent_day);
                });
                sure.extend(answers.into_iter().flatten().map(|answer| (left[at].1, answer)));
            }
        }
        if !ask.counts().await? {
            return Ok(false);
        }
        for (place, answer) in sure {
            decided[place] = true;
            if answer {
                self.found.push((open[place].seq, open[place].uid));
            }
        }
        Ok(true)
    }

    fn answers<'b>(
        &self,
        docs: &[(usize, usize)],
        open: &[Open],
        know: impl Fn(&mut Facts<'b>, usize),
    ) -> Vec<Option<bool>>
    where
        'a: 'b,
    {
        let answer = |(doc, place): &(usize, usize)| {
            let mut facts = self.facts(open[*place]);
            know(&mut facts, *doc);
            self.test.holds(&facts)
        };
        docs.iter().map(answer).collect()
    }

    /// Asks with the header fields that are in memory; returns who is still undecided.
    fn ask_memory(&mut self, chunk: &[Open]) -> Vec<Open> {
        let (heads, mailbox) = (&self.selected.mailboxes.inner.heads, self.selected.mailbox());
        let mut left = Vec::new();
        for open in chunk {
            let known = heads.get(&(mailbox, open.uid));
            let facts = self.facts(*open);
            let facts = match &known {
                Some(head) => Facts { head: Some(&head.fields), sent_day: Some(head.sent_day), ..facts },
                None => facts,
            };
            if self.is_open(&facts) {
                left.push(*open);
            }
        }
        left
    }

    async fn ask_letters(&mut self, open: &[Open]) -> Result<(), MailboxError> {
        let uids: Vec<Uid> = open.iter().map(|open| open.uid).collect();
        for (uid, entry) in self.selected.entries(&uids).await? {
            let Ok(at) = open.binary_search_by_key(&uid, |open| open.uid) else { continue };
            let facts = Facts { entry: Some(&entry), ..self.facts(open[at]) };
            if self.is_open(&facts) && self.letter_holds(open[at], &entry).await? {
                self.found.push((open[at].seq, uid));
            }
        }
        Ok(())
    }

    async fn letter_holds(&self, open: Open, entry: &MessageEntry) -> Result<bool, MailboxError> {
        if let Some(answer) = self.derived_holds(open, entry).await? {
            return Ok(answer);
        }
        // Nothing is held while it waits for this, so that it cannot wait for itself.
        let (mailboxes, tenant) = (&self.selected.mailboxes, self.selected.mailbox().tenant);
        let (_octets, whole) = mailboxes.whole_letter(tenant, entry).await?;
        let sent_day = Some(whole.sent.map(|sent| sent.day));
        let lineage = Some(whole.lineage.as_octets());
        let whole = Some((whole.headers.as_str(), whole.text.as_str()));
        Ok(self
            .test
            .holds(&Facts { entry: Some(entry), sent_day, lineage, whole, ..self.facts(open) })
            .unwrap_or(false))
    }

    /// Asks with the derived data; `None` if some of the text that was not kept decides.
    async fn derived_holds(&self, open: Open, entry: &MessageEntry) -> Result<Option<bool>, MailboxError> {
        let Selected { mailboxes, .. } = self.selected;
        let mailbox = self.selected.mailbox();
        let _octets = mailboxes.inner.searches.octets(entry.size.min(DERIVED_OCTETS)).await?;
        let content = mailboxes.read_content(mailbox.tenant, entry).await?;
        let derived = content.view();
        if headers_sure(&derived) {
            let head = head_of(derived.headers(), derived.sent().map(|sent| sent.day));
            let octets = head.fields.len();
            mailboxes.inner.heads.insert((mailbox, open.uid), head, octets);
        }
        let facts = Facts { derived: Some(derived), entry: Some(entry), ..self.facts(open) };
        Ok(self.test.holds(&facts))
    }
}

impl Mailboxes {
    /// What is derived of a letter with all of its text, and the room that it takes meanwhile.
    pub(crate) async fn whole_letter(
        &self,
        tenant: TenantId,
        entry: &MessageEntry,
    ) -> Result<(SemaphorePermit<'_>, message::Derived), MailboxError> {
        let octets = entry.size.min(self.limits().search_letter_bytes_max);
        let held = octets.saturating_mul(COPIES).saturating_add(DERIVED_OCTETS);
        let permit = self.inner.searches.octets(held).await?;
        let whole = self.letters().derive_again(tenant, entry.body, octets, true).await?;
        Ok((permit, whole))
    }
}
