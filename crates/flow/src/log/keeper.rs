//! Keeps the delivery log: writes down letters of which nothing was taken, and throws away what is too old.

use std::time::Duration;

use model::{EmailAddress, QueueId, ReversePath, TenantId, UnixMillis};
use store::{Batch, CommitError, Health, KeyRange, Keyspace, Lane, Store, StoreError, TypedKey};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout_at};

use super::compose::{addresses, index, paginate, sender};
use super::row::{LogIndexKey, LogKey, LogRow, Source, Verdict};
use super::secret::LogSecrets;
use crate::limits::LogLimits;
use crate::queue_id::first_at;
use crate::{Clock, tenants};

/// Letters that wait to be written down; what comes beyond is only counted.
const WAITING_MAX: usize = 256;
const WRITE_PAUSE: Duration = Duration::from_millis(200);
const EXPIRY_PAUSE: Duration = Duration::from_secs(3600);
/// Rows that are looked at in one step.
const PAGE: usize = 200;

/// A letter of which nothing was taken.
#[derive(Debug)]
pub(crate) struct RefusedLetter {
    pub(crate) queue_id: QueueId,
    pub(crate) at: UnixMillis,
    pub(crate) source: Source,
    pub(crate) from: ReversePath,
    /// In whose log it stands.
    pub(crate) refused: Vec<(TenantId, EmailAddress, Verdict)>,
    pub(crate) unlisted: u32,
}

/// From the transactions to the keeper.
pub(crate) fn channel() -> (mpsc::Sender<RefusedLetter>, mpsc::Receiver<RefusedLetter>) {
    mpsc::channel(WAITING_MAX)
}

/// Keeps the delivery log; [`LogKeeper::run`] is one of the service's background tasks.
pub struct LogKeeper {
    pub(crate) store: Store,
    pub(crate) secrets: std::sync::Arc<LogSecrets>,
    pub(crate) limits: LogLimits,
    pub(crate) refused: mpsc::Receiver<RefusedLetter>,
}

impl LogKeeper {
    /// Works until every [`crate::Intake`] is gone. It may be dropped at any moment.
    pub async fn run(mut self, clock: Clock) {
        let mut next_expiry = Instant::now();
        let (mut minute, mut written, mut passed_over) = (0, 0, 0_u64);
        loop {
            if Instant::now() >= next_expiry {
                if let Err(error) = self.expire(clock()).await {
                    tracing::warn!(%error, "delivery log: old rows stay for now");
                }
                next_expiry = Instant::now() + EXPIRY_PAUSE;
            }
            let mut letters = Vec::new();
            match timeout_at(next_expiry, self.refused.recv_many(&mut letters, WAITING_MAX)).await {
                Ok(0) => return,
                Ok(_) => {}
                Err(_) => continue,
            }
            let now = clock();
            if now.seconds() / 60 != minute {
                if passed_over > 0 {
                    tracing::warn!(
                        letters = passed_over,
                        "delivery log: refused letters not written, too many"
                    );
                }
                (minute, written, passed_over) = (now.seconds() / 60, 0, 0);
            }
            let room = (self.limits.refused_letters_per_minute - written) as usize;
            passed_over += letters.len().saturating_sub(room) as u64;
            letters.truncate(room);
            written += u32::try_from(letters.len()).unwrap_or(u32::MAX);
            if let Err(error) = self.write(letters, now).await {
                tracing::warn!(%error, "delivery log: refused letters not written");
            }
            sleep(WRITE_PAUSE).await;
        }
    }

    async fn write(&self, letters: Vec<RefusedLetter>, now: UnixMillis) -> Result<(), CommitError> {
        if self.store.health() != Health::Writable {
            return Ok(());
        }
        let mut batch = bulk(now);
        for letter in letters {
            for part in self.rows(letter, now).await? {
                self.add(&mut batch, part).await?;
            }
        }
        self.flush(&mut batch).await
    }

