//! Files what an accepting commit left over: letters to very many.
//!
//! Filing the letter, taking its route away and writing the log are one commit, so that a crash in between neither loses
//! nor doubles anything: a dispatcher that begins later finds the route or what became of it. A full mailbox takes the
//! letter all the same, since it was promised; a mailbox that is gone is a line in the log.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use directory::Directory;
use mailbox::inbox;
use model::{AccountId, FlagSet, TenantId, UnixMillis};
use queue::{Leased, Queue};
use store::{Batch, CommitError, Health, Keyspace, Lane, NewMessage, Op, Store, StoreError, WatchKey};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::log::{LogKey, LogRow, LogSecrets, Verdict, index};
use crate::{Clock, Limits, tenants};

/// Files routes in the background. One for each process.
#[derive(Clone)]
pub struct Dispatcher {
    store: Store,
    directory: Directory,
    queue: Queue,
    secrets: Arc<LogSecrets>,
    routes_at_once: usize,
    sweep: Duration,
}

/// What one look at all routes came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Round {
    /// Messages that were filed.
    pub filed: usize,
    /// Recipients whose account is gone.
    pub gone: usize,
    /// Routes that failed and wait for their next try.
    pub failed: usize,
    /// When the next route is due that was not done.
    pub next_due: Option<UnixMillis>,
}

impl Dispatcher {
    /// Over the store that [`crate::Intake`] writes to.
    pub fn new(store: Store, directory: Directory, limits: &Limits) -> Self {
        let limits = limits.clone().bounded().dispatch;
        Self {
            queue: Queue::new(store.clone(), limits.retry),
            secrets: Arc::new(LogSecrets::new(store.clone())),
            store,
            directory,
            routes_at_once: limits.routes_at_once,
            sweep: Duration::from_secs(limits.sweep_seconds.into()),
        }
    }

    /// Works for ever: when routes come, when they are due, and from time to time anyhow. It may be dropped at any moment.
    pub async fn run(self, clock: Clock) {
        let mut calls = Calls::default();
        loop {
            // Before the look: what comes while we look calls again.
            if let Err(error) = calls.listen(&self.store, &self.directory).await {
                tracing::warn!(%error, "dispatch: municipalities not read");
            }
            let pause = match self.round(clock()).await {
                Ok(round) => round.next_due.map_or(self.sweep, |due| due.since(clock()).min(self.sweep)),
                Err(error) => {
                    tracing::error!(%error, "dispatch: routes not read");
                    self.sweep
                }
            };
            let _ = timeout(pause.max(Duration::from_millis(1)), calls.called.notified()).await;
        }
    }

    /// Files everything that is due; nothing while the store takes nothing.
    ///
    /// # Errors
    /// [`StoreError`] if the routes cannot be read. A route that fails counts in [`Round::failed`].
    pub async fn round(&self, now: UnixMillis) -> Result<Round, StoreError> {
        let mut round = Round::default();
        if self.store.health() != Health::Writable {
            round.next_due = Some(now.after(self.sweep));
            return Ok(round);
        }
        let mut busy = tenants::with_rows(&self.store, Keyspace::Route).await?;
        // In turns: no municipality's large letter holds up another's.
        while !busy.is_empty() {
            let mut still = Vec::new();
            for tenant in busy {
                let done = self.turn(tenant, now, &mut round).await?;
                if done == self.routes_at_once {
                    still.push(tenant);
                } else if let Some(due) = self.queue.next_due(tenant).await? {
                    // What failed without being put off is tried again after a sweep, not in a circle.
                    let due = if due <= now { now.after(self.sweep) } else { due };
                    round.next_due = Some(round.next_due.map_or(due, |other| other.min(due)));
                }
            }
            busy = still;
        }
        Ok(round)
    }

    /// Some routes of one municipality; returns how many were finished or put off.
    async fn turn(&self, tenant: TenantId, now: UnixMillis, round: &mut Round) -> Result<usize, StoreError> {
        let mut work = JoinSet::new();
        for leased in self.queue.take_due(tenant, now, self.routes_at_once).await? {
            let this = self.clone();
            work.spawn(async move { this.settle(&leased, now).await });
        }
        let mut done = 0;
        while let Some(settled) = work.join_next().await {
            let settled = settled.unwrap_or(Settled::Failed { put_off: false });
            match settled {
                Settled::Filed { filed, gone } => {
                    round.filed += filed;
                    round.gone += gone;
                    done += 1;
                }
                Settled::Failed { put_off } => {
                    round.failed += 1;
                    done += usize::from(put_off);
                }
            }
        }
        Ok(done)
    }

