//! Who is who: municipalities, mail domains, schools, classes, accounts, addresses, quotas, and log-in.
//!
//! Reading and log-in are methods of [`Directory`]. What changes the directory returns a part of a `store::Batch` with
//! its expectations; `admin` joins the parts, adds its audit record and commits them together, and on a conflict asks
//! again. The one thing written here is a password's new hash when the hashing parameters have changed.
//!
//! Every row but domain and log-in name lies below its municipality, and every look-up takes the municipality: an
//! account id alone opens nothing.
//!
//! RFC 5321 §4.5.1 (postmaster is always receivable), RFC 2142 (mailbox names of functions), RFC 8265 §4 (passwords:
//! OpaqueString, see [`Directory::hash_password`]).

mod auth;
mod directory;
mod error;
mod keys;
mod list;
mod names;
mod quota;
mod random;
mod resolve;
mod rows;
mod school_code;
mod school_year;
#[cfg(test)]
mod testing;
mod write;

pub use auth::{AuthConfig, AuthError, Ended, Login, LoginWatch};
pub use directory::Directory;
pub use error::{DirectoryError, Thing};
pub use keys::Group;
pub use names::{
    NameError, NameTable, PersonName, class_label, is_function, is_head_teacher, is_health, is_operators,
    is_reserved, screen,
};
pub use quota::Quota;
pub use resolve::{Recipient, Resolution};
pub use rows::{
    AccountEntry, AccountState, AddressEntry, AddressKind, Alias, ClassEntry, ClassRef, DomainEntry,
    FunctionEntry, LoginEntry, MemberEntry, PasswordHash, SchoolEntry, SchoolRef, TenantEntry,
    TombstoneEntry,
};
pub use school_code::{SchoolCode, SchoolCodeError};
pub use school_year::SchoolYear;
pub use write::{Draft, NewAccount, NewFunction, NewTenant, PlannedAccount};
