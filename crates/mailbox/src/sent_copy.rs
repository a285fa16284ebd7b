//! The copy of a sent letter that is in Sent already, because the server filed it at submission.
//!
//! Most programs put a copy of their own there. The two have the same Message-ID, but only what says the same may be one
//! message: the body octet for octet, and every header field of the server's copy but those that it added itself (RFC 5321
//! §4.4, RFC 6409 §8). A program's copy with more in its header (Bcc, which submission takes out) says more, and is better.

use std::ops::Range;

use message::{Field, fields};
use model::{FlagPatch, FlagSet, MailboxRef, QueueId, SystemFlag, Uid, UidValidity, UnixMillis};
use store::{Batch, FlagsKey, MessageEntry, MessageFlags, Op, Outcome, Spool, StoreError};

use crate::{Content, MailboxError, Mailboxes, NewLetter};

/// Of the newest messages, so many numbers are looked at.
const NUMBERS: u32 = 32;
/// Bodies are compared in pieces of so many octets.
const PIECE: u64 = 64 << 10;
/// A longer header is not compared: both copies stay.
const HEADER_OCTETS_MAX: u64 = 256 << 10;

/// A letter in Sent of which a program brings its own copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentCopy {
    /// UIDVALIDITY of the mailbox.
    pub uid_validity: UidValidity,
    /// Which message it is.
    pub uid: Uid,
    /// Its flags.
    pub flags: FlagSet,
    /// How the program's copy stands to it.
    pub agreement: Agreement,
}

/// How the program's copy stands to the server's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agreement {
    /// It says the same.
    Same,
    /// It says the same and more.
    More,
}

impl Mailboxes {
    /// The message that the server itself has filed in `mailbox` lately (see [`crate::Limits::sent_copy_seconds_max`]) and
    /// of which `new` is another copy.
    ///
    /// # Errors
    /// [`MailboxError::Gone`], [`MailboxError::Store`].
    pub async fn sent_copy(
        &self,
        mailbox: MailboxRef,
        new: &NewLetter,
        octets: &Spool,
        now: UnixMillis,
    ) -> Result<Option<SentCopy>, MailboxError> {
        let Some(id) = &new.letter.derived.message_id else { return Ok(None) };
        let (state, longest) = (self.status(mailbox).await?, self.limits().sent_copy_seconds_max);
        let uid_next = state.uid_next.get();
        let first = uid_next.saturating_sub(NUMBERS).max(1);
        let uids: Vec<Uid> = (first..uid_next).filter_map(Uid::new).collect();
        let mut found = None;
        for (uid, entry) in self.entries(mailbox, &uids).await?.into_iter().rev() {
            if entry.queue_id == QueueId::new(0) || now.since(entry.internal_date).as_secs() > longest {
                continue;
            }
            let content = self.content(mailbox.tenant, &entry).await?;
            if content.view().message_id() != id.as_bytes() {
                continue;
            }
            let Some(agreement) = self.agreement(mailbox, (&entry, &content), new, octets).await? else {
                continue;
            };
            let row = self.store().load(&FlagsKey { mailbox, uid }).await?;
            let Some(MessageFlags { flags, .. }) = row else { continue };
            // It is about to go.
            if flags.has(SystemFlag::Deleted) {
                continue;
            }
            let copy = SentCopy { uid_validity: state.uid_validity, uid, flags, agreement };
            if agreement == Agreement::Same {
                return Ok(Some(copy));
            }
            found.get_or_insert(copy);
        }
        Ok(found)
    }

    /// Gives a message more flags; false if it is gone meanwhile.
    ///
    /// # Errors
    /// [`MailboxError::Gone`], [`MailboxError::Commit`].
    pub async fn add_flags(
        &self,
        mailbox: MailboxRef,
        uid: Uid,
        flags: FlagSet,
        now: UnixMillis,
    ) -> Result<bool, MailboxError> {
        let update = Op::Update { mailbox, uid, patch: FlagPatch::Add(flags), unchanged_since: None };
        let committed = self.store().commit(Batch { ops: vec![update], ..Batch::new(now) }).await?;
        Ok(matches!(committed.outcomes[..], [Outcome::Updated { .. }]))
    }

