//! THREAD: found messages as conversations.
//!
//! RFC 5256 §3. The algorithms are [`message::thread`]'s; here is where what they ask for comes from.

use message::thread::{self, Forest, Threadable};
use model::{SeqNo, Uid, UnixMillis};

use crate::facets::{Facets, Word};
use crate::selected::Picked;
use crate::table::Table;
use crate::{MailboxError, Selected};

/// How threads are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThreadBy {
    /// ORDEREDSUBJECT
    Subject,
    /// REFERENCES
    References,
    /// REFS
    ReferencesAlone,
}

/// Messages as conversations.
#[derive(Clone, Debug)]
pub struct Threads {
    messages: Picked,
    forest: Forest,
}

impl Threads {
    /// Every message before its answers, and how many of these follow right below it; `None` stands for a message that is
    /// not there and whose answers are.
    pub fn messages(&self) -> impl Iterator<Item = (Option<(SeqNo, Uid)>, u32)> + '_ {
        self.forest.nodes().map(|(place, children)| (place.map(|at| self.messages[at as usize]), children))
    }
}

impl Selected {
    /// Messages that a search found, as conversations. Those that are gone are left out.
    ///
    /// # Errors
    /// [`MailboxError::Gone`], [`MailboxError::Store`].
    pub async fn thread(
        &self,
        picked: Picked,
        by: ThreadBy,
        now: UnixMillis,
    ) -> Result<Threads, MailboxError> {
        let table = self.table(now).await?;
        let (_turn, _octets) = self.sorting_turn(table.len()).await?;
        let facets = self.facets(&picked, &table, now).await?;
        self.aside(picked.len(), move || threads(&picked, by, &table, &facets)).await
    }
}

fn threads(picked: &Picked, by: ThreadBy, table: &Table, facets: &Facets) -> Threads {
    let known = |(seq, uid): &(SeqNo, Uid)| {
        let (row, place) = (table.row(*uid)?, facets.place(*uid)?);
        let threadable = Threadable {
            id: facets.id(place),
            references: facets.references(place),
            sent: facets.sent(place),
            arrived: row.internal_date.0,
            subject: facets.word(place, Word::Subject),
            is_reply: facets.is_reply(place),
        };
        Some(((*seq, *uid), threadable))
    };
    let (messages, list): (Picked, Vec<_>) = picked.iter().filter_map(known).unzip();
    let forest = match by {
        ThreadBy::Subject => thread::by_subject(&list),
        ThreadBy::References => thread::by_references(&list),
        ThreadBy::ReferencesAlone => thread::by_references_alone(&list),
    };
    Threads { messages, forest }
}
