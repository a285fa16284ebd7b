//! The one road of every message: taken in, filed or queued in one durable commit, and only then acknowledged.
//!
//! - [`Intake`] takes letters from port 25, from people who have logged in, and from the service itself; [`notice`] is the
//!   short form for the last.
//! - [`Dispatcher`] files what the accepting commit left over: letters to very many.
//! - [`trace`] answers from the delivery log, which [`LogKeeper`] keeps.
//!
//! RFC 5321 §4.2 (replies), §4.4 (trace), §6.1 (from the 250 on the letter is ours), §6.3 (loops); RFC 6409 §6.1, §8
//! (submission: whose address, missing fields); RFC 3463. Never a bounce: what is not taken is refused in the dialogue.
//!
//! Decided here, for as long as there are no checks of the sender (SPF, DKIM, DMARC): a letter from outside may carry an
//! address of ours as its sender, since parents' forwards and lists do that honestly.
//! [`Limits::refuse_own_senders`] refuses that instead.
//!
//! A submitted letter loses its Bcc and Resent-Bcc (RFC 5322 §3.6.3: nobody is to see them) and a Return-Path that is not
//! ours (RFC 5321 §4.4); all else is stored octet for octet, below our own fields.

mod accept;
mod dispatch;
mod header_tap;
mod intake;
mod limits;
mod log;
mod notice;
mod origin;
mod queue_id;
mod recipient;
mod recipients;
mod refusal;
mod sender;
mod tenants;
mod transaction;

use std::sync::Arc;

use model::UnixMillis;

pub use dispatch::{Dispatcher, Round};
pub use intake::{Intake, IntakeConfig, MailParams};
pub use limits::{DispatchLimits, Limits, LogLimits, SenderLimits};
pub use log::{LogEntry, LogKeeper, LoggedRecipient, Query, Source, Verdict, trace};
pub use notice::notice;
pub use origin::{Origin, Peer};
pub use refusal::Refusal;
pub use transaction::{Accepted, Transaction};

/// Tells background tasks the time.
pub type Clock = Arc<dyn Fn() -> UnixMillis + Send + Sync>;
