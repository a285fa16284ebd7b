//! SORT: found messages in another order.
//!
//! RFC 5256 §3: criteria one after the other, each perhaps reversed; what is equal by all of them stands as in the mailbox.
//! RFC 5957 (DISPLAYFROM, DISPLAYTO).

use std::sync::Arc;

use model::UnixMillis;
use tokio::sync::OwnedSemaphorePermit;

use crate::facets::{Facets, MESSAGE_OCTETS, Word};
use crate::search_budget::Turn;
use crate::selected::Picked;
use crate::table::Table;
use crate::{MailboxError, Selected};

/// Above so many messages the work is done beside the async threads.
const INLINE_MAX: usize = 5_000;

/// What messages are ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortBy {
    /// INTERNALDATE.
    Arrival,
    /// Octets.
    Size,
    /// The Date field in UTC, INTERNALDATE where there is none.
    Date,
    /// The base subject.
    Subject,
    /// Local part of the first From.
    From,
    /// Local part of the first To.
    To,
    /// Local part of the first Cc.
    Cc,
    /// Name of the first From.
    DisplayFrom,
    /// Name of the first To.
    DisplayTo,
}

/// One criterion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SortKey {
    /// By what.
    pub by: SortBy,
    /// The largest first.
    pub reverse: bool,
}

impl Selected {
    /// Messages that a search found, in order. Those that are gone are left out.
    ///
    /// # Errors
    /// [`MailboxError::Gone`], [`MailboxError::Store`].
    pub async fn sort(
        &self,
        picked: Picked,
        keys: &[SortKey],
        now: UnixMillis,
    ) -> Result<Picked, MailboxError> {
        let table = self.table(now).await?;
        if keys.iter().all(|key| matches!(key.by, SortBy::Arrival | SortBy::Size)) {
            let keys = keys.to_vec();
            let messages = picked.len();
            let work = move || ordered(&picked, &keys, &table, &Facets::default());
            return self.aside(messages, work).await;
        }
        let (_turn, _octets) = self.sorting_turn(table.len()).await?;
        let facets = self.facets(&picked, &table, now).await?;
        let keys = keys.to_vec();
        // The texts of all of them are put in order first.
        let messages = picked.len().max(facets.len());
        self.aside(messages, move || ordered(&picked, &keys, &table, &facets)).await
    }

    /// Waits until the account may sort, and until there is room for what it takes.
    pub(crate) async fn sorting_turn(
        &self,
        messages: usize,
    ) -> Result<(Turn, OwnedSemaphorePermit), MailboxError> {
        let (searches, mailbox) = (&self.mailboxes.inner.searches, self.mailbox());
        let turn = searches.turn(mailbox.tenant, mailbox.account).await?;
        let octets = searches.octets((messages * MESSAGE_OCTETS) as u64).await?;
        Ok((turn, octets))
    }

    /// Does work that may take some milliseconds where it holds up nobody.
    pub(crate) async fn aside<T: Send + 'static>(
        &self,
        messages: usize,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, MailboxError> {
        if messages <= INLINE_MAX {
            return Ok(work());
        }
        self.mailboxes.search_aside(self.mailbox(), work).await
    }
}

fn ordered(picked: &Picked, keys: &[SortKey], table: &Arc<Table>, facets: &Facets) -> Picked {
    let needs_facets = facets.len() > 0;
    let place = |uid| if needs_facets { facets.place(uid) } else { Some(0) };
    let known: Vec<_> = picked
        .iter()
        .filter_map(|message| Some((*message, table.place(message.1)?, place(message.1)?)))
        .collect();
    let columns: Vec<Vec<u64>> = keys
        .iter()
        .map(|key| {
            let value = column(key.by, table, facets);
            let turn = |number: u64| if key.reverse { !number } else { number };
            known.iter().map(|(_, row, place)| turn(value(*row, *place))).collect()
        })
        .collect();
    let mut order: Vec<usize> = (0..known.len()).collect();
    order.sort_unstable_by(|a, b| {
        let differing = columns.iter().map(|column| column[*a].cmp(&column[*b])).find(|found| found.is_ne());
        differing.unwrap_or_else(|| a.cmp(b))
    });
    order.into_iter().map(|place| known[place].0).collect()
}

/// What a criterion compares, as a number, by the place in the table and in the facets.
fn column<'a>(by: SortBy, table: &'a Table, facets: &'a Facets) -> Box<dyn Fn(usize, usize) -> u64 + 'a> {
    let word = |word: Word| -> Box<dyn Fn(usize, usize) -> u64 + 'a> {
        let ranks = facets.ranks();
        Box::new(move |_, place| u64::from(ranks[facets.word(place, word) as usize]))
    };
    match by {
        SortBy::Arrival => Box::new(|row, _| table.row_at(row).internal_date.0),
        SortBy::Size => Box::new(|row, _| table.row_at(row).size),
        // The smallest number first, signs and all.
        SortBy::Date => Box::new(|_, place| facets.sent(place).cast_unsigned() ^ 1 << 63),
        SortBy::Subject => word(Word::Subject),
        SortBy::From => word(Word::From),
        SortBy::To => word(Word::To),
        SortBy::Cc => word(Word::Cc),
        SortBy::DisplayFrom => word(Word::DisplayFrom),
        SortBy::DisplayTo => word(Word::DisplayTo),
    }
}
