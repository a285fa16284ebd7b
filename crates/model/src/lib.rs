//! The vocabulary of the service: what an address, a mailbox name, a UID or a role is.
//!
//! Text becomes one of these types at the edge and stays one; inside, no function takes a `&str` that means
//! an address. Nothing here reads a file, a socket or a clock.

mod address;
mod envelope;
mod flag;
mod id;
mod mailbox_name;
mod rights;
mod role;
mod secret;
mod text;
mod time;
mod uid;

pub use address::{AddressError, Domain, EmailAddress, LocalPart, ReversePath};
pub use envelope::{BodyType, Envelope};
pub use flag::{FlagError, FlagPatch, FlagSet, Keyword, SystemFlag};
pub use id::{
    AccountId, ClassId, CredentialVersion, MailboxId, MailboxRef, ParseIdError, QueueId, SchoolId, TenantId,
};
pub use mailbox_name::{HIERARCHY_DELIMITER, MailboxName, MailboxNameError, SpecialUse};
pub use rights::{Right, Rights, RightsError};
pub use role::{ParseRoleError, Role};
pub use secret::Secret;
pub use text::{Language, Text};
pub use time::{LocalZone, UnixMillis, Zone};
pub use uid::{ModSeq, SeqNo, Uid, UidSet, UidValidity};
