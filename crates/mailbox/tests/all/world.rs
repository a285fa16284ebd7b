//! An account with its mailboxes, and short words for what tests do with it.

use std::sync::Arc;

use mailbox::{Limits, Mailboxes, NewLetter, QuotaLimit, Selected, inbox, provision};
use model::{AccountId, FlagSet, MailboxName, MailboxRef, SystemFlag, TenantId, Uid, UidSet, UnixMillis};
use store::{MailboxStateKey, Spool, Store};

use crate::faulty::{self, Fuse};

pub(crate) const TENANT: TenantId = TenantId::new(1);
pub(crate) const ACCOUNT: AccountId = AccountId::new(7);
pub(crate) const START: UnixMillis = UnixMillis(1_790_000_000_000);

pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) fuse: Arc<Fuse>,
    pub(crate) mailboxes: Mailboxes,
}

pub(crate) fn name(text: &str) -> MailboxName {
    MailboxName::parse(text).unwrap()
}

pub(crate) fn uid(number: u32) -> Uid {
    Uid::new(number).unwrap()
}

pub(crate) fn uids(numbers: &[u32]) -> UidSet {
    numbers.iter().map(|number| uid(*number)).collect()
}

pub(crate) fn flags(list: &[SystemFlag]) -> FlagSet {
    list.iter().copied().collect()
}

pub(crate) fn letter(subject: &str) -> Vec<u8> {
    format!("From: Åsa <asa@skola.test>\r\nSubject: {subject}\r\n\r\nText of {subject}.\r\n").into_bytes()
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(Limits::default()).await
    }
    pub(crate) async fn with(limits: Limits) -> Self {
        let (store, fuse) = faulty::store();
        store.commit(provision(TENANT, ACCOUNT, START)).await.unwrap();
        let mailboxes = Mailboxes::new(store.clone(), limits, message::Limits::default(), START);
        Self { store, fuse, mailboxes }
    }
    pub(crate) fn inbox(&self) -> MailboxRef {
        inbox(TENANT, ACCOUNT)
    }
    pub(crate) async fn create(&self, text: &str) -> MailboxRef {
        self.mailboxes.create(TENANT, ACCOUNT, &name(text), START).await.unwrap()
    }
    pub(crate) async fn append(&self, to: MailboxRef, bytes: Vec<u8>, flags: FlagSet) -> Uid {
        let letter = self.mailboxes.letters().prepare(TENANT, Spool::from_bytes(bytes)).await.unwrap();
        let new = NewLetter { letter, flags, internal_date: None, zone: model::Zone::UTC };
        self.mailboxes.append(to, vec![new], QuotaLimit::NONE, START).await.unwrap().uids[0]
    }
    /// So many letters, all with the same content.
    pub(crate) async fn fill(&self, to: MailboxRef, count: usize) {
        let letter =
            self.mailboxes.letters().prepare(TENANT, Spool::from_bytes(letter("same"))).await.unwrap();
        let new = NewLetter { letter, flags: FlagSet::new(), internal_date: None, zone: model::Zone::UTC };
        let mut left = count;
        while left > 0 {
            let step = left.min(200);
            self.mailboxes.append(to, vec![new.clone(); step], QuotaLimit::NONE, START).await.unwrap();
            left -= step;
        }
    }
    pub(crate) async fn select(&self, mailbox: MailboxRef) -> Selected {
        self.mailboxes.select(mailbox, false, START).await.unwrap()
    }
    pub(crate) async fn exists(&self, mailbox: MailboxRef) -> u32 {
        self.store.load(&MailboxStateKey(mailbox)).await.unwrap().unwrap().exists
    }
    /// Names as LIST shows them, with what is special about each: `-` for \Noselect, `~` for not subscribed, `?` for only
    /// subscribed.
    pub(crate) async fn names(&self) -> Vec<String> {
        let folders = self.mailboxes.list(TENANT, ACCOUNT).await.unwrap();
        let mark = |folder: &mailbox::Folder| match (folder.is_listed(), folder.mailbox, folder.subscribed) {
            (false, ..) => "?",
            (_, None, _) => "-",
            (_, _, false) => "~",
            _ => "",
        };
        let others = folders.iter().filter(|folder| folder.special.is_none() && !folder.name.is_inbox());
        others.map(|folder| format!("{}{}", mark(folder), folder.name)).collect()
    }
}
