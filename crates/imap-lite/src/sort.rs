//! SORT.
//!
//! RFC 5256 §3, §4; RFC 5957 (DISPLAYFROM, DISPLAYTO). What is found is what SEARCH finds.

use imap_wire::Completion;
use imap_wire::command::{self, Numbering, Sort};
use imap_wire::encode;
use mailbox::{Selected, SortBy, SortKey};

use crate::conversation::{Outcome, now};
use crate::search;
use crate::wire::Wire;

pub(crate) async fn sort(selected: &Selected, asked: &Sort, wire: &mut Wire) -> Outcome {
    let found = selected.search(&search::query(&asked.key, selected), now()).await?;
    let keys: Vec<SortKey> =
        asked.criteria.iter().map(|one| SortKey { by: by(one.by), reverse: one.reverse }).collect();
    let sorted = selected.sort(found, &keys, now()).await?;
    // One line, however long: programs do not expect a second one.
    wire.buffer.extend_from_slice(b"* SORT");
    for (seq, uid) in sorted {
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
