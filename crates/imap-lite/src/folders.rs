//! Names: CREATE, DELETE, RENAME, SUBSCRIBE, UNSUBSCRIBE, and STATUS.
//!
//! RFC 3501 §6.3.3 to §6.3.7, §6.3.10; RFC 9208 §4.1.4 (DELETED, DELETED-STORAGE).

use imap_wire::Completion;
use imap_wire::command::StatusItem;
use imap_wire::encode::{self, StatusValue};
use mailbox::{Folder, MailboxError, Mailboxes};
use model::{MailboxName, MailboxRef};

use crate::account::Account;
use crate::conversation::{Outcome, now};
use crate::wire::Wire;

/// The mailboxes of the one who is logged in.
pub(crate) struct Folders<'a> {
    pub(crate) mailboxes: &'a Mailboxes,
    pub(crate) account: Account,
}

impl Folders<'_> {
    pub(crate) async fn find(&self, name: &MailboxName) -> Result<MailboxRef, MailboxError> {
        self.mailboxes.find(self.account.tenant, self.account.id, name).await
    }
    pub(crate) async fn all(&self) -> Result<Vec<Folder>, MailboxError> {
        self.mailboxes.list(self.account.tenant, self.account.id).await
    }

    pub(crate) async fn create(&self, name: &MailboxName) -> Outcome {
        self.mailboxes.create(self.account.tenant, self.account.id, name, now()).await?;
        Ok(Completion::ok())
    }
    pub(crate) async fn delete(&self, name: &MailboxName) -> Outcome {
        self.mailboxes.delete(self.account.tenant, self.account.id, name, now()).await?;
        Ok(Completion::ok())
    }
    pub(crate) async fn rename(&self, from: &MailboxName, to: &MailboxName) -> Outcome {
        self.mailboxes.rename(self.account.tenant, self.account.id, from, to, now()).await?;
        Ok(Completion::ok())
    }
    pub(crate) async fn subscribe(&self, name: &MailboxName, subscribed: bool) -> Outcome {
        let Account { tenant, id } = self.account;
        if subscribed {
            self.mailboxes.subscribe(tenant, id, name, now()).await?;
        } else {
            self.mailboxes.unsubscribe(tenant, id, name, now()).await?;
        }
        Ok(Completion::ok())
    }

    pub(crate) async fn status(&self, name: &MailboxName, items: &[StatusItem], wire: &mut Wire) -> Outcome {
        let mailbox = self.find(name).await?;
        let state = self.mailboxes.status(mailbox).await?;
        let mut values = Vec::with_capacity(items.len());
        for item in items {
            let value = match item {
                StatusItem::Messages => u64::from(state.exists),
                StatusItem::Recent => u64::from(self.mailboxes.recent(mailbox, now()).await?),
                StatusItem::UidNext => u64::from(state.uid_next.get()),
                StatusItem::UidValidity => u64::from(state.uid_validity.get()),
                StatusItem::Unseen => u64::from(state.unseen),
                StatusItem::Deleted => u64::from(state.deleted),
                StatusItem::DeletedStorage => self.mailboxes.deleted_storage(mailbox, now()).await?,
                StatusItem::HighestModSeq => state.highest_mod_seq.0,
                StatusItem::Size => state.bytes,
                // The grammar does not let them through.
                StatusItem::MailboxId | StatusItem::AppendLimit => continue,
            };
            values.push((*item, StatusValue::Number(value)));
        }
        encode::status(name, &values, &mut wire.buffer);
        Ok(Completion::ok())
    }
}
