//! APPEND and REPLACE: letters come in pieces, and are filed together when all are whole.
//!
//! RFC 3501 §6.3.11, §9 (CHAR8: no letter has NUL, since FETCH could not send it), RFC 3502 (several letters, all or none),
//! RFC 3516 §4.4 (literal8; one with NUL is refused, not re-coded), RFC 4315 §3 (APPENDUID), RFC 4469 (CATENATE, see
//! `catenate`), RFC 6855 §4 (UTF8), RFC 8508 (REPLACE), RFC 9208 §4.3 (OVERQUOTA before the client sends it).
//!
//! All letters of a command share one spool: so much memory and one file, however many they are.

mod catenate;
mod letter;
mod memory;
mod sent_copy;

use std::io;

use imap_wire::command::{Append, AppendMessage, CatenatePart};
use imap_wire::{Code, Completion, encode};
use mailbox::{Appended, MailboxError, Mailboxes, NewLetter, QuotaLimit, permitted_flags};
use model::{AccountId, MailboxRef, Right, Rights, Uid, UidSet};
use store::{Health, SpoolWriter, Usage};

use crate::account::Account;
use crate::conversation::{Outcome, Trouble, now};
use crate::folders::Folders;
use crate::wire::Wire;
use crate::{Door, answers, quota};
use letter::Letter;

pub(crate) use catenate::Base;
pub use memory::LetterMemory;
use memory::Share;

/// A message that goes when the letter is filed.
pub(crate) type Replaced = (MailboxRef, Uid);

/// Letters that are coming.
pub(crate) struct Incoming {
    mailbox: MailboxRef,
    /// Who sends them.
    by: AccountId,
    replaced: Option<Replaced>,
    quota: QuotaLimit,
    usage: Usage,
    /// All letters, one behind the other.
    spool: SpoolWriter,
    /// What of it may be in memory.
    memory: Share,
    /// Those that are whole.
    whole: Vec<Letter>,
    /// The one that is coming.
    letter: Letter,
    /// Octets announced so far, of all.
    announced: u64,
    /// Told when the letter is whole: until then the client does not listen.
    failed: Option<Failed>,
}

/// Why letters that are coming are not kept.
enum Failed {
    Nul { binary: bool },
    Spool(io::Error),
}

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Self {
        Self::Spool(error)
    }
}

impl Incoming {
    /// Takes in a piece.
    pub(crate) fn take(&mut self, octets: &[u8]) {
        if self.failed.is_none() {
            self.failed = self.letter.take(octets, &mut self.spool).err();
        }
    }

    /// May so many octets more come?
    fn announce(&mut self, octets: u64, door: &Door) -> Result<(), Completion> {
        let before = self.announced;
        self.announced = before.saturating_add(octets);
        self.letter.announced = self.letter.announced.saturating_add(octets);
        let limits = &door.session.limits;
        if self.letter.announced > limits.message_bytes_max {
            return Err(answers::letter_too_large(limits.message_bytes_max));
        }
        if self.announced > door.limits.append_bytes_max {
            return Err(answers::mailbox_error(&MailboxError::Limit("octets of one APPEND")));
        }
        if self.replaced.is_some() {
            // What goes makes room; how much is known when it goes.
            return Ok(());
        }
        let room = self.quota.check(self.usage, self.announced, self.whole.len() as u64 + 1);
        room.map_err(|error| answers::mailbox_error(&error))
    }

