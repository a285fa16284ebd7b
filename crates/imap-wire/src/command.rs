//! The second layer: one collected command becomes a [`Command`].
//!
//! RFC 3501 §6 and §9. What the session answers itself stands in [`Command`]; what needs mailboxes or accounts is a
//! [`Request`] for the driver.

mod append;
mod auth;
mod create;
mod error;
mod fetch;
mod list;
mod metadata;
mod notify;
mod parse;
mod partial;
mod request;
mod returns;
mod rights;
mod search;
mod select;
mod sort;
mod status;
mod store;
mod thread;
mod verb;

use model::Secret;

pub use append::{Append, AppendMessage, AppendPiece, CatenatePart};
pub(crate) use append::{Octets, go_on};
pub use error::{CommandError, Reason};
pub use fetch::{Fetch, FetchItem, Section, SectionText};
pub use list::{List, ListMetadata, ListReturn, ListSelect, Lsub};
pub use metadata::{GetMetadata, MetadataDepth, SetMetadata};
pub use notify::{Notify, NotifyEvents, NotifyFilter, NotifyGroup};
pub use parse::parse;
pub(crate) use parse::{Head, arguments, head, saves};
pub use partial::{Partial, PartialRange};
pub use request::{Credentials, MessageSet, Numbering, Request, StatusItem, Store};
pub use returns::SearchReturn;
pub use rights::{RightsChange, SetAcl};
pub use search::{Search, SearchKey};
pub use select::{QResync, Select};
pub use sort::{Sort, SortBy, SortCriterion};
pub use thread::{Thread, ThreadAlgorithm};
pub use verb::{Needs, Verb};

/// The client's name for one command, repeated in its answer (RFC 3501 §2.2.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag(pub(crate) String);

impl Tag {
    /// As the client wrote it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// SASL mechanisms that we know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mechanism {
    /// RFC 4616.
    Plain,
    /// The old two-step log-in of Outlook.
    Login,
}

/// A command, with typed arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// What is there?
    Capability,
    /// Nothing; a chance to hear news.
    Noop,
    /// Good-bye.
    Logout,
    /// TLS, please.
    StartTls,
    /// SASL; `None` for a mechanism that we do not know.
    Authenticate {
        /// Which.
        mechanism: Option<Mechanism>,
        /// The first answer in base64, sent along (RFC 4959); `=` for an empty one.
        initial: Option<Secret<Vec<u8>>>,
    },
    /// Name and password.
    Login(Credentials),
    /// Who are you? The client's own answer comes along (RFC 2971).
    Id(Vec<(String, Option<String>)>),
    /// Switch extensions on, names in upper case (RFC 5161).
    Enable(Vec<String>),
    /// Tell me when something changes (RFC 2177).
    Idle,
    /// The start of APPEND or REPLACE, up to the octets of its first message.
    Append(AppendPiece),
    /// Change a quota (RFC 9208 §4.1.3); the session refuses, quotas are set by the administration.
    SetQuota {
        /// Which root.
        root: String,
        /// Resource names in upper case, and limits.
        limits: Vec<(String, u64)>,
    },
    /// Everything that the driver carries out.
    Ask(Request),
}
