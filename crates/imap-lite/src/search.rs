//! SEARCH: what the client asks becomes a [`Query`], what is found an answer.
//!
//! RFC 3501 §6.4.4, §7.2.5; RFC 4731 (ESEARCH); RFC 5032 (WITHIN); RFC 5182 (SAVE and `$`); RFC 5267 §4 (UPDATE); RFC 7162
//! §3.1.5 (MODSEQ, told only if it was asked for); RFC 8474 §5.1; RFC 8514; RFC 9394 (PARTIAL); RFC 9585 (INPROGRESS). RFC
//! 6203 (FUZZY): looked for as it is, and not advertised.

use std::pin::pin;
use std::time::Duration;

use imap_wire::command::{Numbering, Search, SearchKey, SearchReturn};
use imap_wire::{Code, Completion, Date, encode};
use mailbox::{Day, MailboxError, Picked, Progress, Query, Selected, Table};
use model::{SystemFlag, UidSet, UnixMillis};
use tokio::time::timeout;

use crate::contexts::{Contexts, Wish};
use crate::conversation::{Outcome, Trouble, now};
use crate::esearch::{Found, highest, number};
use crate::wire::Wire;
use crate::{Limits, answers};

pub(crate) async fn search(
    selected: &mut Selected,
    asked: &Search,
    contexts: &mut Contexts,
    limits: &Limits,
    wire: &mut Wire,
) -> Outcome {
    let returns = asked.returns;
    let tag = wire.tag.clone();
    if let (Some(tag), true) = (&tag, returns.is_some_and(|returns| returns.update))
        && let Some(refusal) = contexts.refusal(tag)
    {
        return Ok(refusal);
    }
    let query = query(&asked.key, selected);
    // From before the search: what changes meanwhile is looked at again by who follows it.
    let table = selected.table(now()).await?;
    let found = find(selected, &query, limits, wire).await?;
    let mod_seqs = asked.key.names_mod_seq().then_some(&*table);
    let (Some(returns), Some(tag)) = (returns, tag) else {
        write_plain(b"* SEARCH", &found, asked.numbering, mod_seqs, wire).await?;
        return Ok(Completion::ok());
    };
    if returns.update {
        let wish = Wish { tag: &tag, numbering: asked.numbering, query, order: None };
        contexts.follow(wish, &found, &table, selected, limits, wire);
    }
    let found = Found { tag: &tag, numbering: asked.numbering, messages: &found, mod_seqs };
    Ok(answer(&found, &returns, selected, limits, wire))
}

/// Keeps what is to be kept of a result and tells what is to be told.
pub(crate) fn answer(
    found: &Found<'_>,
    returns: &SearchReturn,
    selected: &mut Selected,
    limits: &Limits,
    wire: &mut Wire,
) -> Completion {
    if returns.save {
        let saved = found.saved(returns);
        let fits = saved.ranges().len() <= limits.search_kept_max;
        selected.save(if fits { saved } else { UidSet::new() });
        if !fits {
            return answers::not_saved();
        }
    }
    if returns.tells() {
        found.write(returns, wire);
    }
    Completion::ok()
}

/// Searches, and says how far it is while that takes long.
pub(crate) async fn find(
    selected: &Selected,
    query: &Query,
    limits: &Limits,
    wire: &mut Wire,
) -> Result<Picked, Trouble> {
    let progress = Progress::default();
    watched(selected.search_watched(query, None, now(), &progress), &progress, limits, wire).await
}

/// Does work that may take long: ends it when nobody waits any more, and says how far it is.
pub(crate) async fn watched<T>(
    work: impl Future<Output = Result<T, MailboxError>>,
    progress: &Progress,
    limits: &Limits,
    wire: &mut Wire,
) -> Result<T, Trouble> {
    let mut work = pin!(work);
    let patience = Duration::from_secs(limits.search_progress_seconds).max(Duration::from_millis(1));
    loop {
        let done = tokio::select! {
            done = timeout(patience, &mut work) => done,
            left = wire.abandoned() => return Err(left.into()),
        };
        match done {
            Ok(done) => return Ok(done?),
            Err(_) => tell_progress(progress, wire).await?,
        }
    }
}

async fn tell_progress(progress: &Progress, wire: &mut Wire) -> Result<(), Trouble> {
    let Some(tag) = &wire.tag else { return Ok(()) };
    let (done, total) = progress.of();
    // RFC 9585 §4: what is done is less than the goal while the command goes on.
    if total > 0 {
        let done = done.min(total - 1);
        let code = Code::InProgress(tag.as_str().to_owned(), done.into(), total.into());
        encode::ok(&code, "Still searching", &mut wire.buffer);
        wire.send().await?;
    }
    Ok(())
}

