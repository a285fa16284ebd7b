//! Questions to the delivery log.

use model::{EmailAddress, QueueId, ReversePath, TenantId, UnixMillis};
use store::{KeyRange, Store, StoreError};

use super::row::{LogIndexKey, LogKey, LogRow, Source, Verdict};
use super::secret::LogSecret;

/// What is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Query {
    /// One letter, by the id in its Received line.
    Letter(QueueId),
    /// Letters from or to an address.
    Address(EmailAddress),
}

/// One letter in the delivery log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    /// Its id.
    pub queue_id: QueueId,
    /// When it was accepted or refused.
    pub at: UnixMillis,
    /// How it came.
    pub source: Source,
    /// MAIL FROM.
    pub from: ReversePath,
    /// Octets with trace headers; zero if its content never came.
    pub size: u64,
    /// Keyed hash of its Message-ID: equal in two entries if the Message-IDs are.
    pub message_id_hash: Option<[u8; 16]>,
    /// Its recipients in this municipality.
    pub recipients: Vec<LoggedRecipient>,
    /// More refused or doubled recipients that were only counted.
    pub unlisted: u32,
}

/// One recipient of a letter in the delivery log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedRecipient {
    /// As it stood in RCPT TO.
    pub address: EmailAddress,
    /// What became of it.
    pub verdict: Verdict,
    /// When it was filed, if that was after the letter was accepted.
    pub filed: Option<UnixMillis>,
}

/// Letters of one municipality's log, the newest first, at most `limit`. Letters that are still being filed to very many
/// are found by each address when they lie in its mailbox, by their sender at once.
///
/// # Errors
/// [`StoreError`] if the log cannot be read.
pub async fn trace(
    store: &Store,
    tenant: TenantId,
    query: &Query,
    limit: usize,
) -> Result<Vec<LogEntry>, StoreError> {
    let address = match query {
        Query::Letter(queue_id) => return Ok(letter(store, tenant, *queue_id).await?.into_iter().collect()),
        Query::Address(address) => address,
    };
    let Some(secret) = LogSecret::load(store, tenant).await? else { return Ok(Vec::new()) };
    let range = KeyRange::prefix(&LogIndexKey::of_address(tenant, secret.address(address)));
    let mut entries = Vec::new();
    for (key, _) in store.page::<LogIndexKey>(&range, limit).await? {
        // An index row whose letter has just expired is no error.
        entries.extend(letter(store, tenant, key.queue_id).await?);
    }
    Ok(entries)
}

async fn letter(store: &Store, tenant: TenantId, id: QueueId) -> Result<Option<LogEntry>, StoreError> {
    let mut entry: Option<LogEntry> = None;
    for (_, row) in store.list::<LogKey>(&LogKey::of_letter(tenant, id)).await? {
        match &mut entry {
            Some(entry) => entry.add(row),
            None => entry = Some(LogEntry::of(id, row)),
        }
    }
    Ok(entry)
}

impl LogEntry {
    fn of(queue_id: QueueId, row: LogRow) -> Self {
        let mut entry = Self {
            queue_id,
            at: row.at,
            source: row.source,
            from: row.from.clone(),
            size: row.size,
            message_id_hash: row.message_id,
            recipients: Vec::new(),
            unlisted: 0,
        };
        entry.add(row);
        entry
    }
    fn add(&mut self, row: LogRow) {
        let filed = row.filed;
        let recipient = |(address, verdict)| LoggedRecipient { address, verdict, filed };
        self.recipients.extend(row.recipients.into_iter().map(recipient));
        self.unlisted += row.unlisted;
    }
}
