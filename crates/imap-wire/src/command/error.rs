//! Why a command cannot be taken, and the reply that says so.

use std::borrow::Cow;

use model::MailboxNameError;

use super::{Tag, Verb};

/// A command that cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct CommandError {
    /// Its tag, if it had one.
    pub tag: Option<Tag>,
    /// What is wrong.
    pub reason: Reason,
}

/// What is wrong with a command.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// Grammar: something else should stand there.
    #[error("expected {what} at octet {at}")]
    Expected {
        /// What.
        what: Cow<'static, str>,
        /// Where, counted from one at the start of the command.
        at: usize,
    },
    /// No such command.
    #[error("unknown command {0}")]
    UnknownCommand(String),
    /// A bound of [`WireLimits`](crate::WireLimits).
    #[error("more than {max} {what}")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many are taken.
        max: u32,
    },
    /// The verb cannot stand in this state.
    #[error("{}: {why}", verb.name())]
    WrongState {
        /// The verb.
        verb: Verb,
        /// What is in its way.
        why: &'static str,
    },
    /// A charset that SEARCH does not know.
    #[error("charset not known")]
    BadCharset,
    /// A name that no mailbox can have.
    #[error("{0}")]
    Mailbox(#[from] MailboxNameError),
    /// A new name that may mean two things.
    #[error("a mailbox name in modified UTF-7 is written as its encoder writes it")]
    NameEncoding,
    /// A use that no mailbox has here.
    #[error("special use not known")]
    SpecialUse,
    /// An event that NOTIFY does not know.
    #[error("event not known")]
    BadEvent,
    /// Flags that a message cannot have.
    #[error("{0}")]
    Flags(model::FlagError),
    /// The input ends with the announcement of a literal that the command needs: collect it and parse again.
    #[error("the literal has not come yet")]
    NeedsLiteral,
}

impl Reason {
    pub(crate) fn expected(what: impl Into<Cow<'static, str>>, at: usize) -> Self {
        Self::Expected { what: what.into(), at: at + 1 }
    }
}
