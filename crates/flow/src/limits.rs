//! How much a sender may ask of the road, and how long its log is kept.

use model::Role;
use queue::{RetryLimits, Route};
use serde::Deserialize;

/// Limits of `flow`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Letters from other servers, on port 25.
    pub remote: SenderLimits,
    /// Letters that pupils send.
    pub pupil: SenderLimits,
    /// Letters that all others who log in send, and the service's own.
    pub staff: SenderLimits,
    /// Municipalities of this installation that one letter may go to; the sender is told to send the others again.
    /// At most 8. Default 8.
    pub tenants_max: usize,
    /// Received lines before a letter counts as going round (RFC 5321 §6.3). Default 50.
    pub hops_max: usize,
    /// Longest header of a letter that somebody here sends, in octets; senders elsewhere have no such bound, and only so
    /// much of theirs is looked at for loops. Default 262144.
    pub header_bytes_max: usize,
    /// A letter grows in memory up to here and in a file from there on, in octets. Default 1048576.
    pub spool_memory_bytes_max: usize,
    /// Take mail for locked accounts, to be read when they are unlocked; otherwise their senders are told. Default false.
    pub locked_receive: bool,
    /// Refuse letters that come to port 25, without a log-in, with an address in one of the municipalities' own domains
    /// as their sender (MAIL FROM, From or Sender). With true nobody can forge a teacher from the school's network.
    /// False, as other systems of the municipality, and lists, may send with its domains, and SPF, DKIM and DMARC are not
    /// checked yet. Default false.
    pub refuse_own_senders: bool,
    /// Recipients that are filed in the accepting commit; a letter to more gets routes. At most 100. Default 100.
    pub direct_recipients_max: usize,
    /// The delivery log.
    pub log: LogLimits,
    /// Large fan-outs.
    pub dispatch: DispatchLimits,
}

/// What one kind of sender may send.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SenderLimits {
    /// Largest letter, in octets. Default 26214400.
    pub message_bytes_max: u64,
    /// Most recipients of one letter; never over 1000. Default 1000, for pupils 100.
    pub recipients_max: usize,
}

impl SenderLimits {
    /// Whatever is configured: more do not fit into one commit with their rows of the log.
    pub const RECIPIENTS_MAX: usize = 1000;
}

impl Default for SenderLimits {
    fn default() -> Self {
        Self { message_bytes_max: 25 << 20, recipients_max: Self::RECIPIENTS_MAX }
    }
}

/// The delivery log.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogLimits {
    /// How long it is kept, in days. Default 30.
    pub days: u32,
    /// Refused and doubled recipients of one letter that are written with their address; others are counted. At most
    /// 16. Default 16.
    pub refusals_max: usize,
    /// Letters of which nothing was taken that are written in one minute; others only count in the program's own log, so
    /// that a flood of them does not fill the disk. Default 600.
    pub refused_letters_per_minute: u32,
}

impl Default for LogLimits {
    fn default() -> Self {
        Self { days: 30, refusals_max: 16, refused_letters_per_minute: 600 }
    }
}

/// Filing in the background.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DispatchLimits {
    /// When a route that failed is tried again.
    pub retry: RetryLimits,
    /// Routes of one municipality that are filed at the same time; the next municipality has its turn then. Default 8.
    pub routes_at_once: usize,
    /// A look at all routes, in seconds, whether or not something called for it. Default 30.
    pub sweep_seconds: u32,
}

impl Default for DispatchLimits {
    fn default() -> Self {
        Self { retry: RetryLimits::default(), routes_at_once: 8, sweep_seconds: 30 }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            remote: SenderLimits::default(),
            pupil: SenderLimits { recipients_max: 100, ..SenderLimits::default() },
            staff: SenderLimits::default(),
            tenants_max: 8,
            hops_max: 50,
            header_bytes_max: 256 << 10,
            spool_memory_bytes_max: 1 << 20,
            locked_receive: false,
            refuse_own_senders: false,
            direct_recipients_max: Route::RECIPIENTS_MAX,
            log: LogLimits::default(),
            dispatch: DispatchLimits::default(),
        }
    }
}

impl Limits {
    /// Of a sender in this role.
    pub const fn of_role(&self, role: Role) -> SenderLimits {
        if role.is_staff() { self.staff } else { self.pupil }
    }

    /// The same, no bound above what one commit can hold.
    #[must_use]
    pub(crate) fn bounded(mut self) -> Self {
        for limits in [&mut self.remote, &mut self.pupil, &mut self.staff] {
            limits.recipients_max = limits.recipients_max.clamp(1, SenderLimits::RECIPIENTS_MAX);
        }
        self.tenants_max = self.tenants_max.clamp(1, 8);
        self.direct_recipients_max = self.direct_recipients_max.min(Route::RECIPIENTS_MAX);
        self.log.refusals_max = self.log.refusals_max.min(16);
        self.log.days = self.log.days.max(1);
        self.dispatch.routes_at_once = self.dispatch.routes_at_once.max(1);
        self.dispatch.sweep_seconds = self.dispatch.sweep_seconds.max(1);
        self
    }
}
