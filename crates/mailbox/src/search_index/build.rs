//! Making segments, behind searches that had to read many letters.

use std::time::Instant;

use message::DerivedView;
use model::{MailboxRef, Uid, UidSet, UnixMillis};
use store::{Batch, CommitError, Expect, Key, MailboxStateKey, MessageEntry, Op, TypedKey};

use super::columns::Table;
use super::heads::{self, Head};
use super::{Field, SEGMENT_DOCS, Segment, SegmentKey, SegmentRow, indexed};
use crate::recover::bulk;
use crate::search_test::{HEADERS_SURE, head_of};
use crate::{MailboxError, Mailboxes};

/// A segment with fewer letters is made again together with new ones.
const FULL: usize = SEGMENT_DOCS / 2;
/// Letters between two breaths.
const CHUNK: usize = 64;
/// Octets of text between two breaths in one letter.
const STRETCH: usize = 256 << 10;
/// Octets of one commit, with room for its keys.
const COMMIT_OCTETS: usize = Batch::OCTETS_MAX * 3 / 4;
/// Octets that the UIDs of a segment may take in its row.
const UID_OCTETS_MAX: usize = 2400;

/// How much of a processor the work takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Pace {
    /// A quarter: nobody has asked yet.
    Calm,
    /// Half.
    Wanted,
    /// All: somebody waits.
    Awaited,
}

impl Pace {
    async fn breathe(self, begun: Instant) {
        let worked = begun.elapsed();
        match self {
            Self::Calm => tokio::time::sleep(worked * 3).await,
            Self::Wanted => tokio::time::sleep(worked).await,
            Self::Awaited => tokio::task::yield_now().await,
        }
    }
}

impl Mailboxes {
    /// Gives letters of a mailbox that have no place in the index one, until at most `unindexed_max` are left; segments
    /// named in `stale` are made again without what is gone. Returns how many letters were indexed.
    pub(crate) async fn index(
        &self,
        mailbox: MailboxRef,
        unindexed_max: usize,
        stale: &[u32],
        pace: Pace,
        now: UnixMillis,
    ) -> Result<usize, MailboxError> {
        let _turn = self.inner.index.turn.acquire().await.map_err(|_| store::StoreError::Closed)?;
        let (mut stale, mut done, mut before) = (stale.to_vec(), 0, usize::MAX);
        self.purge_dead(mailbox, now).await?;
        loop {
            let segments = self.segments(mailbox).await?;
            let uids = self.inner.views.open(mailbox).refresh(self.store(), now).await?.uids.clone();
            let plan = Plan::new(&segments, &uids, unindexed_max, &stale);
            let nothing = plan.replaced.is_empty() && plan.docs.is_empty();
            // What cannot be indexed stays without a place; that is no reason to try for ever.
            if nothing || (stale.is_empty() && plan.unindexed >= before) {
                return Ok(done);
            }
            before = plan.unindexed;
            stale.retain(|id| !plan.replaced.iter().any(|key| key.segment == *id));
            done += self.make_segment(mailbox, plan, pace, now).await?;
        }
    }

    async fn make_segment(
        &self,
        mailbox: MailboxRef,
        plan: Plan,
        pace: Pace,
        now: UnixMillis,
    ) -> Result<usize, MailboxError> {
        let all = self.segment_rows(mailbox).await?;
        let segment = all.last().map_or(Some(1), |(key, _)| key.segment.checked_add(1));
        let Some(segment) = segment else { return Err(MailboxError::Limit("segments of a search index")) };
        let key = SegmentKey { mailbox, segment };
        let mut made = Making::new();
        for chunk in plan.docs.chunks(CHUNK) {
            let begun = Instant::now();
            for (uid, entry) in self.entries(mailbox, chunk).await? {
                self.take_letter(mailbox, uid, &entry, &mut made).await?;
            }
            pace.breathe(begun).await;
        }
        let count = made.uids.len();
        let (ready, rows) = tokio::task::spawn_blocking(move || made.rows(key))
            .await
            .map_err(|_| store::StoreError::Closed)?;
        let mut switch = bulk(now);
        if count > 0 {
            let mut begin = bulk(now);
            begin.require_absent(&key);
            begin.put(&key, &SegmentRow::Dead);
            self.commit_rows(mailbox, begin, rows, now).await?;
            switch.require_is(&key, &SegmentRow::Dead);
            switch.put(&key, &ready);
        }
        for old in &plan.replaced {
            switch.require_present(old);
            switch.put(old, &SegmentRow::Dead);
        }
        self.commit_for(mailbox, switch).await?;
        self.purge_dead(mailbox, now).await?;
        Ok(count)
    }

    /// Commits rows after `first`, in batches that are not too large.
    async fn commit_rows(
        &self,
        mailbox: MailboxRef,
        first: Batch,
        rows: Vec<(Key, Vec<u8>)>,
        now: UnixMillis,
    ) -> Result<(), MailboxError> {
        let (mut batch, mut octets) = (first, 0);
        for (key, value) in rows {
            let more = key.as_bytes().len() + value.len();
            if batch.ops.len() == Batch::OPS_MAX || octets + more > COMMIT_OCTETS {
                self.commit_for(mailbox, std::mem::replace(&mut batch, bulk(now))).await?;
                octets = 0;
            }
            octets += more;
            batch.ops.push(Op::Put(key, value));
        }
        self.commit_for(mailbox, batch).await
    }

