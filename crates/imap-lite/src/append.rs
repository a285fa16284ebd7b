//! APPEND: a letter comes in pieces, and is filed when it is whole.
//!
//! RFC 3501 §6.3.11, §9 (CHAR8: no letter has NUL, since FETCH could not send it), RFC 4315 §3 (APPENDUID), RFC 9208 §4.3 (OVERQUOTA before the client sends it).

use std::io;

use imap_wire::command::Append;
use imap_wire::{Code, Completion};
use mailbox::{MailboxError, Mailboxes, NewLetter, QuotaLimit};
use model::{FlagSet, MailboxRef, UidSet, UnixMillis};
use store::{Health, SpoolWriter};

use crate::conversation::{Outcome, Trouble, now};
use crate::folders::Folders;
use crate::{Door, answers, quota};

/// A letter that is coming.
pub(crate) struct Incoming {
    mailbox: MailboxRef,
    flags: FlagSet,
    internal_date: Option<UnixMillis>,
    quota: QuotaLimit,
    spool: SpoolWriter,
    /// Told when the letter is whole: until then the client does not listen.
    failed: Option<Failed>,
}

/// Why a letter that is coming is not kept.
enum Failed {
    Nul,
    Spool(io::Error),
}

impl Incoming {
    /// Takes in a piece.
    pub(crate) fn take(&mut self, octets: &[u8]) {
        if self.failed.is_some() {
            return;
        }
        self.failed = match memchr::memchr(0, octets) {
            Some(_) => Some(Failed::Nul),
            None => self.spool.append(octets).err().map(Failed::Spool),
        };
    }
}

/// May this letter come?
///
/// # Errors
/// Inside, the refusal.
pub(crate) async fn start(
    door: &Door,
    folders: &Folders<'_>,
    asked: Append,
) -> Result<Result<Incoming, Completion>, Trouble> {
    let mailboxes = &door.mailboxes;
    match mailboxes.store().health() {
        Health::Writable => {}
        Health::Full => return Ok(Err(answers::full())),
        Health::ReadOnly(_) => return Ok(Err(answers::read_only())),
    }
    let mailbox = match folders.find(&asked.mailbox).await {
        Ok(mailbox) => mailbox,
        Err(error) => return Ok(Err(answers::target_error(&error))),
    };
    let quota = match quota::limit(door, folders.account).await {
        Ok(quota) => quota,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let usage = mailboxes.usage(mailbox.tenant, mailbox.account).await.map_err(MailboxError::from)?;
    let asked = asked.message;
    quota.check(usage, asked.bytes, 1)?;
    Ok(Ok(Incoming {
        mailbox,
        flags: asked.flags,
        internal_date: asked.date.map(|date| date.to_unix_millis()),
        quota,
        spool: SpoolWriter::new(door.spool_folder.clone(), door.limits.letter_memory_bytes_max),
        failed: None,
    }))
}

/// Files it. Durable when this returns OK.
pub(crate) async fn finish(mailboxes: &Mailboxes, incoming: Incoming) -> Outcome {
    let Incoming { mailbox, flags, internal_date, quota, spool, failed } = incoming;
    match failed {
        Some(Failed::Nul) => return Ok(answers::nul()),
        Some(Failed::Spool(error)) => return Ok(answers::spool_error(&error)),
        None => {}
    }
    let letter = mailboxes.letters().prepare(mailbox.tenant, spool.finish()).await;
    let letter = letter.map_err(MailboxError::from)?;
    let new = NewLetter { letter, flags, internal_date };
    match mailboxes.append(mailbox, vec![new], quota, now()).await {
        Ok(appended) => Ok(match appended.uids.first() {
            Some(uid) => {
                let uids = UidSet::range(*uid, *uid);
                Completion::ok_with(Code::AppendUid(appended.uid_validity, uids))
            }
            None => Completion::ok(),
        }),
        Err(error) => Ok(answers::target_error(&error)),
    }
}
