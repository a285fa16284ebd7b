//! STORE.
//!
//! RFC 3501 §6.4.6, §6.4.8.

use imap_wire::Completion;
use imap_wire::command::{Numbering, Store};
use imap_wire::encode::FetchWriter;
use mailbox::{Picked, Selected};

use crate::conversation::{Outcome, now};
use crate::in_mailbox::{done_but, pick};
use crate::wire::Wire;

/// Messages whose flags are written between two looks at the table.
const BATCH: usize = 4096;

pub(crate) async fn store(selected: &mut Selected, asked: &Store, wire: &mut Wire) -> Outcome {
    let picked = pick(selected, &asked.messages)?;
    if picked.is_empty() {
        return Ok(Completion::ok());
    }
    let stored = selected.store_flags(&picked, &asked.patch, asked.silent, None, now()).await?;
    let numbering = asked.messages.numbering;
    if !asked.silent {
        let done: Picked = picked.into_iter().filter(|(_, uid)| stored.done.contains(*uid)).collect();
        write_flags(selected, &done, numbering == Numbering::Uid, wire).await?;
    }
    Ok(done_but(!stored.missing.is_empty(), numbering))
}

async fn write_flags(selected: &Selected, done: &Picked, with_uid: bool, wire: &mut Wire) -> Outcome {
    for batch in done.chunks(BATCH) {
        let table = selected.table(now()).await?;
        for (seq, uid) in batch {
            let Some(row) = table.row(*uid) else { continue };
            let mut fetch = FetchWriter::new(*seq, &mut wire.buffer);
            if with_uid {
                fetch.uid(*uid);
            }
            fetch.flags(row.flags, selected.is_recent(*uid));
            fetch.finish();
            wire.send_pieces().await?;
        }
    }
    Ok(Completion::ok())
}
