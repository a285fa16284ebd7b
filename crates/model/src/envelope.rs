//! The SMTP envelope: who sends, to whom, and in what form the content comes.

use crate::{EmailAddress, ReversePath};

/// What `BODY=` of MAIL said (RFC 6152 §2). BINARYMIME is not offered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BodyType {
    /// Seven-bit lines, or not said.
    #[default]
    SevenBit,
    /// Eight-bit lines.
    EightBitMime,
}

/// Return path and recipients as the client gave them (RFC 5321 §2.3.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// MAIL FROM.
    pub from: ReversePath,
    /// RCPT TO, in the order given.
    pub to: Vec<EmailAddress>,
    /// `BODY=`.
    pub body: BodyType,
    /// `SMTPUTF8` was said (RFC 6531 §3.4).
    pub smtputf8: bool,
}
