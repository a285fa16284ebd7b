//! What waits for the committer: two lanes, both bounded.

use std::collections::VecDeque;
use std::sync::Arc;

use parking_lot::{Condvar, Mutex};
use store::{Batch, BodyKey, CommitError, Committed, Lane, StoreError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use crate::body_log::Place;
use crate::options::Options;

/// What the committer is asked to do.
pub(crate) enum Work {
    /// A caller's batch.
    Batch(Batch),
    /// Removes bodies that nobody has referred to since `before`.
    Sweep { bodies: Vec<BodyKey>, before: model::UnixMillis },
    /// Copies bodies to the end of the log, those that still lie there.
    Relocate { bodies: Vec<(BodyKey, Place)> },
}

/// Work with the one who waits for it.
pub(crate) struct Request {
    pub(crate) work: Work,
    pub(crate) reply: oneshot::Sender<Result<Committed, CommitError>>,
    /// Given back when the request is answered.
    pub(crate) permits: Vec<OwnedSemaphorePermit>,
}

/// The two lanes.
pub(crate) struct Queue {
    lanes: Mutex<Lanes>,
    filled: Condvar,
    interactive: Arc<Semaphore>,
    bulk: Arc<Semaphore>,
    /// In KiB, since a semaphore counts in 32 bits.
    room: Arc<Semaphore>,
    room_max: u32,
    group_batches_max: usize,
    group_bulk_max: usize,
}

#[derive(Default)]
struct Lanes {
    interactive: VecDeque<Request>,
    bulk: VecDeque<Request>,
    closed: bool,
}

impl Queue {
    pub(crate) fn new(options: &Options) -> Self {
        let room_max = u32::try_from(options.queue_octets_max >> 10).unwrap_or(1 << 20).clamp(1, 1 << 20);
        Self {
            lanes: Mutex::default(),
            filled: Condvar::new(),
            interactive: Arc::new(Semaphore::new(options.queue_batches_max)),
            bulk: Arc::new(Semaphore::new(options.queue_batches_max)),
            room: Arc::new(Semaphore::new(room_max as usize)),
            room_max,
            group_batches_max: options.group_batches_max.max(1),
            group_bulk_max: options.group_bulk_max.max(1),
        }
    }

    /// Waits for a place in the lane, then for the committer.
    pub(crate) async fn submit(&self, work: Work, lane: Lane, octets: u64) -> Result<Committed, CommitError> {
        let closed = |_| CommitError::Store(StoreError::Closed);
        let semaphore = if lane == Lane::Bulk { &self.bulk } else { &self.interactive };
        let mut permits = vec![semaphore.clone().acquire_owned().await.map_err(closed)?];
        let room = u32::try_from(octets >> 10).unwrap_or(u32::MAX).min(self.room_max);
        if room > 0 {
            permits.push(self.room.clone().acquire_many_owned(room).await.map_err(closed)?);
        }
        let (reply, answer) = oneshot::channel();
        let request = Request { work, reply, permits };
        {
            let mut lanes = self.lanes.lock();
            if lanes.closed {
                return Err(CommitError::Store(StoreError::Closed));
            }
            if lane == Lane::Bulk { &mut lanes.bulk } else { &mut lanes.interactive }.push_back(request);
        }
        self.filled.notify_one();
        // A committer that is gone without an answer has perhaps written.
        answer.await.unwrap_or_else(|_| Err(CommitError::Unknown("the store stopped".into())))
    }

    /// For the engine's own threads: waits for the committer only.
    pub(crate) fn submit_blocking(&self, work: Work) -> Result<Committed, CommitError> {
        let (reply, answer) = oneshot::channel();
        {
            let mut lanes = self.lanes.lock();
            if lanes.closed {
                return Err(CommitError::Store(StoreError::Closed));
            }
            lanes.bulk.push_back(Request { work, reply, permits: Vec::new() });
        }
        self.filled.notify_one();
        answer.blocking_recv().unwrap_or_else(|_| Err(CommitError::Unknown("the store stopped".into())))
    }

    /// Waits until there is something, then takes what is there for one group; `None` when closed and empty. Nobody waits
    /// for a group to fill.
    pub(crate) fn take(&self) -> Option<Vec<Request>> {
        let mut lanes = self.lanes.lock();
        while lanes.interactive.is_empty() && lanes.bulk.is_empty() {
            if lanes.closed {
                return None;
            }
            self.filled.wait(&mut lanes);
        }
        // Each lane has its share, so neither starves; bulk batches are large and never many.
        let bulk = lanes.bulk.len().min(self.group_bulk_max).min(self.group_batches_max.div_ceil(2));
        let interactive = lanes.interactive.len().min(self.group_batches_max - bulk);
        let mut group: Vec<_> = lanes.interactive.drain(..interactive).collect();
        group.extend(lanes.bulk.drain(..bulk));
        Some(group)
    }

    /// Takes nothing more; what waits is still done.
    pub(crate) fn close(&self) {
        self.lanes.lock().closed = true;
        self.interactive.close();
        self.bulk.close();
        self.room.close();
        self.filled.notify_all();
    }
}
