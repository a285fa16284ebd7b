//! FETCH.
//!
//! RFC 3501 §6.4.5, §7.4.2. Flags, UIDs, sizes and dates come from the table in memory; for the rest, rows are read a few
//! hundred at a time, and letters slice by slice while they are sent. What sets \Seen is committed before it is told.
//! RFC 7162 (MODSEQ, CHANGEDSINCE); RFC 8474 (EMAILID, THREADID); RFC 8514 (SAVEDATE); RFC 8970 (PREVIEW); RFC 9394 §3.3
//! (PARTIAL).

use std::borrow::Cow;
use std::io;
use std::sync::Arc;

use imap_wire::DateTime;
use imap_wire::command::{Fetch, FetchItem, Section, SectionText};
use imap_wire::encode::FetchWriter;
use mailbox::{MailboxError, MessageRow, Picked, Selected, Table};
use model::{FlagPatch, Right, SeqNo, SystemFlag, Uid, UidSet};
use store::MessageEntry;
use tracing::warn;

use crate::binary::Wanted;
use crate::conversation::{Outcome, Trouble, now};
use crate::in_mailbox::{done_but, pick};
use crate::section::{self, Piece};
use crate::wire::{Line, Wire};
use crate::{answers, binary, partial, resync};

/// Messages between two looks at the table.
const ROWS: usize = 4096;
/// The same where their rows are read too.
const ENTRIES: usize = 256;

/// What is to be sent of each message.
struct Plan<'a> {
    items: &'a [FetchItem],
    sets_seen: bool,
    needs_entries: bool,
}

/// What went wrong on the way.
#[derive(Default)]
struct Losses {
    missing: bool,
    /// A part cannot be decoded.
    unknown_encoding: bool,
    first: Option<MailboxError>,
}

pub(crate) async fn fetch(selected: &mut Selected, asked: &Fetch, wire: &mut Wire) -> Outcome {
    let mut picked = pick(selected, &asked.messages)?;
    let mut items = Cow::Borrowed(&asked.items[..]);
    if let Some(since) = asked.changed_since {
        picked = resync::changed(selected, asked, picked, since, wire).await?;
    }
    // RFC 7162 §3.1, §3.1.4.1: with CHANGEDSINCE, and with flags once the client knows of it.
    let mod_seq_too =
        asked.changed_since.is_some() || (wire.enabled.condstore && items.contains(&FetchItem::Flags));
    if mod_seq_too && !items.contains(&FetchItem::ModSeq) {
        items.to_mut().push(FetchItem::ModSeq);
    }
    if let Some(range) = asked.partial {
        picked = partial::part(&picked, range).to_vec();
    }
    let table_only = |item: &FetchItem| {
        use FetchItem as I;
        matches!(item, I::Uid | I::Flags | I::ModSeq | I::InternalDate | I::Rfc822Size)
    };
    let plan = Plan {
        items: &items,
        sets_seen: asked.items.iter().any(FetchItem::sets_seen)
            && !selected.is_read_only()
            && selected.may(Right::KeepSeen),
        needs_entries: !items.iter().all(table_only),
    };
    let mut losses = Losses::default();
    for batch in picked.chunks(if plan.needs_entries { ENTRIES } else { ROWS }) {
        plan.send(selected, batch, &mut losses, wire).await?;
        tokio::task::yield_now().await;
    }
    match losses.first {
        Some(error) => Ok(answers::mailbox_error(&error)),
        None if losses.unknown_encoding => Ok(answers::unknown_encoding()),
        None => Ok(done_but(losses.missing, asked.messages.numbering)),
    }
}

