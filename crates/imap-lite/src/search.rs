//! SEARCH: what the client asks becomes a [`Query`].
//!
//! RFC 3501 §6.4.4, §7.2.5.

use imap_wire::command::{Numbering, Search, SearchKey};
use imap_wire::{Completion, Date, encode};
use mailbox::{Day, Query, Selected};
use model::SystemFlag;

use crate::conversation::{Outcome, now};
use crate::wire::Wire;

pub(crate) async fn search(selected: &Selected, asked: &Search, wire: &mut Wire) -> Outcome {
    let found = selected.search(&query(&asked.key, selected), now()).await?;
    // One line, however long: programs do not expect a second one.
    wire.buffer.extend_from_slice(b"* SEARCH");
    for (seq, uid) in found {
        let number = match asked.numbering {
            Numbering::Sequence => seq.get(),
            Numbering::Uid => uid.get(),
        };
        wire.buffer.push(b' ');
        encode::number(u64::from(number), &mut wire.buffer);
        wire.send_pieces().await?;
    }
    wire.buffer.extend_from_slice(b"\r\n");
    Ok(Completion::ok())
}

/// The parser bounds depth and number of keys.
fn query(key: &SearchKey, selected: &Selected) -> Query {
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
        // The grammar does not let them through.
        _ => not(Query::All),
    }
}

fn not(query: Query) -> Query {
    Query::Not(Box::new(query))
}

fn wanted(query: Query, set: bool) -> Query {
    if set { query } else { not(query) }
}

fn day(date: Date) -> Day {
    Day(i32::try_from(date.unix_days()).expect("dates have four digits for the year"))
}
