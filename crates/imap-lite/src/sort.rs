//! SORT.
//!
//! RFC 5256 §3, §4; RFC 5957 (DISPLAYFROM, DISPLAYTO); RFC 5267 §3 (RETURN: of a sorted result MIN and MAX are its first and
//! last message), §4 (UPDATE). What is found is what SEARCH finds.

use imap_wire::Completion;
use imap_wire::command::{self, Sort};
use mailbox::{Picked, Progress, Query, Selected, SortBy, SortKey};

use crate::contexts::{Contexts, Wish};
use crate::conversation::{Outcome, Trouble, now};
use crate::esearch::Found;
use crate::wire::Wire;
use crate::{Limits, search};

pub(crate) async fn sort(
    selected: &mut Selected,
    asked: &Sort,
    contexts: &mut Contexts,
    limits: &Limits,
    wire: &mut Wire,
) -> Outcome {
    let (returns, tag) = (asked.returns, wire.tag.clone());
    if let (Some(tag), true) = (&tag, returns.is_some_and(|returns| returns.update))
        && let Some(refusal) = contexts.refusal(tag)
    {
        return Ok(refusal);
    }
    let query = search::query(&asked.key, selected);
    let keys: Vec<SortKey> =
        asked.criteria.iter().map(|one| SortKey { by: by(one.by), reverse: one.reverse }).collect();
    // From before the search: what changes meanwhile is looked at again by who follows it.
    let table = selected.table(now()).await?;
    let sorted = sorted(selected, &query, &keys, limits, wire).await?;
    let mod_seqs = asked.key.names_mod_seq().then_some(&*table);
    let (Some(returns), Some(tag)) = (returns, tag) else {
        search::write_plain(b"* SORT", &sorted, asked.numbering, mod_seqs, wire).await?;
        return Ok(Completion::ok());
    };
    if returns.update {
        let wish = Wish { tag: &tag, numbering: asked.numbering, query, order: Some(keys) };
        contexts.follow(wish, &sorted, &table, selected, limits, wire);
    }
    let found = Found { tag: &tag, numbering: asked.numbering, messages: &sorted, mod_seqs };
    Ok(search::answer(&found, &returns, selected, limits, wire))
}

async fn sorted(
    selected: &Selected,
    query: &Query,
    keys: &[SortKey],
    limits: &Limits,
    wire: &mut Wire,
) -> Result<Picked, Trouble> {
    let found = search::find(selected, query, limits, wire).await?;
    search::watched(selected.sort(found, keys, now()), &Progress::default(), limits, wire).await
}

fn by(by: command::SortBy) -> SortBy {
    match by {
        command::SortBy::Arrival => SortBy::Arrival,
        command::SortBy::Cc => SortBy::Cc,
        command::SortBy::Date => SortBy::Date,
        command::SortBy::From => SortBy::From,
        command::SortBy::Size => SortBy::Size,
        command::SortBy::Subject => SortBy::Subject,
        command::SortBy::To => SortBy::To,
        command::SortBy::DisplayFrom => SortBy::DisplayFrom,
        command::SortBy::DisplayTo => SortBy::DisplayTo,
    }
}
