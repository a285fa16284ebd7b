//! Asking a segment: who of its letters can hold a word, and what their heads say.

use model::MailboxRef;
use store::{Key, KeyRange};

use super::columns::keep_holders;
use super::heads::{self, Head};
use super::rows::{PackedRow, last_of};
use super::{Docs, Grams, SEGMENT_DOCS, Segment};
use crate::{MailboxError, Mailboxes};

/// Beyond so many wanted heads they are read by the page.
const DENSE: usize = SEGMENT_DOCS / 32;
const PAGE: usize = 64;

/// One segment, while it is asked.
pub(crate) struct Ask<'a> {
    mailboxes: &'a Mailboxes,
    segment: &'a Segment,
    /// Rows of columns that were read, with the last column of each.
    rows: Vec<(u16, PackedRow)>,
}

impl<'a> Ask<'a> {
    pub(crate) const fn new(mailboxes: &'a Mailboxes, segment: &'a Segment) -> Self {
        Self { mailboxes, segment, rows: Vec::new() }
    }

    /// Who may hold each word; `None` if the segment does not read.
    pub(crate) async fn holders(&mut self, words: &[Grams]) -> Result<Option<Vec<Docs>>, MailboxError> {
        let count = self.segment.uids().len();
        let mut all = Vec::with_capacity(words.len());
        for word in words {
            let mut left = [u64::MAX; SEGMENT_DOCS / 64];
            for column in word.columns() {
                let Some(row) = self.row(*column).await? else { return Ok(None) };
                if keep_holders(row, *column, count, &mut left).is_none() {
                    return Ok(None);
                }
                if left.iter().all(|word| *word == 0) {
                    break;
                }
            }
            for doc in self.segment.unsure() {
                left[usize::from(*doc) / 64] |= 1 << (doc % 64);
            }
            all.push(left);
        }
        Ok(Some(all))
    }

    async fn row(&mut self, column: u16) -> Result<Option<&PackedRow>, MailboxError> {
        let known = |(last, row): &(u16, PackedRow)| row.from <= column && column <= *last;
        if let Some(place) = self.rows.iter().position(known) {
            return Ok(Some(&self.rows[place].1));
        }
        let key = self.segment.key;
        let rows = self.read(&key.columns(), &key.columns_to(column), 1).await?;
        self.rows.extend(rows);
        Ok(self.rows.last().filter(|row| known(row)).map(|(_, row)| row))
    }

    async fn read(&self, all: &Key, from: &Key, limit: usize) -> Result<Vec<(u16, PackedRow)>, MailboxError> {
        let rows = self.mailboxes.store().scan(&KeyRange::prefix(all).from(from), limit).await?;
        let rows = rows.iter().map_while(|row| Some((last_of(&row.key)?, PackedRow::decode(&row.value)?)));
        Ok(rows.collect())
    }

    /// The heads of some letters, by their numbers; those that are not kept are left out.
    pub(crate) async fn heads(&self, wanted: &[usize]) -> Result<Vec<(usize, Head)>, MailboxError> {
        let limit = if wanted.len() > DENSE { PAGE } else { 1 };
        let (key, mut found, mut next) = (self.segment.key, Vec::new(), 0);
        while let Some(doc) = wanted.get(next) {
            let doc = u16::try_from(*doc).expect("a segment has fewer letters");
            let rows = self.read(&key.heads(), &key.heads_to(doc), limit).await?;
            let Some((last, _)) = rows.last() else { break };
            let end = wanted.partition_point(|doc| *doc <= usize::from(*last));
            let wanted_here = &wanted[next..end];
            for (_, row) in &rows {
                let heads = heads::decode(row).into_iter();
                found.extend(heads.filter(|(doc, _)| wanted_here.binary_search(doc).is_ok()));
            }
            next = end;
        }
        Ok(found)
    }

    /// Does the segment still count? What was read of one that does not is worth nothing.
    pub(crate) async fn counts(&self) -> Result<bool, MailboxError> {
        let row = self.mailboxes.store().load(&self.segment.key).await;
        Ok(row?.as_ref() == Some(&self.segment.row))
    }
}

/// The letters of a segment among some others, all ascending: number in the segment and place among the others.
pub(crate) fn places<'a, T>(
    segment: &'a Segment,
    others: &'a [T],
    uid: impl Fn(&T) -> u32 + 'a,
) -> impl Iterator<Item = (usize, usize)> + 'a {
    let first = segment.uids().first().copied().unwrap_or(u32::MAX);
    let mut place = others.partition_point(|other| uid(other) < first);
    segment.uids().iter().enumerate().filter_map(move |(doc, wanted)| {
        while others.get(place).is_some_and(|other| uid(other) < *wanted) {
            place += 1;
        }
        others.get(place).filter(|other| uid(other) == *wanted).map(|_| (doc, place))
    })
}

/// For logs.
pub(crate) fn unreadable(mailbox: MailboxRef) {
    tracing::warn!(?mailbox, "a segment of the search index does not read; its letters are read instead");
}
