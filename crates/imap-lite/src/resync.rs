//! What a client that was away has missed.
//!
//! RFC 7162 §3.1.4.1 (FETCH CHANGEDSINCE), §3.2.5 (SELECT with QRESYNC), §3.2.6 (UID FETCH with VANISHED).

use imap_wire::command::{Fetch, QResync};
use imap_wire::{Numbers, SequenceSet, encode};
use mailbox::{Picked, Selected};
use model::{ModSeq, Uid, UidSet};

use crate::conversation::{Trouble, now};
use crate::updates::Tell;
use crate::wire::Wire;

/// Messages whose flags are written between two looks at the table.
const BATCH: usize = 4096;

/// Tells what happened since the client was here: what went, then what changed of what it knows.
pub(crate) async fn resync(selected: &Selected, known: &QResync, wire: &mut Wire) -> Result<(), Trouble> {
    // RFC 7162 §3.2.5: the client sees the other UIDVALIDITY and begins anew.
    if known.uid_validity != selected.uid_validity() {
        return Ok(());
    }
    let uids = uids_below_next(selected, known.known_uids.as_ref());
    let floor = known.seq_match.as_ref().and_then(|(places, uids)| {
        selected.matching_up_to(&places.ranges(selected.exists()), &uids.ranges(u32::MAX))
    });
    write_vanished(selected, &uids, known.mod_seq, floor, wire).await?;
    let picked = selected.changed_since(selected.pick_uids(&uids), known.mod_seq, now()).await?;
    for batch in picked.chunks(BATCH) {
        let table = selected.table(now()).await?;
        for (place, uid) in batch {
            let Some(row) = table.row(*uid) else { continue };
            Tell { uid: true, flags: true, mod_seq: true }.write(*place, row, selected, wire);
            wire.send_pieces().await?;
        }
    }
    Ok(())
}

/// The messages of a FETCH with CHANGEDSINCE that it is about; with VANISHED, what went is told first.
pub(crate) async fn changed(
    selected: &Selected,
    asked: &Fetch,
    picked: Picked,
    since: ModSeq,
    wire: &mut Wire,
) -> Result<Picked, Trouble> {
    if asked.vanished {
        let uids = match &asked.messages.numbers {
            Numbers::Set(set) => uids_below_next(selected, Some(set)),
            Numbers::Saved => picked.iter().map(|(_, uid)| *uid).collect(),
        };
        write_vanished(selected, &uids, since, None, wire).await?;
    }
    Ok(selected.changed_since(picked, since, now()).await?)
}

async fn write_vanished(
    selected: &Selected,
    known: &UidSet,
    since: ModSeq,
    floor: Option<Uid>,
    wire: &mut Wire,
) -> Result<(), Trouble> {
    let vanished = selected.vanished(known, since, floor).await?;
    encode::vanished(true, &vanished, &mut wire.buffer);
    Ok(wire.send_pieces().await?)
}

/// UIDs that a client may know. `*` stands for the last one that was given, also when that message is gone.
fn uids_below_next(selected: &Selected, set: Option<&SequenceSet>) -> UidSet {
    let last = Uid::new(selected.uid_next().get() - 1);
    match (set, last) {
        (Some(set), last) => set.uids(last),
        (None, Some(last)) => UidSet::range(Uid::MIN, last),
        (None, None) => UidSet::new(),
    }
}