    async fn settle(&self, leased: &Leased, now: UnixMillis) -> Settled {
        let error = match self.file(leased, now).await {
            Ok((filed, gone)) => return Settled::Filed { filed, gone },
            // It is not there any more: finished by somebody else.
            Err(CommitError::Conflict(_)) => return Settled::Filed { filed: 0, gone: 0 },
            Err(error) => error,
        };
        tracing::error!(queue_id = %leased.key.queue_id, part = leased.key.part, %error, "route not filed");
        let mut batch = bulk(now);
        self.queue.put_off(&mut batch, leased);
        Settled::Failed { put_off: self.store.commit(batch).await.is_ok() }
    }

    async fn file(&self, leased: &Leased, now: UnixMillis) -> Result<(usize, usize), CommitError> {
        let tenant = leased.key.tenant;
        let (mut here, mut gone) = (leased.route.recipients.clone(), HashSet::new());
        loop {
            let batch = self.batch(leased, &here, &gone, now).await?;
            match self.store.commit(batch).await {
                Ok(_) => return Ok((here.len(), gone.len())),
                Err(CommitError::NoMailbox(mailbox) | CommitError::UsedUp(mailbox))
                    if mailbox.tenant == tenant && here.contains(&mailbox.account) =>
                {
                    here.retain(|account| *account != mailbox.account);
                    gone.insert(mailbox.account);
                }
                Err(error) => return Err(error),
            }
        }
    }

    async fn batch(
        &self,
        leased: &Leased,
        here: &[AccountId],
        gone: &HashSet<AccountId>,
        now: UnixMillis,
    ) -> Result<Batch, CommitError> {
        let (key, route) = (leased.key, &leased.route);
        let mut batch = bulk(now);
        let message = NewMessage {
            body: route.body,
            size: route.size,
            internal_date: route.internal_date,
            zone: route.zone,
            flags: FlagSet::new(),
            queue_id: key.queue_id,
            envelope: route.envelope.clone().into(),
            lineage: route.lineage.clone().into(),
        };
        for account in here {
            batch.ops.push(Op::Append(inbox(key.tenant, *account), message.clone()));
        }
        Queue::finish(&mut batch, leased);
        self.write_log(&mut batch, leased, gone, now).await?;
        Ok(batch)
    }

    /// Each recipient's verdict, and from now on the letter is found by their addresses.
    async fn write_log(
        &self,
        batch: &mut Batch,
        leased: &Leased,
        gone: &HashSet<AccountId>,
        now: UnixMillis,
    ) -> Result<(), CommitError> {
        let key = LogKey { tenant: leased.key.tenant, queue_id: leased.key.queue_id, part: leased.key.part };
        // A row that is gone or damaged is no reason not to file.
        let mut row = match self.store.load::<LogKey>(&key).await {
            Ok(Some(row)) => row,
            Ok(None) => return Ok(()),
            Err(error @ (StoreError::Record { .. } | StoreError::Damaged { .. })) => {
                tracing::error!(queue_id = %key.queue_id, part = key.part, %error, "delivery log: row not read");
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        };
        settle_row(&mut row, &leased.route.recipients, gone, now);
        let secret = self.secrets.of(key.tenant, now).await?;
        index(batch, &secret, key.tenant, key.queue_id, row.recipients.iter().map(|(address, _)| address));
        batch.put(&key, &row);
        Ok(())
    }
}

/// The row's recipients stand in the order of the route's.
fn settle_row(row: &mut LogRow, route: &[AccountId], gone: &HashSet<AccountId>, now: UnixMillis) {
    row.filed = Some(now);
    for ((_, verdict), account) in row.recipients.iter_mut().zip(route) {
        *verdict = if gone.contains(account) { Verdict::Gone } else { Verdict::Filed };
    }
}

enum Settled {
    Filed { filed: usize, gone: usize },
    Failed { put_off: bool },
}

fn bulk(now: UnixMillis) -> Batch {
    Batch { lane: Lane::Bulk, ..Batch::new(now) }
}

/// Hears of new routes in every municipality.
#[derive(Default)]
struct Calls {
    called: Arc<Notify>,
    known: HashSet<TenantId>,
    listeners: JoinSet<()>,
}

impl Calls {
    /// Begins to listen to municipalities that are new.
    async fn listen(&mut self, store: &Store, directory: &Directory) -> Result<(), StoreError> {
        for (tenant, _) in directory.tenants().await? {
            if self.known.insert(tenant) {
                let (mut watch, called) =
                    (store.watch(WatchKey::Space(Keyspace::Route, tenant)), self.called.clone());
                self.listeners.spawn(async move {
                    loop {
                        watch.changed().await;
                        called.notify_one();
                    }
                });
            }
        }
        Ok(())
    }
}
