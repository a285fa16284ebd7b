//! A mailbox of somebody else, with the rights of the one who has it open.
//!
//! RFC 4314 §4, §5.2. The rights are read again with every [`Selected::sync`], so with every command and when a waiting
//! session is woken: who may no longer read is told so and sent away, and what was withdrawn is refused from then on. \Seen
//! and all other flags are the mailbox's and not a reader's own; the function's members see which letters somebody has read.

use model::{AccountId, FlagPatch, FlagSet, MailboxRef, Right, Rights, SystemFlag, Uid, UnixMillis};
use store::{Batch, FlagsKey, Op, Watch};

use super::Selected;
use crate::{MailboxError, Mailboxes};

/// Who has a mailbox of another open.
pub(super) struct Guest {
    who: AccountId,
    rights: Rights,
    watch: Watch,
}

impl Guest {
    pub(super) async fn changed(&mut self) {
        self.watch.changed().await;
    }
}

impl Mailboxes {
    /// Opens a mailbox with the rights of `who`; without any to change something it is read-only. The owner has all.
    ///
    /// # Errors
    /// [`MailboxError::NoPermission`] for who may not read it; those of [`Mailboxes::select`].
    pub async fn select_as(
        &self,
        mailbox: MailboxRef,
        who: AccountId,
        read_only: bool,
        now: UnixMillis,
    ) -> Result<Selected, MailboxError> {
        if mailbox.account == who {
            return self.select(mailbox, read_only, now).await;
        }
        let watch = self.watch_grants(mailbox.tenant);
        let rights = self.rights(mailbox, who).await?;
        if !rights.has(Right::Read) {
            return Err(MailboxError::NoPermission);
        }
        let mut selected = self.select(mailbox, read_only || !changes_something(rights), now).await?;
        selected.guest = Some(Box::new(Guest { who, rights, watch }));
        Ok(selected)
    }
}

impl Mailboxes {
    /// Takes from messages that were just put into a mailbox the flags that may not be set there (RFC 4314 §4, COPY).
    ///
    /// # Errors
    /// [`MailboxError::Store`], [`MailboxError::Commit`].
    pub async fn limit_flags(
        &self,
        mailbox: MailboxRef,
        uids: &[Uid],
        rights: Rights,
        now: UnixMillis,
    ) -> Result<(), MailboxError> {
        if may_set_all(rights) {
            return Ok(());
        }
        for chunk in uids.chunks(Batch::OPS_MAX) {
            let mut batch = Batch::new(now);
            for uid in chunk {
                let Some(row) = self.store().load(&FlagsKey { mailbox, uid: *uid }).await? else { continue };
                let left = permitted_flags(&row.flags, rights);
                if left != row.flags {
                    let patch = FlagPatch::Replace(left);
                    batch.ops.push(Op::Update { mailbox, uid: *uid, patch, unchanged_since: None });
                }
            }
            if !batch.ops.is_empty() {
                self.store().commit(batch).await?;
            }
        }
        Ok(())
    }
}

fn may_set_all(rights: Rights) -> bool {
    [Right::Write, Right::KeepSeen, Right::DeleteMessages].into_iter().all(|right| rights.has(right))
}

/// RFC 4314 §5.2: any of these makes the mailbox READ-WRITE.
fn changes_something(rights: Rights) -> bool {
    use Right as R;
    [R::KeepSeen, R::Write, R::Insert, R::DeleteMessages, R::Expunge]
        .into_iter()
        .any(|right| rights.has(right))
}

/// What is left of a change of flags under some rights (RFC 4314 §4): with one permitted flag the rest is passed over, as
/// programs do not understand NO to STORE.
pub fn permitted(patch: &FlagPatch, rights: Rights) -> Option<FlagPatch> {
    if may_set_all(rights) {
        return Some(patch.clone());
    }
    let kept = |flags: &FlagSet| permitted_flags(flags, rights);
    match patch {
        // It would take flags away as well: only who may change all of them replaces them.
        FlagPatch::Replace(flags) => {
            let flags = kept(flags);
            (!flags.is_empty()).then_some(FlagPatch::Add(flags))
        }
        FlagPatch::Add(flags) => Some(kept(flags)).filter(|left| !left.is_empty()).map(FlagPatch::Add),
        FlagPatch::Remove(flags) => Some(kept(flags)).filter(|left| !left.is_empty()).map(FlagPatch::Remove),
    }
}

/// Those that somebody may set on a message that comes into a mailbox.
pub fn permitted_flags(flags: &FlagSet, rights: Rights) -> FlagSet {
    let needs = |flag| match flag {
        SystemFlag::Seen => Right::KeepSeen,
        SystemFlag::Deleted => Right::DeleteMessages,
        SystemFlag::Answered | SystemFlag::Flagged | SystemFlag::Draft => Right::Write,
    };
    let mut left: FlagSet =
        SystemFlag::ALL.into_iter().filter(|flag| flags.has(*flag) && rights.has(needs(*flag))).collect();
    if rights.has(Right::Write) {
        for keyword in flags.keywords() {
            left.insert_keyword(keyword.clone()).expect("no more keywords than there were");
        }
    }
    left
}

impl Selected {
    /// What the session may do here, as of the last [`Selected::sync`].
    pub fn rights(&self) -> Rights {
        self.guest.as_ref().map_or(Rights::ALL, |guest| guest.rights)
    }
    /// May it do this?
    pub fn may(&self, right: Right) -> bool {
        self.rights().has(right)
    }
    /// Under which rights flags can be changed here: none where the mailbox is only looked at.
    pub fn changeable(&self) -> Rights {
        if self.is_read_only() { Rights::NONE } else { self.rights() }
    }
    /// Refuses without the right.
    pub(crate) fn require(&self, right: Right) -> Result<(), MailboxError> {
        if self.may(right) { Ok(()) } else { Err(MailboxError::NoPermission) }
    }

    /// Reads the rights again.
    pub(crate) async fn renew_rights(&mut self) -> Result<(), MailboxError> {
        let mailbox = self.mailbox();
        let Some(guest) = &mut self.guest else { return Ok(()) };
        guest.rights = self.mailboxes.rights(mailbox, guest.who).await?;
        if guest.rights.has(Right::Read) { Ok(()) } else { Err(MailboxError::AccessEnded) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rights(letters: &str) -> Rights {
        letters.parse().unwrap()
    }

    #[test]
    fn flags_are_cut_to_what_the_rights_allow() {
        let mut flags = FlagSet::from_system_bits(31);
        flags.insert_keyword("$Forwarded".parse().unwrap()).unwrap();
        for (letters, left) in [
            ("lr", ""),
            ("lrs", "\\Seen"),
            ("lrt", "\\Deleted"),
            ("lrw", "\\Answered \\Flagged \\Draft $Forwarded"),
            ("lrswt", "\\Answered \\Flagged \\Deleted \\Seen \\Draft $Forwarded"),
        ] {
            assert_eq!(permitted_flags(&flags, rights(letters)).to_string(), left, "{letters}");
        }
        let seen = FlagSet::from_system_bits(SystemFlag::Seen as u8);
        assert_eq!(permitted(&FlagPatch::Remove(seen.clone()), rights("lrw")), None);
        assert_eq!(
            permitted(&FlagPatch::Replace(seen.clone()), rights("lrs")),
            Some(FlagPatch::Add(seen.clone()))
        );
        let all = FlagPatch::Replace(FlagSet::new());
        assert_eq!(permitted(&all, rights("lrswt")), Some(all.clone()));
        assert_eq!(permitted(&all, rights("lrs")), None);
    }
}
