//! STATUS of mailboxes outside the selected one.
//!
//! RFC 5465 §3.1 (at the start), §5.1 to §5.3: numbers of what came and went, with HIGHESTMODSEQ once CONDSTORE is on.

use std::collections::{BTreeMap, BTreeSet};

use imap_wire::command::StatusItem;
use imap_wire::encode::{self, StatusValue};
use mailbox::{Folder, MailboxError, Status};
use model::{AccountId, MailboxName, MailboxRef, ModSeq, Uid, UidValidity};
use store::WatchKey;

use super::{Listening, rewatch, sent};
use crate::Door;
use crate::conversation::Trouble;
use crate::wire::Wire;

/// A mailbox, and what has been told of it.
pub(super) struct Watched {
    name: MailboxName,
    /// Changes of flags too, not only what comes and goes.
    flags: bool,
    told: Numbers,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Numbers {
    uid_validity: UidValidity,
    uid_next: Uid,
    mod_seq: ModSeq,
    exists: u32,
    unseen: u32,
}

impl Numbers {
    const fn of(state: &Status) -> Self {
        Self {
            uid_validity: state.uid_validity,
            uid_next: state.uid_next,
            mod_seq: state.highest_mod_seq,
            exists: state.exists,
            unseen: state.unseen,
        }
    }
}

/// What of a mailbox is told.
#[derive(Clone, Copy)]
struct Told {
    counts: bool,
    flags: bool,
}

impl Listening {
    /// From here on those that are `wanted` are watched too, and those that are `gone` no longer; of what was watched
    /// already, what has been told stays. False if they are too many.
    pub(super) async fn watch(
        &mut self,
        door: &Door,
        gone: &[&Folder],
        wanted: BTreeMap<MailboxRef, (MailboxName, bool)>,
    ) -> Result<bool, MailboxError> {
        let removed = gone.iter().filter_map(|folder| self.watched.remove_entry(&folder.mailbox?));
        let mut before: BTreeMap<MailboxRef, Watched> = removed.collect();
        if self.watched.len() + wanted.len() > door.limits.notify_mailboxes_max {
            return Ok(false);
        }
        // Before their state is read.
        let listened = self.watched.keys().chain(wanted.keys());
        let accounts: BTreeSet<AccountId> = listened.map(|mailbox| mailbox.account).collect();
        let tenant = wanted.keys().next().map(|mailbox| mailbox.tenant);
        rewatch(&mut self.mail_watches, &accounts, |id| {
            let tenant = tenant.expect("an account that was not watched has a mailbox that is wanted");
            door.mailboxes.store().watch(WatchKey::Mail(tenant, id))
        });
        // At the start everything is as told; a mailbox that appears later is told when it has messages.
        let begins = self.watched.is_empty() && before.is_empty();
        for (mailbox, (name, flags)) in wanted {
            let told = match before.remove(&mailbox) {
                Some(watched) => watched.told,
                None => {
                    let state = match door.mailboxes.status(mailbox).await {
                        Ok(state) => state,
                        Err(MailboxError::Gone) => continue,
                        Err(error) => return Err(error),
                    };
                    self.stirred.insert(mailbox);
                    let new = Status::new(state.uid_validity);
                    Numbers::of(if begins { &state } else { &new })
                }
            };
            self.watched.insert(mailbox, Watched { name, flags, told });
        }
        Ok(true)
    }

    /// The watched mailboxes that may have changed are marked to be looked at.
    fn mark_stirred(&mut self) {
        for (account, watch) in &mut self.mail_watches {
            let changed = watch.mailboxes();
            let watched = self.watched.keys().filter(|mailbox| mailbox.account == *account);
            match changed {
                Some(changed) => {
                    self.stirred.extend(watched.filter(|mailbox| changed.contains(&mailbox.mailbox)));
                }
                None => self.stirred.extend(watched),
            }
        }
    }

    /// The state of everything that is watched.
    pub(super) async fn write_all(
        &self,
        selected: Option<MailboxRef>,
        wire: &mut Wire,
    ) -> Result<(), Trouble> {
        for (mailbox, watched) in &self.watched {
            if selected != Some(*mailbox) {
                watched.write(Told { counts: true, flags: watched.flags }, wire);
                sent(wire).await?;
            }
        }
        Ok(())
    }

    /// What is other than it was told. Of the selected mailbox the client hears otherwise.
    pub(super) async fn write_changes(
        &mut self,
        door: &Door,
        selected: Option<MailboxRef>,
        wire: &mut Wire,
    ) -> Result<(), Trouble> {
        self.mark_stirred();
        while let Some(mailbox) = self.stirred.pop_first() {
            let Some(watched) = self.watched.get_mut(&mailbox) else { continue };
            let state = match door.mailboxes.status(mailbox).await {
                Ok(state) => Numbers::of(&state),
                // Its name goes too, and is told.
                Err(MailboxError::Gone) => continue,
                Err(error) => {
                    self.stirred.insert(mailbox);
                    return Err(error.into());
                }
            };
            let before = std::mem::replace(&mut watched.told, state);
            if state == before || selected == Some(mailbox) {
                continue;
            }
            let counts = (state.uid_next, state.exists) != (before.uid_next, before.exists);
            // RFC 5465 §5.1: without CONDSTORE, only a change of what is unread can be told.
            let flags = watched.flags && (wire.enabled.condstore || state.unseen != before.unseen);
            if counts || flags || state.uid_validity != before.uid_validity {
                watched.write(Told { counts, flags: watched.flags }, wire);
                sent(wire).await?;
            }
        }
        Ok(())
    }
}

impl Watched {
    fn write(&self, what: Told, wire: &mut Wire) {
        let told = &self.told;
        let mut values = Vec::with_capacity(5);
        let mut put = |item, value| values.push((item, StatusValue::Number(value)));
        if what.counts {
            put(StatusItem::Messages, told.exists.into());
            put(StatusItem::UidNext, told.uid_next.get().into());
        }
        put(StatusItem::UidValidity, told.uid_validity.get().into());
        if what.flags {
            put(StatusItem::Unseen, told.unseen.into());
        }
        if wire.enabled.condstore || what.flags {
            put(StatusItem::HighestModSeq, told.mod_seq.0);
        }
        encode::status(&self.name, &values, wire.enabled, &mut wire.buffer);
    }
}
