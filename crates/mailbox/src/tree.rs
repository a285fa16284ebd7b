//! The names of one account as a tree, read as a whole, changed in memory and written back as the rows that differ.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use model::{
    AccountId, HIERARCHY_DELIMITER, MailboxId, MailboxName, MailboxRef, SpecialUse, TenantId, UnixMillis,
};
use store::{Batch, Op};

use crate::MailboxError;
use crate::provision::uid_validity_at;
use crate::rows::{FolderKey, FolderRow, FoldersKey, FoldersRow};

/// One name of an account, as LIST and LSUB show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    /// The whole name.
    pub name: MailboxName,
    /// The mailbox; none for a name that only stands above others (\Noselect) or is only subscribed to.
    pub mailbox: Option<MailboxRef>,
    /// What it is for.
    pub special: Option<SpecialUse>,
    /// LSUB shows it.
    pub subscribed: bool,
    /// There are mailboxes below it.
    pub has_children: bool,
    /// There are subscribed names below it.
    pub has_subscribed_children: bool,
}

impl Folder {
    /// LIST shows it; false for a name that is only subscribed to (RFC 3501 §6.3.6: it is kept).
    pub const fn is_listed(&self) -> bool {
        self.mailbox.is_some() || self.has_children
    }
}

pub(crate) struct Tree {
    pub(crate) tenant: TenantId,
    pub(crate) account: AccountId,
    read: FoldersRow,
    pub(crate) given: FoldersRow,
    /// Shared with others until something changes.
    pub(crate) nodes: Arc<BTreeMap<u64, FolderRow>>,
    dirty: Vec<u64>,
    /// Mailboxes to make or to drop, in order.
    ops: Vec<Op>,
}

