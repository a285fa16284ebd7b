//! The verifiers: a few threads of their own, so that no run of argon2 holds up the network.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use argon2::Params;
use model::Secret;
use parking_lot::{Condvar, Mutex};
use store::Lane;
use tokio::sync::{Semaphore, oneshot};

use super::fair_queue::FairQueue;
use super::secret::Hasher;
use super::throttle::Network;
use crate::PasswordHash;

/// Verifies and hashes; its threads end with it.
pub(super) struct Pool {
    shared: Arc<Shared>,
    /// Bulk work that is in the queue at one time; the rest waits outside.
    bulk: Semaphore,
}

struct Shared {
    waiting: Mutex<Waiting>,
    work: Condvar,
}

struct Waiting {
    /// Somebody stands at the door.
    interactive: FairQueue<Option<Network>, Job>,
    /// Imports and renewed hashes, when nobody does.
    bulk: VecDeque<Job>,
    closed: bool,
}

enum Job {
    Verify { hash: Option<PasswordHash>, secret: Secret<String>, answer: oneshot::Sender<bool> },
    Hash { secret: Secret<String>, answer: oneshot::Sender<Option<PasswordHash>> },
}

impl Pool {
    pub(super) fn new(threads: usize, queue_max: usize, params: &Params) -> Self {
        let interactive = FairQueue::new(queue_max);
        let waiting = Waiting { interactive, bulk: VecDeque::new(), closed: false };
        let shared = Arc::new(Shared { waiting: Mutex::new(waiting), work: Condvar::new() });
        for number in 0..threads {
            let (shared, hasher) = (shared.clone(), Hasher::new(params.clone()));
            std::thread::Builder::new()
                .name(format!("verifier-{number}"))
                .spawn(move || shared.serve(hasher))
                .expect("a thread at start: without it nobody could log in");
        }
        Self { shared, bulk: Semaphore::new(2 * threads) }
    }

    /// Is it the password? `None` if there is no room to ask.
    pub(super) async fn verify(
        &self,
        hash: Option<PasswordHash>,
        secret: Secret<String>,
        from: Network,
    ) -> Option<bool> {
        let (answer, result) = oneshot::channel();
        self.shared.push(Some(from), Job::Verify { hash, secret, answer });
        // Whoever is turned away loses its sender.
        result.await.ok()
    }

    /// A new hash. `None` if there is no room; bulk work waits for room instead.
    pub(super) async fn hash(&self, secret: Secret<String>, lane: Lane) -> Option<PasswordHash> {
        let (answer, result) = oneshot::channel();
        let job = Job::Hash { secret, answer };
        match lane {
            Lane::Interactive => {
                self.shared.push(None, job);
                result.await.ok().flatten()
            }
            Lane::Bulk => {
                let _permit = self.bulk.acquire().await.ok()?;
                self.shared.push_bulk(job);
                result.await.ok().flatten()
            }
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.waiting.lock().closed = true;
        self.shared.work.notify_all();
    }
}

impl Shared {
    fn push(&self, from: Option<Network>, job: Job) {
        let turned_away = self.waiting.lock().interactive.push(from, job);
        self.work.notify_one();
        drop(turned_away);
    }
    fn push_bulk(&self, job: Job) {
        self.waiting.lock().bulk.push_back(job);
        self.work.notify_one();
    }
    fn next(&self) -> Option<Job> {
        let mut waiting = self.waiting.lock();
        loop {
            if waiting.closed {
                return None;
            }
            let job = waiting.interactive.pop().or_else(|| waiting.bulk.pop_front());
            if job.is_some() {
                return job;
            }
            self.work.wait(&mut waiting);
        }
    }
    /// A run that panics loses its answer and nothing else: the thread goes on, or nobody could log in any more.
    fn serve(&self, mut hasher: Hasher) {
        while let Some(job) = self.next() {
            if catch_unwind(AssertUnwindSafe(|| job.run(&mut hasher))).is_err() {
                tracing::error!("a verifier panicked");
            }
        }
    }
}

impl Job {
    /// Who has hung up gets no run. Nobody listens to an answer that cannot be sent.
    fn run(self, hasher: &mut Hasher) {
        match self {
            Self::Verify { hash, secret, answer } if !answer.is_closed() => {
                let _ = answer.send(hasher.verify(hash.as_ref(), &secret));
            }
            Self::Hash { secret, answer } if !answer.is_closed() => {
                let _ = answer.send(hasher.hash(&secret));
            }
            Self::Verify { .. } | Self::Hash { .. } => {}
        }
    }
}