    /// A refused letter's rows, as one batch for each municipality.
    async fn rows(&self, letter: RefusedLetter, now: UnixMillis) -> Result<Vec<Batch>, CommitError> {
        let (mut parts, mut left, mut unlisted) = (Vec::new(), letter.refused, letter.unlisted);
        while let Some((tenant, ..)) = left.first() {
            let tenant = *tenant;
            let (own, others): (Vec<_>, Vec<_>) = left.into_iter().partition(|(whose, ..)| *whose == tenant);
            left = others;
            let secret = self.secrets.of(tenant, now).await?;
            let mut part = bulk(now);
            for (number, page) in (0..).zip(paginate(own, |(_, address, _)| address)) {
                index(
                    &mut part,
                    &secret,
                    tenant,
                    letter.queue_id,
                    page.iter().map(|(_, address, _)| address),
                );
                let row = LogRow {
                    at: letter.at,
                    source: letter.source,
                    from: letter.from.clone(),
                    size: 0,
                    message_id: None,
                    recipients: page.into_iter().map(|(_, address, verdict)| (address, verdict)).collect(),
                    unlisted: std::mem::take(&mut unlisted),
                    filed: None,
                };
                part.put(&LogKey { tenant, queue_id: letter.queue_id, part: number }, &row);
            }
            index(&mut part, &secret, tenant, letter.queue_id, sender(&letter.from));
            parts.push(part);
        }
        Ok(parts)
    }

    async fn add(&self, batch: &mut Batch, part: Batch) -> Result<(), CommitError> {
        if batch.ops.len() + part.ops.len() > Batch::OPS_MAX {
            self.flush(batch).await?;
        }
        batch.extend(part);
        Ok(())
    }

    async fn flush(&self, batch: &mut Batch) -> Result<(), CommitError> {
        let full = std::mem::replace(batch, bulk(batch.at));
        if !full.ops.is_empty() {
            self.store.commit(full).await?;
        }
        Ok(())
    }

    /// Throws away what is older than [`LogLimits::days`]; returns how many rows.
    ///
    /// # Errors
    /// [`CommitError`]; what is left goes next time.
    pub async fn expire(&self, now: UnixMillis) -> Result<usize, CommitError> {
        let age = u64::from(self.limits.days) * 86_400_000;
        let end = first_at(UnixMillis(now.0.saturating_sub(age)));
        let mut gone = 0;
        for tenant in tenants::with_rows(&self.store, Keyspace::DeliveryLog).await? {
            gone += self.expire_tenant(tenant, end, now).await?;
        }
        Ok(gone)
    }

    async fn expire_tenant(
        &self,
        tenant: TenantId,
        end: QueueId,
        now: UnixMillis,
    ) -> Result<usize, CommitError> {
        let secret = self.secrets.of(tenant, now).await?;
        let mut range = KeyRange::prefix(&LogKey::of_tenant(tenant));
        let (mut batch, mut gone) = (bulk(now), 0);
        loop {
            let rows = self.old_rows(&range, end).await?;
            let Some((last, _)) = rows.last() else { break };
            range = range.after(&last.to_key());
            for (key, row) in rows {
                let mut part = bulk(now);
                part.delete(&key);
                for address in addresses(&row) {
                    let address = secret.address(address);
                    part.delete(&LogIndexKey { tenant, address, queue_id: key.queue_id });
                }
                self.add(&mut batch, part).await?;
                gone += 1;
            }
        }
        self.flush(&mut batch).await?;
        Ok(gone)
    }

    /// Rows before `end`.
    async fn old_rows(&self, range: &KeyRange, end: QueueId) -> Result<Vec<(LogKey, LogRow)>, StoreError> {
        let rows = self.store.page::<LogKey>(range, PAGE).await?;
        Ok(rows.into_iter().take_while(|(key, _)| key.queue_id < end).collect())
    }
}

fn bulk(now: UnixMillis) -> Batch {
    Batch { lane: Lane::Bulk, ..Batch::new(now) }
}
