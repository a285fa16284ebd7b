//! The names of accounts as they stand, shared by all sessions.
//!
//! Every change of an account's names changes its first row ([`FoldersRow::revision`]); what was read with that row holds
//! as long as the row is the same. So a wake-up of thirty sessions reads a thousand names once.

use std::collections::BTreeMap;
use std::mem::size_of;
use std::sync::{Arc, OnceLock};

use model::{AccountId, TenantId};

use crate::rows::{FolderKey, FolderRow, FoldersKey, FoldersRow};
use crate::tree::{Folder, Tree};
use crate::{MailboxError, Mailboxes};

/// The names of an account at one revision.
pub(crate) struct Names {
    row: FoldersRow,
    nodes: Arc<BTreeMap<u64, FolderRow>>,
    folders: OnceLock<Arc<[Folder]>>,
}

impl Names {
    /// What it takes in memory at most: each level, and each whole name once somebody has asked for the list.
    fn octets(&self) -> usize {
        let word = |row: &FolderRow| row.word.len() * 3;
        let each = size_of::<FolderRow>() + size_of::<Folder>() + 48;
        self.nodes.len() * each + self.nodes.values().map(word).sum::<usize>()
    }
}

impl Mailboxes {
    /// All names of an account, INBOX first; empty if the account is not provisioned. As long as no name changes it is
    /// the same list in memory.
    ///
    /// # Errors
    /// [`MailboxError::Store`].
    pub async fn names(&self, tenant: TenantId, account: AccountId) -> Result<Arc<[Folder]>, MailboxError> {
        let Some(names) = self.read_names(tenant, account).await? else { return Ok(Arc::default()) };
        let tree = || Tree::new(tenant, account, names.row.clone(), Arc::clone(&names.nodes));
        Ok(Arc::clone(names.folders.get_or_init(|| tree().folders().into())))
    }

    /// The names as a tree, to be looked at or changed; `None` if the account has not been provisioned.
    pub(crate) async fn tree(
        &self,
        tenant: TenantId,
        account: AccountId,
    ) -> Result<Option<Tree>, MailboxError> {
        let names = self.read_names(tenant, account).await?;
        Ok(names.map(|names| Tree::new(tenant, account, names.row.clone(), Arc::clone(&names.nodes))))
    }

    async fn read_names(
        &self,
        tenant: TenantId,
        account: AccountId,
    ) -> Result<Option<Arc<Names>>, MailboxError> {
        let key = FoldersKey { tenant, account };
        let Some(row) = self.store().load(&key).await? else { return Ok(None) };
        if let Some(names) = self.inner.names.get(&(tenant, account))
            && names.row == row
        {
            return Ok(Some(names));
        }
        let rows = self.store().list::<FolderKey>(&FolderKey::prefix(tenant, account)).await?;
        let nodes = Arc::new(rows.into_iter().map(|(key, row)| (key.node, row)).collect());
        let names = Arc::new(Names { row, nodes, folders: OnceLock::new() });
        // Only what was not changed while it was read belongs to its row.
        if self.store().load(&key).await?.as_ref() == Some(&names.row) {
            self.keep_names(tenant, account, &names);
        }
        Ok(Some(names))
    }

    /// What has just been committed is what the next one reads.
    pub(crate) fn keep_changed(&self, tree: Tree) {
        let (tenant, account) = (tree.tenant, tree.account);
        let names = Names { row: tree.given, nodes: tree.nodes, folders: OnceLock::new() };
        self.keep_names(tenant, account, &Arc::new(names));
    }

    fn keep_names(&self, tenant: TenantId, account: AccountId, names: &Arc<Names>) {
        self.inner.names.insert((tenant, account), Arc::clone(names), names.octets());
    }
}

#[cfg(test)]
mod tests {
    use model::{MailboxName, UnixMillis};
    use store::MemoryEngine;

    use super::*;
    use crate::{Limits, provision};

    const NOW: UnixMillis = UnixMillis(1_795_392_000_000);
    const TENANT: TenantId = TenantId::new(1);
    const ADA: AccountId = AccountId::new(1);

    #[tokio::test]
    async fn names_are_read_once_for_all_until_they_change() {
        let store = MemoryEngine::store();
        let service = || Mailboxes::new(store.clone(), Limits::default(), message::Limits::default(), NOW);
        // Two services over one store: what another writes is seen at once.
        let (here, there) = (service(), service());
        assert!(here.names(TENANT, ADA).await.unwrap().is_empty());
        store.commit(provision(TENANT, ADA, NOW)).await.unwrap();
        let first = here.names(TENANT, ADA).await.unwrap();
        assert!(Arc::ptr_eq(&first, &here.names(TENANT, ADA).await.unwrap()));
        let name = MailboxName::parse("Läxor/Åk 7").unwrap();
        for service in [&here, &there] {
            service.create(TENANT, ADA, &name, NOW).await.unwrap();
            let listed = here.names(TENANT, ADA).await.unwrap();
            assert_eq!(listed.len(), first.len() + 2);
            assert_eq!(listed, there.names(TENANT, ADA).await.unwrap());
            service.delete(TENANT, ADA, &name, NOW).await.unwrap();
            service.delete(TENANT, ADA, &name.parent().unwrap(), NOW).await.unwrap();
            assert_eq!(here.names(TENANT, ADA).await.unwrap(), first);
            assert_eq!(here.list(TENANT, ADA).await.unwrap(), there.list(TENANT, ADA).await.unwrap());
        }
    }
}