    /// Nothing is written of a mailbox that is gone: its purge would not see it.
    async fn commit_for(&self, mailbox: MailboxRef, mut batch: Batch) -> Result<(), MailboxError> {
        batch.require.push((MailboxStateKey(mailbox).to_key(), Expect::Present));
        match self.store().commit(batch).await {
            Ok(_) => Ok(()),
            Err(CommitError::Conflict(_)) => Err(MailboxError::Busy),
            Err(error) => Err(error.into()),
        }
    }

    async fn take_letter(
        &self,
        mailbox: MailboxRef,
        uid: Uid,
        entry: &MessageEntry,
        made: &mut Making,
    ) -> Result<(), MailboxError> {
        let content = match self.read_content(mailbox.tenant, entry).await {
            Ok(content) => content,
            // A search will say so; here it must not keep the other letters from their places.
            Err(MailboxError::Store(error)) if !matches!(error, store::StoreError::Closed) => {
                tracing::warn!(%error, ?mailbox, %uid, "a letter cannot be indexed");
                made.unreadable(uid);
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        let view = content.view();
        if view.text_complete() {
            made.letter(uid, &view, view.headers(), view.text(), true).await;
            return Ok(());
        }
        let (_octets, whole) = self.whole_letter(mailbox, entry).await?;
        let sure = whole.text_complete && whole.size == entry.size;
        made.letter(uid, &view, whole.headers.as_bytes(), whole.text.as_bytes(), sure).await;
        Ok(())
    }
}

/// What goes into the next segment.
struct Plan {
    /// How many have no place yet.
    unindexed: usize,
    docs: Vec<Uid>,
    /// Segments that it stands for.
    replaced: Vec<SegmentKey>,
}

impl Plan {
    fn new(segments: &[Segment], uids: &[u32], unindexed_max: usize, stale: &[u32]) -> Self {
        let here = |uid: &u32| uids.binary_search(uid).is_ok();
        let known = indexed(segments);
        let mut new =
            uids.iter().filter_map(|uid| Uid::new(*uid)).filter(|uid| !known.contains(*uid)).peekable();
        let unindexed = new.clone().count();
        let enough = unindexed > unindexed_max;
        let mut plan = Self { unindexed, docs: Vec::new(), replaced: Vec::new() };
        let mut docs = UidSet::new();
        // Stale ones first, whatever there is of new letters; small ones when there is something to join them with.
        for segment in segments {
            let live: Vec<Uid> =
                segment.uids().iter().filter(|uid| here(uid)).filter_map(|uid| Uid::new(*uid)).collect();
            let is_stale = stale.contains(&segment.key.segment);
            let room = docs.len() as usize + live.len() <= SEGMENT_DOCS;
            if room && (is_stale || enough && live.len() < FULL) {
                docs.extend(live);
                plan.replaced.push(segment.key);
            }
        }
        if enough || !plan.replaced.is_empty() {
            while docs.len() < SEGMENT_DOCS as u64
                && let Some(uid) = new.next()
            {
                docs.insert(uid);
            }
        }
        plan.docs = docs.iter().collect();
        plan
    }
}

/// A segment in the making.
struct Making {
    table: Table,
    uids: Vec<u32>,
    uid_octets: usize,
    unsure: Vec<u16>,
    heads: Vec<Option<Head>>,
}

impl Making {
    fn new() -> Self {
        Self { table: Table::new(), uids: Vec::new(), uid_octets: 0, unsure: Vec::new(), heads: Vec::new() }
    }

    /// Its number; `None` if its place in the segment's row would be too long. It is then indexed another time.
    fn next(&mut self, uid: Uid) -> Option<usize> {
        let step = uid.get() - self.uids.last().copied().unwrap_or(0);
        let octets = (38 - step.leading_zeros() as usize) / 7;
        if self.uid_octets + octets > UID_OCTETS_MAX || self.uids.len() == SEGMENT_DOCS {
            return None;
        }
        self.uid_octets += octets;
        self.uids.push(uid.get());
        self.heads.push(None);
        Some(self.uids.len() - 1)
    }

    fn unreadable(&mut self, uid: Uid) {
        if let Some(doc) = self.next(uid) {
            self.unsure.push(number(doc));
        }
    }

    async fn letter(&mut self, uid: Uid, view: &DerivedView<'_>, headers: &[u8], text: &[u8], sure: bool) {
        let Some(doc) = self.next(uid) else { return };
        if !sure {
            self.unsure.push(number(doc));
            return;
        }
        for text in [headers, text] {
            let mut from = 0;
            while from < text.len() {
                // Two octets more, for the trigrams over the edge.
                let end = (from + STRETCH + 2).min(text.len());
                Field::Any.columns(&text[from..end]).for_each(|column| self.table.set(column, doc));
                from += STRETCH;
                if from < text.len() {
                    tokio::task::yield_now().await;
                }
            }
        }
        for (field, name) in Field::NAMED {
            for value in message::header_values(headers, name) {
                field.columns(value).for_each(|column| self.table.set(column, doc));
            }
        }
        if headers.len() < HEADERS_SURE {
            let sent_day = view.sent().map(|sent| sent.day);
            self.heads[doc] = Some(head_of(headers, sent_day));
        }
    }

    fn rows(self, key: SegmentKey) -> (SegmentRow, Vec<(Key, Vec<u8>)>) {
        let columns = self.table.encode(self.uids.len()).into_iter();
        let heads = heads::encode(&self.heads).into_iter();
        let columns = columns.map(|(last, value)| (key.columns_to(last), value));
        let rows = columns.chain(heads.map(|(last, value)| (key.heads_to(last), value))).collect();
        (SegmentRow::Ready { uids: self.uids, unsure: self.unsure }, rows)
    }
}

fn number(doc: usize) -> u16 {
    u16::try_from(doc).expect("a segment has fewer letters")
}
