//! The search index: which letters of a mailbox can hold a word at all. It rules out and never decides what is there: what
//! it does not know is read, and what it does not rule out is checked against the text.
//!
//! An inverted index in segments. A segment is up to [`SEGMENT_DOCS`] letters of one mailbox; for each of 65,536 hashed
//! trigrams it keeps which of them hold it, in [`columns`], and the usual header fields of each, in [`heads`]. It is made
//! once and never changed: letters that came later stand in later segments or in none, and letters that are gone leave
//! theirs in the next [upkeep](Mailboxes::trim_search). Nothing is done when a letter is delivered; the search that had
//! to read many letters has them indexed behind it.
//!
//! A segment counts only while its row says [`SegmentRow::Ready`], which is written when all its other rows are durable
//! and taken back before the first of them is removed; who reads columns looks at that row again afterwards. So a crash
//! at any moment costs time, not results.

mod ask;
mod build;
mod columns;
mod grams;
mod heads;
mod rows;
mod upkeep;

use model::{MailboxRef, UidSet};
use store::{KeyRange, TypedKey};
use tokio::sync::Semaphore;

use crate::{MailboxError, Mailboxes};

pub(crate) use ask::{Ask, places, unreadable};
pub(crate) use build::Pace;
pub(crate) use grams::{Field, Grams};
pub(crate) use heads::Head;
use rows::{SegmentKey, SegmentRow};
use upkeep::Waiting;

/// Letters of one segment.
pub(crate) const SEGMENT_DOCS: usize = 1024;

/// One bit for each letter of a segment.
pub(crate) type Docs = [u64; SEGMENT_DOCS / 64];

/// What the process knows of the index.
pub(crate) struct SearchIndex {
    /// Mailboxes that wait to be indexed.
    pub(crate) waiting: Waiting,
    /// One at a time: making a segment takes memory and a processor.
    turn: Semaphore,
}

impl Default for SearchIndex {
    fn default() -> Self {
        Self { waiting: Waiting::default(), turn: Semaphore::new(1) }
    }
}

/// A segment that counts.
pub(crate) struct Segment {
    pub(crate) key: SegmentKey,
    pub(crate) row: SegmentRow,
}

impl Segment {
    /// Its letters, ascending; their places are their numbers in columns and heads.
    pub(crate) fn uids(&self) -> &[u32] {
        match &self.row {
            SegmentRow::Ready { uids, .. } => uids,
            SegmentRow::Dead => &[],
        }
    }
    fn unsure(&self) -> &[u16] {
        match &self.row {
            SegmentRow::Ready { unsure, .. } => unsure,
            SegmentRow::Dead => &[],
        }
    }
}

impl Mailboxes {
    /// The segments of a mailbox. Rows that do not read are none.
    pub(crate) async fn segments(&self, mailbox: MailboxRef) -> Result<Vec<Segment>, MailboxError> {
        let all = self.segment_rows(mailbox).await?.into_iter();
        let ready = all.filter_map(|(key, row)| row.map(|row| Segment { key, row }));
        Ok(ready.filter(|segment| matches!(segment.row, SegmentRow::Ready { .. })).collect())
    }

    /// All of them; `None` for a row that does not read.
    async fn segment_rows(
        &self,
        mailbox: MailboxRef,
    ) -> Result<Vec<(SegmentKey, Option<SegmentRow>)>, MailboxError> {
        const PAGE: usize = 1000;
        let (mut range, mut all) = (KeyRange::prefix(&SegmentKey::prefix(mailbox)), Vec::new());
        loop {
            let rows = self.store().scan(&range, PAGE).await?;
            let last = rows.last().map(|row| row.key.clone()).filter(|_| rows.len() == PAGE);
            for row in rows {
                let Some(key) = SegmentKey::from_key(&row.key) else { continue };
                all.push((key, store::Record::decode(&row.value).ok()));
            }
            match last {
                Some(last) => range = range.after(&last),
                None => return Ok(all),
            }
        }
    }
}

/// The letters that stand in some segment.
pub(crate) fn indexed(segments: &[Segment]) -> UidSet {
    let mut all: Vec<u32> = segments.iter().flat_map(Segment::uids).copied().collect();
    all.sort_unstable();
    all.into_iter().filter_map(model::Uid::new).collect()
}
