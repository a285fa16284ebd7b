//! Where a session stands. A state owns exactly what is known by then.

use std::num::NonZeroU32;

use super::chunk::Chunk;
use crate::body::Body;
use crate::command::Hello;
use crate::sasl::Exchange;

/// A message between MAIL and its end.
#[derive(Debug)]
pub(super) struct Mail {
    /// RCPT commands so far, refused ones included.
    pub(super) tried: u32,
}

#[derive(Debug)]
pub(super) enum State {
    /// No EHLO yet, or forgotten with the start of TLS.
    Greeting,
    Open {
        hello: Hello,
        stage: Stage,
    },
    Closed,
}

#[derive(Debug)]
pub(super) enum Stage {
    Ready,
    /// The next line belongs to AUTH.
    Auth(Exchange),
    Sender(Mail),
    Recipients(Mail, NonZeroU32),
    /// The next octets are the message, up to the dot.
    Data(Body),
    /// Between two chunks.
    Chunks(Body),
    /// In a chunk with so many octets left.
    Chunk(Body, Chunk),
}

/// The question that is with the driver.
#[derive(Debug)]
pub(super) enum Open {
    Auth,
    Mail,
    Rcpt,
    End,
    Tls,
}

/// What peers may not do for ever.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) errors: u32,
    pub(super) auth_failures: u32,
    pub(super) idle_commands: u32,
}