    async fn agreement(
        &self,
        mailbox: MailboxRef,
        (entry, content): (&MessageEntry, &Content),
        new: &NewLetter,
        octets: &Spool,
    ) -> Result<Option<Agreement>, MailboxError> {
        let (kept, Some(came)) = (content.view().part_place(0), new.letter.derived.parts.first()) else {
            return Ok(None);
        };
        let came = came.place;
        if kept.body.max(came.body) > HEADER_OCTETS_MAX {
            return Ok(None);
        }
        let ours = self.store().read_body(mailbox.tenant, entry.body, 0..kept.body).await?;
        let theirs = read(octets, 0..came.body)?;
        let Some(agreement) = headers_agree(&ours, &theirs) else { return Ok(None) };
        let bodies = (kept.body..entry.size, came.body..octets.len());
        if !self.bodies_agree(mailbox, entry, octets, bodies).await? {
            return Ok(None);
        }
        // A program that gives another date means it.
        let seconds = |date: UnixMillis| date.seconds().abs_diff(entry.internal_date.seconds());
        let dated = new.internal_date.map_or(0, seconds) > self.limits().sent_copy_seconds_max;
        Ok(Some(if dated { Agreement::More } else { agreement }))
    }

    /// The same octets? A line break at the very end does not count: submission cannot do without, APPEND can.
    async fn bodies_agree(
        &self,
        mailbox: MailboxRef,
        entry: &MessageEntry,
        octets: &Spool,
        (ours, theirs): (Range<u64>, Range<u64>),
    ) -> Result<bool, MailboxError> {
        let (kept, came) = (ours.end - ours.start, theirs.end - theirs.start);
        let (common, store) = (kept.min(came), self.store());
        let break_at_end = match (kept - common, came - common) {
            (0, 0) => true,
            (2, 0) => {
                let last = ours.end - 2..ours.end;
                store.read_body(mailbox.tenant, entry.body, last).await? == b"\r\n"[..]
            }
            (0, 2) => read(octets, theirs.end - 2..theirs.end)? == b"\r\n",
            _ => false,
        };
        if !break_at_end {
            return Ok(false);
        }
        let mut at = 0;
        while at < common {
            let next = (at + PIECE).min(common);
            let kept =
                store.read_body(mailbox.tenant, entry.body, ours.start + at..ours.start + next).await?;
            if kept != read(octets, theirs.start + at..theirs.start + next)? {
                return Ok(false);
            }
            at = next;
        }
        Ok(true)
    }
}

fn read(octets: &Spool, range: Range<u64>) -> Result<Vec<u8>, MailboxError> {
    let failed = |error: std::io::Error| StoreError::Io { what: "spool".into(), error: error.to_string() };
    let length = usize::try_from(range.end - range.start).map_err(std::io::Error::other).map_err(failed)?;
    let mut into = vec![0; length];
    octets.read_at(&mut into, range.start).map_err(failed)?;
    Ok(into)
}

/// Does a program's header say all that the server's copy says, in the same order?
fn headers_agree(ours: &[u8], theirs: &[u8]) -> Option<Agreement> {
    let dated = fields(theirs).any(|field| field.is("date"));
    let mut ours = fields(ours).peekable();
    // What was put in front at submission; a Message-ID was there, or it could not be the same.
    while ours.next_if(|field| field.is("return-path")).is_some() {}
    ours.next_if(|field| field.is("received"));
    ours.next_if(|field| field.is("date") && !dated);
    let mut agreement = Agreement::Same;
    for field in fields(theirs) {
        if ours.next_if(|kept| same(kept, &field)).is_none() {
            agreement = Agreement::More;
        }
    }
    ours.peek().is_none().then_some(agreement)
}

fn same(one: &Field<'_>, other: &Field<'_>) -> bool {
    one.name == other.name && one.value == other.value
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADDED: &str =
        "Return-Path: <a@b.test>\r\nReceived: from x\r\n by y; Tue, 24 Nov 2026 03:00:00 +0100\r\n";
    const OWN: &str = "Date: d\r\nFrom: <a@b.test>\r\nSubject: x\r\n y\r\nMessage-ID: <1@b.test>\r\n";

    #[test]
    fn a_header_agrees_but_for_what_the_server_added() {
        let ours = format!("{ADDED}{OWN}\r\n");
        let agree = |theirs: &str| headers_agree(ours.as_bytes(), theirs.as_bytes());
        assert_eq!(agree(&format!("{OWN}\r\n")), Some(Agreement::Same));
        assert_eq!(agree(&format!("Bcc: <c@b.test>\r\n{OWN}\r\n")), Some(Agreement::More));
        assert_eq!(agree(&format!("{OWN}X-Uniform: b\r\n\r\n")), Some(Agreement::More));
        for (from, to) in [("Subject: x", "Subject: z"), (" y\r\n", ""), ("From: <a@b.test>\r\n", "")] {
            assert_eq!(agree(&format!("{}\r\n", OWN.replace(from, to))), None, "{to}");
        }
        let undated = OWN.replace("Date: d\r\n", "");
        assert_eq!(agree(&format!("{undated}\r\n")), Some(Agreement::Same));
        assert_eq!(agree(&format!("Date: e\r\n{undated}\r\n")), None);
    }
}