impl Plan<'_> {
    async fn send(
        &self,
        selected: &mut Selected,
        batch: &[(SeqNo, Uid)],
        losses: &mut Losses,
        wire: &mut Wire,
    ) -> Result<(), Trouble> {
        let now_seen = if self.sets_seen { mark_seen(selected, batch).await? } else { UidSet::new() };
        let table = selected.table(now()).await?;
        let mut entries = Vec::new();
        if self.needs_entries {
            let uids: Vec<Uid> = batch.iter().map(|(_, uid)| *uid).collect();
            entries = selected.entries(&uids).await?;
        }
        let mut entries = entries.into_iter().peekable();
        for (seq, uid) in batch {
            let entry = entries.next_if(|(of, _)| of == uid).map(|(_, entry)| entry);
            let row = table.row(*uid).filter(|_| entry.is_some() || !self.needs_entries);
            let Some(row) = row else {
                losses.missing = true;
                continue;
            };
            let recent = selected.is_recent(*uid) && !wire.enabled.imap4rev2;
            let message = Message { selected, seq: *seq, row, recent, entry: entry.as_ref() };
            let mark = wire.mark();
            match message.write(self.items, now_seen.contains(*uid), wire).await {
                Ok(known) => {
                    // RFC 3516 §4.3: the command fails; what can be told of the message is no more than its line.
                    if !known {
                        wire.roll_back(mark);
                        losses.unknown_encoding = true;
                    }
                    wire.send_pieces().await?;
                }
                Err(Trouble::Mailbox(error)) if wire.roll_back(mark) && error.concerns_one_message() => {
                    warn!(mailbox = ?selected.mailbox(), %uid, %error, "a message cannot be fetched");
                    losses.first.get_or_insert(error);
                }
                Err(Trouble::Mailbox(error)) if wire.roll_back(mark) => return Err(error.into()),
                // Half of a literal is sent: there is no way to say so but to hang up.
                Err(Trouble::Mailbox(error)) => return Err(io::Error::other(error).into()),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// Sets \Seen where it is not set, durably; returns where. A store that takes no changes does not keep anybody from
/// reading.
async fn mark_seen(selected: &mut Selected, batch: &[(SeqNo, Uid)]) -> Result<UidSet, MailboxError> {
    let table: Arc<Table> = selected.table(now()).await?;
    let unseen = |uid| table.row(uid).is_some_and(|row| !row.flags.has(SystemFlag::Seen));
    let unseen: Picked = batch.iter().filter(|(_, uid)| unseen(*uid)).copied().collect();
    drop(table);
    if unseen.is_empty() {
        return Ok(UidSet::new());
    }
    let seen = FlagPatch::Add([SystemFlag::Seen].into_iter().collect());
    match selected.store_flags(&unseen, &seen, false, None, now()).await {
        Ok(stored) => Ok(stored.done),
        Err(MailboxError::Gone) => Err(MailboxError::Gone),
        Err(error) => {
            warn!(mailbox = ?selected.mailbox(), %error, "\\Seen is not kept");
            Ok(UidSet::new())
        }
    }
}

/// One message on its way out.
struct Message<'a> {
    selected: &'a Selected,
    seq: SeqNo,
    row: MessageRow<'a>,
    recent: bool,
    entry: Option<&'a MessageEntry>,
}

impl Message<'_> {
    /// Writes everything; false if some of it is encoded in a way that nobody knows.
    async fn write(&self, items: &[FetchItem], flags_too: bool, wire: &mut Wire) -> Result<bool, Trouble> {
        let condstore = flags_too && wire.enabled.condstore;
        let Wire { line, buffer, .. } = wire;
        let mut out = FetchWriter::new(self.seq, buffer);
        let mut known = true;
        for item in items {
            if !self.write_row_item(item, &mut out) {
                known &= self.write_letter_item(item, &mut out, line).await?;
            }
        }
        // RFC 3501 §6.4.5: flags that changed by the FETCH are told with it.
        if flags_too && !items.contains(&FetchItem::Flags) {
            out.flags(self.row.flags, self.recent);
        }
        // RFC 7162 §3.2.4: and then UID and MODSEQ too.
        for item in [FetchItem::Uid, FetchItem::ModSeq] {
            if condstore && !items.contains(&item) {
                self.write_row_item(&item, &mut out);
            }
        }
        out.finish();
        Ok(known)
    }

    /// What the table knows; false for other items.
    fn write_row_item(&self, item: &FetchItem, out: &mut FetchWriter<'_>) -> bool {
        match item {
            FetchItem::Uid => out.uid(self.row.uid),
            FetchItem::Flags => out.flags(self.row.flags, self.recent),
            FetchItem::ModSeq => out.mod_seq(self.row.mod_seq),
            FetchItem::InternalDate => out.internal_date(internal_date(&self.row)),
            FetchItem::Rfc822Size => out.size(self.row.size),
            _ => return false,
        }
        true
    }

    /// What stands in or beside the letter; false if that is encoded in a way that nobody knows.
    async fn write_letter_item(
        &self,
        item: &FetchItem,
        out: &mut FetchWriter<'_>,
        line: &mut Line,
    ) -> Result<bool, Trouble> {
        let (selected, entry) = (self.selected, self.entry.expect("read, since an item needs it"));
        let (piece, partial, section) = match item {
            FetchItem::Envelope => {
                out.envelope(&selected.envelope(entry).await?);
                return Ok(true);
            }
            FetchItem::Body => {
                out.body(&selected.content(entry).await?.view().body());
                return Ok(true);
            }
            FetchItem::BodyStructure => {
                out.body_structure(selected.content(entry).await?.view().body_structure());
                return Ok(true);
            }
            FetchItem::Rfc822 => (Piece::Slice(0..entry.size), None, None),
            FetchItem::Rfc822Header => (self.find(SectionText::Header).await?, None, None),
            FetchItem::Rfc822Text => (self.find(SectionText::Text).await?, None, None),
            FetchItem::BodySection { section, partial, .. } => {
                (section::find(selected, entry, section).await?, *partial, Some(section))
            }
            other => return self.write_other_item(other, entry, out, line).await,
        };
        let piece = piece.part(partial);
        match section {
            Some(section) if piece == Piece::Missing => out.section_nil(section, partial),
            Some(section) => out.section_header(section, partial, piece.len()),
            None => out.rfc822_header(rfc822_name(item), piece.len()),
        }
        self.pour(entry, piece, out.out(), line).await?;
        Ok(true)
    }

    /// What extensions added; see [`Message::write_letter_item`].
    async fn write_other_item(
        &self,
        item: &FetchItem,
        entry: &MessageEntry,
        out: &mut FetchWriter<'_>,
        line: &mut Line,
    ) -> Result<bool, Trouble> {
        let selected = self.selected;
        match item {
            FetchItem::EmailId => out.email_id(&mailbox::email_id(&entry.body)),
            FetchItem::ThreadId => out.thread_id(Some(&selected.thread_id(entry).await?)),
            FetchItem::SaveDate => out.save_date(Some(DateTime::utc(entry.saved))),
            FetchItem::Preview { lazy } => out.preview(selected.preview(entry, *lazy).await?.as_deref()),
            FetchItem::Binary { part, partial, .. } => {
                let wanted = Wanted { part, partial: *partial };
                return binary::write(selected, entry, wanted, out, line).await;
            }
            FetchItem::BinarySize { part } => {
                let piece = line.piece_octets_max() as u64;
                return binary::write_size(selected, entry, part, out, piece).await;
            }
            // Written already.
            _ => {}
        }
        Ok(true)
    }

    async fn find(&self, text: SectionText) -> Result<Piece, MailboxError> {
        let entry = self.entry.expect("read, since an item needs it");
        section::find(self.selected, entry, &Section { part: Vec::new(), text: Some(text) }).await
    }

    /// A literal's octets, read as they are sent.
    async fn pour(
        &self,
        entry: &MessageEntry,
        piece: Piece,
        out: &mut Vec<u8>,
        line: &mut Line,
    ) -> Result<(), Trouble> {
        let range = match piece {
            Piece::Missing => return Ok(()),
            Piece::Octets(octets) => {
                out.extend_from_slice(&octets);
                return Ok(line.send_pieces(out).await?);
            }
            Piece::Slice(range) => range,
        };
        let mut at = range.start;
        while at < range.end {
            let end = range.end.min(at + line.piece_octets_max() as u64);
            out.extend_from_slice(&section::read_whole(self.selected, entry, at..end).await?);
            line.send_pieces(out).await?;
            at = end;
        }
        Ok(())
    }
}

fn rfc822_name(item: &FetchItem) -> &'static str {
    match item {
        FetchItem::Rfc822Header => "RFC822.HEADER",
        FetchItem::Rfc822Text => "RFC822.TEXT",
        _ => "RFC822",
    }
}

/// RFC 3501 §2.3.3: as the client gave it, or as the clock at the wall showed when the letter came.
pub(crate) fn internal_date(row: &MessageRow<'_>) -> DateTime {
    DateTime { zone_minutes: row.zone.minutes(), ..DateTime::utc(row.internal_date) }
}
