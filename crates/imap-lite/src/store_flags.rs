//! STORE.
//!
//! RFC 3501 §6.4.6, §6.4.8; RFC 7162 §3.1.3 (UNCHANGEDSINCE, MODIFIED), §3.2.4. Of messages that had changed, flags and
//! MODSEQ are told with the refusal, so that the client can try again at once (example 10). §3.1.12 (which flag changed): no,
//! a message has one MODSEQ.

use imap_wire::command::{Numbering, Store};
use imap_wire::{Code, Completion};
use mailbox::{MailboxError, Picked, Selected, Stored};
use model::{Uid, UidSet};

use crate::conversation::{Outcome, Trouble, now};
use crate::in_mailbox::{done_but, pick};
use crate::updates::Tell;
use crate::wire::Wire;

/// Messages whose flags are written between two looks at the table.
const BATCH: usize = 4096;

/// `just_told` are messages whose flags, as they were before, stand in front of the answer. With .SILENT a client may have
/// worked out the new ones already and then believes the old: for these they are told all the same.
pub(crate) async fn store(
    selected: &mut Selected,
    asked: &Store,
    just_told: &UidSet,
    wire: &mut Wire,
) -> Outcome {
    let picked = pick(selected, &asked.messages)?;
    if picked.is_empty() {
        return Ok(Completion::ok());
    }
    let (patch, since) = (&asked.patch, asked.unchanged_since);
    let stored = selected.store_flags(&picked, patch, asked.silent, since, now()).await?;
    if !asked.silent || wire.enabled.condstore || since.is_some() || !just_told.is_empty() {
        write_results(selected, asked, &picked, &stored, just_told, wire).await?;
    }
    Ok(completion(asked, &picked, &stored))
}

async fn write_results(
    selected: &Selected,
    asked: &Store,
    picked: &Picked,
    stored: &Stored,
    just_told: &UidSet,
    wire: &mut Wire,
) -> Result<(), Trouble> {
    let condstore = wire.enabled.condstore || asked.unchanged_since.is_some();
    let uid = condstore || asked.messages.numbering == Numbering::Uid;
    for batch in picked.chunks(BATCH) {
        let table = selected.table(now()).await?;
        for (place, uid_of) in batch {
            let modified = stored.modified.contains(*uid_of);
            let Some(row) = table.row(*uid_of).filter(|_| modified || stored.done.contains(*uid_of)) else {
                continue;
            };
            let flags = modified || !asked.silent || just_told.contains(*uid_of);
            if flags || condstore {
                Tell { uid, flags, mod_seq: condstore }.write(*place, row, selected, wire);
            }
            wire.send_pieces().await?;
        }
    }
    Ok(())
}

fn completion(asked: &Store, picked: &Picked, stored: &Stored) -> Completion {
    let (numbering, missing) = (asked.messages.numbering, !stored.missing.is_empty());
    if stored.modified.is_empty() {
        return done_but(missing, numbering);
    }
    let number = |(place, uid): &(model::SeqNo, Uid)| match numbering {
        Numbering::Sequence => Uid::new(place.get()).expect("no place is zero"),
        Numbering::Uid => *uid,
    };
    let modified = picked.iter().filter(|(_, uid)| stored.modified.contains(*uid)).map(number);
    let code = Code::Modified(modified.collect::<UidSet>().to_string());
    match numbering {
        // RFC 7162 example 11: some are gone besides.
        Numbering::Sequence if missing => Completion::no(code, MailboxError::Expunged.text()),
        _ => Completion::ok_with(code),
    }
}
