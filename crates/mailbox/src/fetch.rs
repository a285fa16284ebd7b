//! What FETCH sends besides flags: rows, structure, pieces of letters. Nothing is parsed again, and only what is sent is
//! read.
//!
//! RFC 3501 §6.4.5.

use std::ops::Range;

use bytes::Bytes;
use message::DerivedView;
use model::{MailboxRef, TenantId, Uid};
use store::{KeyRange, MessageEntry, MessageKey, TypedKey};

use crate::{MailboxError, Mailboxes, Selected};

/// Enough for the header of nearly every letter.
const HEADER_GUESS: u64 = 8 << 10;
/// Rows this close together are read by one scan.
const GAP_MAX: u32 = 8;

/// What is known of a letter's structure.
#[derive(Clone, Debug)]
pub struct Content(Bytes);

impl Content {
    /// To look things up in: sections, ENVELOPE, BODYSTRUCTURE.
    pub fn view(&self) -> DerivedView<'_> {
        DerivedView::open(&self.0).expect("it was opened once when it was read")
    }
}

impl Selected {
    /// Rows of some messages, ascending; those that are gone are left out. Ask for a few hundred at a time.
    ///
    /// # Errors
    /// [`MailboxError::Store`].
    pub async fn entries(&self, uids: &[Uid]) -> Result<Vec<(Uid, MessageEntry)>, MailboxError> {
        self.mailboxes.entries(self.mailbox(), uids).await
    }
    /// The structure of a letter, from memory if it was asked for lately.
    ///
    /// # Errors
    /// [`MailboxError::Store`].
    pub async fn content(&self, entry: &MessageEntry) -> Result<Content, MailboxError> {
        self.mailboxes.content(self.mailbox().tenant, entry).await
    }
    /// A slice of a letter.
    ///
    /// # Errors
    /// [`MailboxError::Store`].
    pub async fn octets(&self, entry: &MessageEntry, range: Range<u64>) -> Result<Bytes, MailboxError> {
        Ok(self.mailboxes.store().read_body(self.mailbox().tenant, entry.body, range).await?)
    }
    /// The header of a letter with its empty line, for HEADER and HEADER.FIELDS; mostly one read.
    ///
    /// # Errors
    /// [`MailboxError::Store`].
    pub async fn header(&self, entry: &MessageEntry) -> Result<Bytes, MailboxError> {
        let start = self.octets(entry, 0..entry.size.min(HEADER_GUESS)).await?;
        let end = message::header_end(&start);
        if end < start.len() || start.len() as u64 == entry.size {
            return Ok(start.slice(..end));
        }
        let content = self.content(entry).await?;
        let root = content.view().part_place(0);
        self.octets(entry, root.header..root.body).await
    }
    /// THREADID (RFC 8474).
    ///
    /// # Errors
    /// [`MailboxError::Store`].
    pub async fn thread_id(&self, entry: &MessageEntry) -> Result<String, MailboxError> {
        self.mailboxes.thread_id(self.mailbox().tenant, entry).await
    }
    /// PREVIEW (RFC 8970). `None` only with `lazy`, for a letter that came before there were previews and would have to be
    /// read.
    ///
    /// # Errors
    /// [`MailboxError::Store`].
    pub async fn preview(&self, entry: &MessageEntry, lazy: bool) -> Result<Option<String>, MailboxError> {
        let tenant = self.mailbox().tenant;
        if let Some(preview) = self.mailboxes.content(tenant, entry).await?.view().preview() {
            return Ok(Some(preview.to_owned()));
        }
        if lazy {
            return Ok(None);
        }
        Ok(Some(
            self.mailboxes.letters().derive_again(tenant, entry.body, entry.size, false, ()).await?.preview,
        ))
    }
    /// The value of ENVELOPE.
    ///
    /// # Errors
    /// [`MailboxError::Store`].
    pub async fn envelope(&self, entry: &MessageEntry) -> Result<Bytes, MailboxError> {
        if !entry.envelope.is_empty() {
            return Ok(entry.envelope.clone());
        }
        Ok(Bytes::copy_from_slice(self.content(entry).await?.view().envelope()))
    }
}

impl Mailboxes {
    /// See [`Selected::entries`].
    ///
    /// # Errors
    /// [`MailboxError::Store`].
    pub async fn entries(
        &self,
        mailbox: MailboxRef,
        uids: &[Uid],
    ) -> Result<Vec<(Uid, MessageEntry)>, MailboxError> {
        let mut found = Vec::with_capacity(uids.len());
        let close = |a: &Uid, b: &Uid| a < b && b.get() - a.get() <= GAP_MAX;
        for run in uids.chunk_by(close) {
            match run {
                [uid] => {
                    let row = self.store().load(&MessageKey { mailbox, uid: *uid }).await?;
                    found.extend(row.map(|row| (*uid, row)));
                }
                [first, .., last] => self.scan_entries(mailbox, run, *first, *last, &mut found).await?,
                [] => {}
            }
        }
        Ok(found)
    }

    async fn scan_entries(
        &self,
        mailbox: MailboxRef,
        wanted: &[Uid],
        first: Uid,
        last: Uid,
        found: &mut Vec<(Uid, MessageEntry)>,
    ) -> Result<(), MailboxError> {
        const PAGE: usize = 500;
        let mut range =
            KeyRange::prefix(&MessageKey::prefix(mailbox)).from(&MessageKey { mailbox, uid: first }.to_key());
        loop {
            let rows = self.store().page::<MessageKey>(&range, wanted.len().min(PAGE)).await?;
            let Some((end, _)) = rows.last() else { return Ok(()) };
            let end = *end;
            range = range.after(&end.to_key());
            let ours = rows.into_iter().filter(|(key, _)| wanted.binary_search(&key.uid).is_ok());
            found.extend(ours.map(|(key, row)| (key.uid, row)));
            if end.uid >= last {
                return Ok(());
            }
        }
    }

    /// See [`Selected::content`].
    ///
    /// # Errors
    /// [`MailboxError::Store`].
    pub async fn content(&self, tenant: TenantId, entry: &MessageEntry) -> Result<Content, MailboxError> {
        let key = (tenant, entry.body);
        if let Some(record) = self.inner.derived.get(&key) {
            return Ok(Content(record));
        }
        let content = self.read_content(tenant, entry).await?;
        self.inner.derived.insert(key, content.0.clone(), content.0.len());
        Ok(content)
    }

    /// The same without keeping it in memory.
    pub(crate) async fn read_content(
        &self,
        tenant: TenantId,
        entry: &MessageEntry,
    ) -> Result<Content, MailboxError> {
        let record = self.store().derived(tenant, entry.body).await;
        if let Ok(record) = record
            && DerivedView::open(&record).is_ok()
        {
            return Ok(Content(record));
        }
        // Derived data can always be computed again; an older version's are.
        let derived = self.letters().derive_again(tenant, entry.body, entry.size, false, ()).await?;
        Ok(Content(derived.encode().into()))
    }
}
