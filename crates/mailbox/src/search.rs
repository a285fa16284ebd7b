//! SEARCH: exact, cheapest things first.
//!
//! Every message is first asked with its row of the table alone; what is undecided is asked again with what the
//! [index](crate::search_index) rules out, then with the usual fields of its header (kept there and in memory), then with
//! its row and its derived data, and last with the letter itself where its text was too long to be kept.
//!
//! What takes more than a moment is done on other threads, in pieces ([`crate::search_work`]); between them a search that
//! nobody waits for any more ends. A segment of the index is asked where the search is, in a few milliseconds at most.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use model::{MailboxRef, Uid, UidSet, UnixMillis};
use store::MessageEntry;
use tokio::sync::OwnedSemaphorePermit;

use crate::query::Query;
use crate::search_index::{Ask, Grams, Pace, Segment, places, unreadable};
use crate::search_needles::Needles;
use crate::search_test::{Maker, head_of, headers_sure};
use crate::search_work::{Batch, Known, Open, Question, Work};
use crate::selected::Picked;
use crate::{MailboxError, Mailboxes, Selected};

const CHUNK: usize = 256;
/// What the derived data of a letter take, mostly much less; and what is read of several at a time.
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
        self.done.fetch_max(self.total.load(Ordering::Relaxed).saturating_sub(left), Ordering::Relaxed);
    }
    /// So many more are decided.
    pub(crate) fn more(&self, count: usize) {
        self.done.fetch_add(u32::try_from(count).unwrap_or(u32::MAX), Ordering::Relaxed);
    }
}

/// One search while it goes on.
struct Searching<'a> {
    selected: &'a Selected,
    progress: &'a Progress,
    work: Work<'a>,
    words: Vec<Grams>,
    found: Picked,
}

impl Selected {
    /// The messages that match, ascending. Messages that are gone match nothing.
    ///
    /// # Errors
    /// [`MailboxError::Gone`], [`MailboxError::SearchTooLarge`], [`MailboxError::Store`].
    pub async fn search(&self, query: &Query, now: UnixMillis) -> Result<Picked, MailboxError> {
        self.search_watched(query, None, now, &Progress::default()).await
    }

    /// The same; with `among`, of these messages only.
    ///
    /// # Errors
    /// [`MailboxError::Gone`], [`MailboxError::SearchTooLarge`], [`MailboxError::Store`].
    pub async fn search_watched(
        &self,
        query: &Query,
        among: Option<&UidSet>,
        now: UnixMillis,
        progress: &Progress,
    ) -> Result<Picked, MailboxError> {
        let table = self.table(now).await?;
        let mut maker =
            Maker { table: &table, words: Vec::new(), count: 0, weight: 0, needles: Needles::default() };
        let test = maker.test(query);
        let Maker { words, count, weight, needles, .. } = maker;
        let question = Question { table, test, needles, words: count as u64, weight: weight as u64 };
        let work = Work::new(&self.mailboxes, self.mailbox(), question, progress);
        let mut searching = Searching { selected: self, progress, work, words, found: Picked::new() };
        let picked = among.map_or_else(|| self.pick_all(), |among| self.pick_uids(among));
        let open = searching.ask_table(picked).await?;
        if !open.is_empty() {
            progress.begin(open.len());
            let MailboxRef { tenant, account, .. } = self.mailbox();
            let _turn = self.mailboxes.inner.searches.turn(tenant, account).await?;
            let open = searching.ask_index(open).await?;
            progress.left(open.len());
            for (place, chunk) in open.chunks(CHUNK).enumerate() {
                let undecided = searching.ask_memory(chunk).await?;
                let later = open.len() - (place * CHUNK + chunk.len());
                searching.ask_letters(&undecided, later).await?;
                progress.left(later);
                tokio::task::yield_now().await;
            }
        }
        let mut found = searching.found;
        found.sort_unstable();
        Ok(found)
    }
}