/// One line, however long: programs do not expect a second one.
pub(crate) async fn write_plain(
    word: &[u8],
    found: &Picked,
    numbering: Numbering,
    mod_seqs: Option<&Table>,
    wire: &mut Wire,
) -> Result<(), Trouble> {
    wire.buffer.extend_from_slice(word);
    for message in found {
        wire.buffer.push(b' ');
        encode::number(u64::from(number(numbering, *message)), &mut wire.buffer);
        wire.send_pieces().await?;
    }
    if let Some(mod_seq) = mod_seqs.and_then(|table| highest(table, found.iter().copied())) {
        wire.buffer.extend_from_slice(b" (MODSEQ ");
        encode::number(mod_seq.0, &mut wire.buffer);
        wire.buffer.push(b')');
    }
    wire.buffer.extend_from_slice(b"\r\n");
    Ok(())
}

/// The parser bounds depth and number of keys.
pub(crate) fn query(key: &SearchKey, selected: &Selected) -> Query {
    let of = |key: &SearchKey| query(key, selected);
    let field = |name: &str, text: &String| Query::Header(name.to_owned(), text.clone());
    match key {
        SearchKey::All => Query::All,
        SearchKey::And(keys) => Query::And(keys.iter().map(of).collect()),
        SearchKey::Or(one, other) => Query::Or(Box::new(of(one)), Box::new(of(other))),
        SearchKey::Not(key) => not(of(key)),
        SearchKey::Sequence(set) => Query::Seqs(set.ranges(selected.exists())),
        SearchKey::Uid(set) => Query::Uids(set.uids(selected.largest_uid())),
        SearchKey::Flag { flag, set } => wanted(Query::Flag(*flag), *set),
        SearchKey::Keyword { keyword, set } => wanted(Query::Keyword(keyword.clone()), *set),
        SearchKey::Recent => Query::Recent,
        SearchKey::New => Query::And(vec![Query::Recent, not(Query::Flag(SystemFlag::Seen))]),
        SearchKey::Old => not(Query::Recent),
        SearchKey::Before(date) => Query::Before(day(*date)),
        SearchKey::On(date) => Query::On(day(*date)),
        SearchKey::Since(date) => Query::Since(day(*date)),
        SearchKey::SentBefore(date) => Query::SentBefore(day(*date)),
        SearchKey::SentOn(date) => Query::SentOn(day(*date)),
        SearchKey::SentSince(date) => Query::SentSince(day(*date)),
        SearchKey::Larger(octets) => Query::Larger(*octets),
        SearchKey::Smaller(octets) => Query::Smaller(*octets),
        SearchKey::Bcc(text) => field("bcc", text),
        SearchKey::Cc(text) => field("cc", text),
        SearchKey::From(text) => field("from", text),
        SearchKey::To(text) => field("to", text),
        SearchKey::Subject(text) => field("subject", text),
        SearchKey::Body(text) => Query::Body(text.clone()),
        SearchKey::Text(text) => Query::Text(text.clone()),
        SearchKey::Header { name, value } => field(name, value),
        SearchKey::Saved => Query::Uids(selected.saved().clone()),
        SearchKey::Older(seconds) => Query::ArrivedBefore(ago(*seconds)),
        SearchKey::Younger(seconds) => not(Query::ArrivedBefore(ago(*seconds))),
        SearchKey::SavedBefore(date) => Query::SavedBefore(day(*date)),
        SearchKey::SavedOn(date) => Query::SavedOn(day(*date)),
        SearchKey::SavedSince(date) => Query::SavedSince(day(*date)),
        // RFC 8514 §4.3: every mailbox keeps these dates.
        SearchKey::SaveDateSupported => Query::All,
        SearchKey::EmailId(id) => Query::EmailId(id.clone()),
        SearchKey::ThreadId(id) => Query::ThreadId(id.clone()),
        SearchKey::ModSeq(mod_seq) => Query::ModSeq(*mod_seq),
        SearchKey::Fuzzy(key) => of(key),
    }
}

fn not(query: Query) -> Query {
    Query::Not(Box::new(query))
}

fn wanted(query: Query, set: bool) -> Query {
    if set { query } else { not(query) }
}

fn ago(seconds: u32) -> UnixMillis {
    UnixMillis(now().0.saturating_sub(u64::from(seconds) * 1000))
}

fn day(date: Date) -> Day {
    Day(i32::try_from(date.unix_days()).expect("dates have four digits for the year"))
}
