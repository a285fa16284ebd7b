//! The keeper: a thread that makes the index durable now and then, has a spare journal segment ready and looks at the
//! free room; a second one writes bases and sweeps, which take long.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant, SystemTime};

use model::UnixMillis;
use parking_lot::{Condvar, Mutex};

use crate::core::Core;
use crate::{base, sweep};

/// How often the keeper looks at the journal.
const TICK: Duration = Duration::from_millis(50);
const SWEEP_EVERY: Duration = Duration::from_secs(3600);

/// Tells threads to stop.
#[derive(Debug, Default)]
pub(crate) struct Stop {
    stopped: Mutex<bool>,
    told: Condvar,
}

impl Stop {
    pub(crate) fn tell(&self) {
        *self.stopped.lock() = true;
        self.told.notify_all();
    }
    /// Waits; `true` when told to stop.
    pub(crate) fn wait(&self, time: Duration) -> bool {
        let mut stopped = self.stopped.lock();
        if !*stopped {
            self.told.wait_for(&mut stopped, time);
        }
        *stopped
    }
}

/// Makes the index and the body log durable up to what is applied now, marks it and lets go of old segments. After a
/// failure the engine is read-only and there is no other checkpoint: a second sync would say yes to what is lost.
pub(crate) fn checkpoint(core: &Core) -> io::Result<()> {
    let _alone = core.checkpointing.lock();
    if core.health.is_read_only() {
        return Err(io::Error::other("the store is read-only"));
    }
    checkpoint_alone(core).inspect_err(|error| core.health.turn_read_only("checkpoint", error))
}

fn checkpoint_alone(core: &Core) -> io::Result<()> {
    let octets = core.segments.octets();
    let lsn = core.applied_lsn();
    if lsn > core.marks.get().applied {
        core.bodies.sync()?;
        core.applied.flush().map_err(io::Error::other)?;
        core.marks.set(|marks| marks.applied = marks.applied.max(lsn))?;
        core.recycle()?;
    }
    core.checkpoint_octets.store(octets, Ordering::Relaxed);
    Ok(())
}

/// The keeper's work until `stop`.
pub(crate) fn run(core: &Arc<Core>, stop: &Stop) {
    let (mut checked, mut looked) = (Instant::now(), None::<Instant>);
    while !stop.wait(TICK) {
        if looked.is_none_or(|looked| looked.elapsed() >= Duration::from_secs(core.options.space_seconds)) {
            look_at_room(core);
            looked = Some(Instant::now());
        }
        // A disk that is full or failing shows at the commit that needs the segment.
        if !core.health.is_full()
            && let Err(error) = core.segments.prepare_spare()
        {
            tracing::warn!(%error, "no spare journal segment");
        }
        let due = core.segments.octets() - core.checkpoint_octets.load(Ordering::Relaxed)
            >= core.options.checkpoint_octets
            || checked.elapsed() >= Duration::from_secs(core.options.checkpoint_seconds);
        if due && !core.health.is_read_only() {
            checked = Instant::now();
            // It has said so, and the engine is read-only now.
            let _ = checkpoint(core);
        }
    }
}

/// Takes or refuses by the free room; both ways without a restart.
pub(crate) fn look_at_room(core: &Core) {
    match core.files.space(&core.dir) {
        Ok(space) => {
            let full = space.free < core.options.free_min(space.total);
            core.health.set_full(full);
            core.segments.keep_spares(if full { 0 } else { base_octets_max(core, space.total) });
            if full && let Err(error) = core.segments.give_back_spares() {
                tracing::warn!(%error, "giving back spare journal segments");
            }
        }
        Err(error) => tracing::warn!(%error, "free room is not known"),
    }
}

/// Bases and sweeps until `stop`.
pub(crate) fn run_upkeep(core: &Arc<Core>, stop: &Stop) {
    let mut swept = Instant::now();
    while !stop.wait(TICK * 20) {
        if core.health.is_read_only() {
            continue;
        }
        if base_is_due(core)
            && let Err(error) = base::write(core)
        {
            tracing::warn!(%error, "no base written; trying again later");
            stop.wait(TICK * 200);
        }
        if swept.elapsed() >= SWEEP_EVERY {
            swept = Instant::now();
            if let Err(error) = sweep::sweep(core, UnixMillis::from_system(SystemTime::now()), stop) {
                tracing::warn!(%error, "sweeping stopped");
            }
        }
    }
}

fn base_is_due(core: &Core) -> bool {
    let since = core.segments.octets() - core.base_octets.load(Ordering::Relaxed);
    let total = core.files.space(&core.dir).map_or(u64::MAX, |space| space.total);
    !core.health.is_full() && since > base_octets_max(core, total)
}

/// How long the journal may become before there is a new base, on a disk of `total` octets.
fn base_octets_max(core: &Core, total: u64) -> u64 {
    core.options.base_octets.min(total / 20)
}