    /// The next letter of the same command.
    fn begin(&mut self, message: AppendMessage, door: &Door) -> Result<(), Completion> {
        refuse_early(&message)?;
        let (next, bytes) = (Letter::new(&message, door.zone.at(now()), self.spool.len()), message.bytes);
        self.letter.end = self.spool.len();
        self.whole.push(std::mem::replace(&mut self.letter, next));
        if self.whole.len() >= door.limits.append_messages_max {
            return Err(answers::mailbox_error(&MailboxError::Limit("messages of one APPEND")));
        }
        self.announce(bytes, door)
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
    replaced: Option<Replaced>,
) -> Result<Result<Incoming, Completion>, Trouble> {
    if let Err(refusal) = refuse_early(&asked.message) {
        return Ok(Err(refusal));
    }
    let mailboxes = &door.mailboxes;
    match mailboxes.store().health() {
        Health::Writable => {}
        Health::Full => return Ok(Err(answers::full())),
        Health::ReadOnly(_) => return Ok(Err(answers::read_only())),
    }
    let mailbox = match folders.open(&asked.mailbox, &[Right::Insert]).await {
        Ok(mailbox) => mailbox,
        Err(error) => return Ok(Err(answers::target_error(&error))),
    };
    let by = folders.account.id;
    if let Err(error) = rights(mailboxes, mailbox, replaced, by).await {
        return Ok(Err(answers::target_error(&error)));
    }
    let quota = match quota::limit(door, Account::owner_of(mailbox)).await {
        Ok(quota) => quota,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let usage = mailboxes.usage(mailbox.tenant, mailbox.account).await.map_err(MailboxError::from)?;
    let memory = share(door, asked.message.bytes);
    let in_memory = usize::try_from(memory.octets).unwrap_or(usize::MAX);
    let mut incoming = Incoming {
        mailbox,
        by,
        replaced,
        quota,
        usage,
        spool: SpoolWriter::new(door.spool_folder.clone(), in_memory),
        memory,
        whole: Vec::new(),
        letter: Letter::new(&asked.message, door.zone.at(now()), 0),
        announced: 0,
        failed: None,
    };
    Ok(incoming.announce(asked.message.bytes, door).map(|()| incoming))
}

/// INTERNALDATE is kept as time since 1970, and no other date is put in the place of an earlier one.
fn refuse_early(message: &AppendMessage) -> Result<(), Completion> {
    let early = message.date.is_some_and(|date| date.unix_seconds < 0);
    if early { Err(answers::early_date()) } else { Ok(()) }
}

/// How much of what comes may be in memory. A lone LF makes it longer than announced; of CATENATE nothing is announced.
fn share(door: &Door, announced: u64) -> Share {
    let limits = &door.limits;
    let most = limits.letter_memory_bytes_max as u64;
    let octets = if announced == 0 { most } else { announced.saturating_mul(2).min(most) };
    door.letter_memory.take(octets, limits.letters_memory_bytes_max)
}

/// May the next letter come?
pub(crate) fn more(door: &Door, incoming: &mut Incoming, message: AppendMessage) -> Completion {
    incoming.begin(message, door).err().unwrap_or_else(Completion::ok)
}

/// A piece of a letter that is put together.
pub(crate) async fn part(
    door: &Door,
    folders: &Folders<'_>,
    incoming: &mut Incoming,
    part: CatenatePart,
    base: Option<Base>,
) -> Outcome {
    incoming.letter.parts += 1;
    if incoming.letter.parts > door.limits.catenate_parts_max {
        return Ok(answers::mailbox_error(&MailboxError::Limit("parts of one message")));
    }
    match part {
        CatenatePart::Text { bytes } => {
            Ok(incoming.announce(bytes, door).err().unwrap_or_else(Completion::ok))
        }
        CatenatePart::Url(url) => {
            let Some(found) = catenate::find(folders, &url, base).await? else {
                return Ok(answers::bad_url(url));
            };
            if let Err(refusal) = incoming.announce(found.len(), door) {
                return Ok(refusal);
            }
            catenate::copy(door, incoming, found).await?;
            Ok(Completion::ok())
        }
    }
}

/// Files them. Durable when this returns OK.
pub(crate) async fn finish(door: &Door, incoming: Incoming, wire: &mut Wire) -> Outcome {
    let Incoming { mailbox, by, replaced, quota, spool, memory, mut whole, mut letter, failed, .. } =
        incoming;
    letter.end = spool.len();
    whole.push(letter);
    match failed {
        Some(Failed::Nul { binary: false }) => return Ok(answers::nul()),
        Some(Failed::Nul { binary: true }) => return Ok(answers::binary_nul()),
        Some(Failed::Spool(error)) => return Ok(answers::spool_error(&error)),
        None => {}
    }
    if whole.iter().any(Letter::is_empty) {
        return Ok(answers::empty_letter());
    }
    // They took a while to come, and rights may have been withdrawn.
    let rights = rights(&door.mailboxes, mailbox, replaced, by).await?;
    let spool = spool.finish();
    let mut letters = Vec::with_capacity(whole.len());
    let mut octets = None;
    for letter in whole {
        let content = match spool.slice(letter.range()) {
            Ok(content) => content,
            Err(error) => return Ok(answers::spool_error(&error)),
        };
        let prepared = door.mailboxes.letters().prepare(mailbox.tenant, content.clone()).await;
        octets = Some(content);
        let ready = letter.ready(prepared.map_err(MailboxError::from)?);
        // RFC 4314 §4: flags that may not be set are left out.
        letters.push(NewLetter { flags: permitted_flags(&ready.flags, rights), ..ready });
    }
    if let (Some(octets), None, [only]) = (octets, replaced, &letters[..])
        && let Some(settled) = sent_copy::settle(door, (mailbox, rights), only, &octets, quota).await?
    {
        return Ok(settled);
    }
    drop((spool, memory));
    match replaced {
        Some(old) => replace(door, mailbox, letters, old, quota, wire).await,
        None => file(door, mailbox, letters, quota).await,
    }
}

/// What may be done where the letters go: to insert is the least. What goes for REPLACE must be free to go.
async fn rights(
    mailboxes: &Mailboxes,
    mailbox: MailboxRef,
    replaced: Option<Replaced>,
    by: AccountId,
) -> Result<Rights, MailboxError> {
    if let Some((old, _)) = replaced {
        let rights = mailboxes.rights(old, by).await?;
        if !rights.has(Right::DeleteMessages) || !rights.has(Right::Expunge) {
            return Err(MailboxError::NoPermission);
        }
    }
    let rights = mailboxes.rights(mailbox, by).await?;
    if rights.has(Right::Insert) { Ok(rights) } else { Err(MailboxError::NoPermission) }
}

async fn file(door: &Door, mailbox: MailboxRef, letters: Vec<NewLetter>, quota: QuotaLimit) -> Outcome {
    match door.mailboxes.append(mailbox, letters, quota, now()).await {
        Ok(appended) => Ok(append_uid(appended).map_or_else(Completion::ok, Completion::ok_with)),
        Err(error) => Ok(answers::target_error(&error)),
    }
}

/// RFC 8508 §3.3: APPENDUID comes before the EXPUNGE, which is told behind the command.
async fn replace(
    door: &Door,
    mailbox: MailboxRef,
    letters: Vec<NewLetter>,
    old: Replaced,
    quota: QuotaLimit,
    wire: &mut Wire,
) -> Outcome {
    let Some(new) = letters.into_iter().next() else { return Ok(answers::out_of_order()) };
    match door.mailboxes.replace(mailbox, new, old, quota, now()).await {
        Ok(appended) => {
            if let Some(code) = append_uid(appended) {
                encode::ok(&code, "Replaced", &mut wire.buffer);
            }
            Ok(Completion::ok())
        }
        Err(error) => Ok(answers::target_error(&error)),
    }
}

fn append_uid(appended: Appended) -> Option<Code> {
    let uids: UidSet = appended.uids.into_iter().collect();
    (!uids.is_empty()).then_some(Code::AppendUid(appended.uid_validity, uids))
}