impl Searching<'_> {
    /// Asks messages with what is known; notes those that match and returns those that are still open.
    async fn ask(
        &mut self,
        known: Vec<Known>,
        room: Option<OwnedSemaphorePermit>,
    ) -> Result<Vec<Known>, MailboxError> {
        let mut left = Vec::new();
        for (known, answer) in self.work.ask(Batch::new(known, room)).await? {
            match answer {
                Some(true) => self.found.push((known.open.seq, known.open.uid)),
                Some(false) => {}
                None => left.push(known),
            }
        }
        Ok(left)
    }

    async fn ask_table(&mut self, picked: Picked) -> Result<Vec<Open>, MailboxError> {
        let (uids, mut place) = (&self.work.question().table.uids, 0);
        let mut asked = Vec::with_capacity(picked.len());
        // Both ascend.
        for (seq, uid) in picked {
            while uids.get(place).is_some_and(|other| *other < uid.get()) {
                place += 1;
            }
            if uids.get(place) == Some(&uid.get()) {
                asked.push(Open { seq, uid, place, recent: self.selected.is_recent(uid) });
            }
        }
        let (found, left) = self.work.ask_table(asked).await?;
        self.found.extend(found.into_iter().map(|open| (open.seq, open.uid)));
        Ok(left)
    }

    /// Asks what the index rules out; returns who is still undecided.
    async fn ask_index(&mut self, mut open: Vec<Open>) -> Result<Vec<Open>, MailboxError> {
        let heads = self.work.question().test.asks_heads();
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
            known += places(segment, &self.work.question().table.uids, |uid| *uid).count();
            let docs: Vec<(usize, usize)> =
                places(segment, &open, |open| open.uid.get()).filter(|(_, place)| !decided[*place]).collect();
            if !docs.is_empty() && !self.ask_segment(segment, &docs, &open, heads, &mut decided).await? {
                unreadable(mailbox);
            }
            tokio::task::yield_now().await;
        }
        let messages = self.work.question().table.len();
        if messages - known.min(messages) > mailboxes.limits().search_unindexed_max as usize {
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
        let holders = Arc::new(holders);
        let known = |(doc, place): &(usize, usize)| Known {
            index: Some((holders.clone(), *doc)),
            ..Known::new(open[*place])
        };
        let answers = self.work.ask(Batch::new(docs.iter().map(known).collect(), None)).await?;
        let mut sure: Vec<(usize, bool)> = Vec::new();
        let mut left: Vec<(usize, usize)> = Vec::new();
        for ((doc, place), (_, answer)) in docs.iter().zip(answers) {
            match answer {
                Some(answer) => sure.push((*place, answer)),
                None => left.push((*doc, *place)),
            }
        }
        if heads && !left.is_empty() {
            let wanted: Vec<usize> = left.iter().map(|(doc, _)| *doc).collect();
            let (mut asked, mut asked_places) = (Vec::new(), Vec::new());
            for (doc, head) in ask.heads(&wanted).await? {
                let Ok(at) = wanted.binary_search(&doc) else { continue };
                asked.push(Known { head: Some(head), ..known(&left[at]) });
                asked_places.push(left[at].1);
            }
            let answers = self.work.ask(Batch::new(asked, None)).await?;
            let answers = asked_places.into_iter().zip(answers);
            sure.extend(answers.filter_map(|(place, (_, answer))| Some((place, answer?))));
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

    /// Asks with the header fields that are in memory; returns who is still undecided.
    async fn ask_memory(&mut self, chunk: &[Open]) -> Result<Vec<Open>, MailboxError> {
        let (heads, mailbox) = (&self.selected.mailboxes.inner.heads, self.selected.mailbox());
        let (known, mut left): (Vec<Known>, Vec<Known>) = chunk
            .iter()
            .map(|open| Known { head: heads.get(&(mailbox, open.uid)), ..Known::new(*open) })
            .partition(|known| known.head.is_some());
        left.extend(self.ask(known, None).await?);
        let mut left: Vec<Open> = left.into_iter().map(|known| known.open).collect();
        left.sort_unstable_by_key(|open| open.uid);
        Ok(left)
    }

    /// `later`: how many others come after these.
    async fn ask_letters(&mut self, open: &[Open], later: usize) -> Result<(), MailboxError> {
        let uids: Vec<Uid> = open.iter().map(|open| open.uid).collect();
        let entries = self.selected.entries(&uids).await?.into_iter();
        let known = entries.filter_map(|(uid, entry)| {
            let at = open.binary_search_by_key(&uid, |open| open.uid).ok()?;
            Some(Known { entry: Some(entry), ..Known::new(open[at]) })
        });
        let mut left = self.ask(known.collect(), None).await?;
        while !left.is_empty() {
            let rest = left.split_off(fitting(&left));
            let asked = std::mem::replace(&mut left, rest);
            for known in self.ask_derived(asked).await? {
                self.ask_whole(known).await?;
            }
            self.progress.left(later + left.len());
        }
        Ok(())
    }

    /// Asks with the derived data; some of the text that was not kept decides about those that are returned.
    async fn ask_derived(&mut self, mut asked: Vec<Known>) -> Result<Vec<Known>, MailboxError> {
        let Selected { mailboxes, .. } = self.selected;
        let mailbox = self.selected.mailbox();
        let room = mailboxes.inner.searches.octets(asked.iter().map(derived_octets).sum()).await?;
        for known in &mut asked {
            let Some(entry) = &known.entry else { continue };
            let content = mailboxes.read_content(mailbox.tenant, entry).await?;
            let derived = content.view();
            if headers_sure(&derived) {
                let head = head_of(derived.headers(), derived.sent().map(|sent| sent.day));
                let octets = head.fields.len();
                mailboxes.inner.heads.insert((mailbox, known.open.uid), head, octets);
            }
            known.content = Some(content);
        }
        let mut left = self.ask(asked, Some(room)).await?;
        left.iter_mut().for_each(|known| known.content = None);
        Ok(left)
    }

    /// Asks the whole letter. Nothing is held while it waits for it, so that it cannot wait for itself.
    async fn ask_whole(&mut self, mut known: Known) -> Result<(), MailboxError> {
        let Some(entry) = &known.entry else { return Ok(()) };
        let (mailboxes, mailbox) = (&self.selected.mailboxes, self.selected.mailbox());
        let (room, whole) = mailboxes.whole_letter(mailbox, entry).await?;
        self.work.spend(whole.size)?;
        known.whole = Some(Box::new(whole));
        self.ask(vec![known], Some(room)).await?;
        Ok(())
    }
}

/// How many of the first ones are read at a time.
fn fitting(asked: &[Known]) -> usize {
    let mut octets = 0;
    let over = asked.iter().position(|known| {
        octets += derived_octets(known);
        octets > DERIVED_OCTETS
    });
    over.unwrap_or(asked.len()).max(1)
}

fn derived_octets(known: &Known) -> u64 {
    known.entry.as_ref().map_or(0, |entry| entry.size.min(DERIVED_OCTETS))
}

impl Mailboxes {
    /// What is derived of a letter with all of its text, and the room that it takes meanwhile.
    pub(crate) async fn whole_letter(
        &self,
        mailbox: MailboxRef,
        entry: &MessageEntry,
    ) -> Result<(OwnedSemaphorePermit, message::Derived), MailboxError> {
        let octets = entry.size.min(self.limits().search_letter_bytes_max);
        let held = octets.saturating_mul(COPIES).saturating_add(DERIVED_OCTETS);
        let permit = self.inner.searches.octets(held).await?;
        let thread = self.inner.searches.thread(mailbox.tenant, mailbox.account).await?;
        let whole = self.letters().derive_again(mailbox.tenant, entry.body, octets, true, thread).await?;
        Ok((permit, whole))
    }
}
