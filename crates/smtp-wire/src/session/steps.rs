//! What session and driver say to each other.

use std::sync::Arc;

use bytes::Bytes;
use model::{BodyType, Domain, QueueId, ReversePath, Secret};

use crate::Limits;
use crate::command::Recipient;
use crate::reply::Reply;
use crate::sasl::Mechanism;

/// Which door this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// Port 25: mail from other servers, for people here. No AUTH.
    Relay,
    /// Ports 465 and 587: mail from people here, who log in first (RFC 6409).
    Submission,
}

/// How the connection is protected when the session begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tls {
    /// Not at all, and it cannot be: STARTTLS is not offered.
    Unavailable,
    /// Not yet; STARTTLS is offered.
    Available,
    /// It is.
    Active,
}

/// What a session is told at its beginning.
#[derive(Clone, Debug)]
pub struct SessionConfig {
    /// Which door.
    pub service: Service,
    /// Protected or not.
    pub tls: Tls,
    /// Our name in the greeting.
    pub hostname: Domain,
    /// On submission, take passwords without TLS: only for networks that the configuration names.
    pub plaintext_auth: bool,
    /// The bounds.
    pub limits: Arc<Limits>,
}

/// What the session wants from its driver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Read from the connection and [`Session::feed`](crate::Session::feed) what came.
    Read,
    /// Write this, all of it.
    Write(Bytes),
    /// Find the answer and give it with [`Session::answer`](crate::Session::answer).
    Ask(Question),
    /// The next octets of the message. What went wrong with them is told at [`Question::EndOfData`].
    Spool(Bytes),
    /// The message in progress will not be finished: drop its sender, recipients and octets.
    Forget,
    /// Begin TLS as the server, then [`Session::tls_started`](crate::Session::tls_started). A [`Step::Forget`] came before if there was a message.
    StartTls,
    /// Hang up. A message in progress was not finished.
    Close,
}

/// What only the driver knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// May they log in? To refuse: 535 5.7.8 for a wrong name or password, 454 4.7.0 if it could not be checked.
    Auth {
        /// How it came.
        mechanism: Mechanism,
        /// As whom to act, if said.
        authorization_id: Option<String>,
        /// Whose secret it is.
        authentication_id: String,
        /// The password.
        secret: Secret<String>,
    },
    /// A message begins. May it come from there?
    Mail {
        /// The return path.
        from: ReversePath,
        /// How large the client says it is; never over the limit.
        size: Option<u64>,
        /// `BODY=`.
        body: BodyType,
        /// `SMTPUTF8` was said.
        smtputf8: bool,
    },
    /// May it go there? Accepted recipients are the driver's to remember.
    Rcpt {
        /// The recipient.
        to: Recipient,
    },
    /// All octets were spooled. Only with an acceptance is the message ours.
    EndOfData {
        /// How many there were.
        size: u64,
    },
}

/// The driver's answer to a [`Question`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Yes.
    Accept,
    /// Yes, and the message is durable under this id.
    Queued(QueueId),
    /// No, with a 4xx or 5xx reply. After 421 the session ends.
    Refuse(Reply),
}

/// Why the driver ends a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HangUp {
    /// Nothing came for too long.
    Idle,
    /// The session as a whole took too long.
    TooLong,
    /// Whoever logged in no longer may: locked, removed, or another password.
    LoginEnded,
    /// Too many connections.
    Busy,
    /// We are going down.
    ShuttingDown,
}