impl Tree {
    pub(crate) fn new(
        tenant: TenantId,
        account: AccountId,
        read: FoldersRow,
        nodes: Arc<BTreeMap<u64, FolderRow>>,
    ) -> Self {
        let given = read.clone();
        Self { tenant, account, read, given, nodes, dirty: Vec::new(), ops: Vec::new() }
    }

    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }
    pub(crate) fn get(&self, node: u64) -> &FolderRow {
        &self.nodes[&node]
    }
    pub(crate) fn mailbox_ref(&self, mailbox: MailboxId) -> MailboxRef {
        MailboxRef { tenant: self.tenant, account: self.account, mailbox }
    }

    pub(crate) fn find(&self, name: &MailboxName) -> Option<u64> {
        let mut at = None;
        for word in name.as_str().split(HIERARCHY_DELIMITER) {
            at = Some(self.child(at, word)?);
        }
        at
    }

    fn child(&self, parent: Option<u64>, word: &str) -> Option<u64> {
        let same = |(_, row): &(&u64, &FolderRow)| row.parent == parent && row.word == word;
        self.nodes.iter().find(same).map(|(node, _)| *node)
    }

    /// The whole name of a level; `None` if it is longer or deeper than a name may be, or leads nowhere.
    pub(crate) fn name(&self, node: u64) -> Option<MailboxName> {
        let mut words = Vec::new();
        let mut at = Some(node);
        while let Some(node) = at {
            let row = self.nodes.get(&node)?;
            words.push(row.word.as_str());
            if words.len() > MailboxName::LEVELS_MAX {
                return None;
            }
            at = row.parent;
        }
        words.reverse();
        MailboxName::parse(&words.join("/")).ok()
    }

    pub(crate) fn below(&self, node: u64) -> Vec<u64> {
        let (mut found, mut next) = (Vec::new(), vec![node]);
        while let Some(parent) = next.pop() {
            let children: Vec<u64> = self
                .nodes
                .iter()
                .filter(|(_, row)| row.parent == Some(parent))
                .map(|(node, _)| *node)
                .collect();
            next.extend(&children);
            found.extend(children);
        }
        found
    }

    pub(crate) fn has_mailbox_below(&self, node: u64) -> bool {
        self.below(node).iter().any(|node| self.nodes[node].mailbox.is_some())
    }

    /// Changes a level.
    pub(crate) fn edit(&mut self, node: u64) -> &mut FolderRow {
        self.dirty.push(node);
        Arc::make_mut(&mut self.nodes)
            .get_mut(&node)
            .expect("callers name levels that they found in this tree")
    }

    /// The levels of `name`, made where they are missing; those above get mailboxes too (RFC 3501 §6.3.3) if `parents`.
    pub(crate) fn grow(
        &mut self,
        name: &MailboxName,
        parents: bool,
        now: UnixMillis,
    ) -> Result<u64, MailboxError> {
        let words: Vec<&str> = name.as_str().split(HIERARCHY_DELIMITER).collect();
        let mut at = None;
        for (place, word) in words.iter().enumerate() {
            let node = match self.child(at, word) {
                Some(node) => node,
                None => self.add(at, word),
            };
            if parents && place + 1 < words.len() && self.nodes[&node].mailbox.is_none() {
                self.give_mailbox(node, now)?;
            }
            at = Some(node);
        }
        Ok(at.expect("a name has at least one level"))
    }

    fn add(&mut self, parent: Option<u64>, word: &str) -> u64 {
        let node = self.number();
        let word = word.to_owned();
        let row = FolderRow { parent, word, mailbox: None, special: None, subscribed: false };
        Arc::make_mut(&mut self.nodes).insert(node, row);
        self.dirty.push(node);
        node
    }

    fn number(&mut self) -> u64 {
        let number = self.given.next;
        self.given.next += 1;
        number
    }

    pub(crate) fn give_mailbox(&mut self, node: u64, now: UnixMillis) -> Result<MailboxId, MailboxError> {
        let mailbox = MailboxId::new(self.number());
        // RFC 3501 §6.3.3: a name that comes again must not look like the one that went.
        let after = self.given.uid_validity.next().ok_or(MailboxError::Limit("UIDVALIDITY"))?;
        self.given.uid_validity = after.max(uid_validity_at(now));
        self.edit(node).mailbox = Some(mailbox);
        self.ops.push(Op::CreateMailbox(self.mailbox_ref(mailbox), self.given.uid_validity));
        Ok(mailbox)
    }

    /// Removes levels that stand for nothing any more, from `node` upwards.
    pub(crate) fn prune(&mut self, mut node: u64) {
        while let Some(row) = self.nodes.get(&node) {
            let kept = row.mailbox.is_some() || row.subscribed;
            if kept || self.nodes.values().any(|other| other.parent == Some(node)) {
                return;
            }
            let parent = row.parent;
            Arc::make_mut(&mut self.nodes).remove(&node);
            self.dirty.push(node);
            match parent {
                Some(parent) => node = parent,
                None => return,
            }
        }
    }

    /// Everything that changed, to be committed only if nobody changed the names meanwhile.
    pub(crate) fn batch(&mut self, now: UnixMillis) -> Batch {
        let mut batch = Batch::new(now);
        let (tenant, account) = (self.tenant, self.account);
        let folders = FoldersKey { tenant, account };
        batch.require_is(&folders, &self.read);
        self.given.revision += 1;
        batch.put(&folders, &self.given);
        batch.ops.append(&mut self.ops);
        self.dirty.sort_unstable();
        self.dirty.dedup();
        for node in std::mem::take(&mut self.dirty) {
            let key = FolderKey { tenant, account, node };
            match self.nodes.get(&node) {
                Some(row) => batch.put(&key, row),
                None => batch.delete(&key),
            }
        }
        batch
    }

    /// All names, INBOX first, then by name.
    pub(crate) fn folders(&self) -> Vec<Folder> {
        let mut above: HashMap<u64, (bool, bool)> = HashMap::new();
        for row in self.nodes.values() {
            let (mut at, mut levels) = (row.parent, 0);
            while let Some(node) = at.filter(|_| levels < MailboxName::LEVELS_MAX) {
                let marks = above.entry(node).or_default();
                marks.0 |= row.mailbox.is_some();
                marks.1 |= row.subscribed;
                (at, levels) = (self.nodes.get(&node).and_then(|row| row.parent), levels + 1);
            }
        }
        let folder = |(node, row): (&u64, &FolderRow)| {
            let (has_children, has_subscribed_children) = above.get(node).copied().unwrap_or_default();
            Some(Folder {
                name: self.name(*node)?,
                mailbox: row.mailbox.map(|mailbox| self.mailbox_ref(mailbox)),
                special: row.special,
                subscribed: row.subscribed,
                has_children,
                has_subscribed_children,
            })
        };
        let mut folders: Vec<Folder> = self.nodes.iter().filter_map(folder).collect();
        folders.sort_by(|a, b| (!a.name.is_inbox(), &a.name).cmp(&(!b.name.is_inbox(), &b.name)));
        folders
    }
}
