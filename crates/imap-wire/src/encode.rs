//! Untagged responses, written straight into the driver's buffer.
//!
//! RFC 3501 §7. No allocation for each response and no formatting machinery on the way of FETCH. Everything that a person
//! chose goes through [`string`], [`astring`] or [`mailbox`], so no CR or LF can leave its place.

mod acl;
mod code;
mod fetch;
mod list;
mod metadata;
mod search;
mod status;
mod string;
mod thread;
mod vanished;

pub use acl::{acl, list_rights, my_rights};
pub use code::Code;
pub use fetch::FetchWriter;
pub use list::{Attributes, list, list_renamed, list_root, lsub, namespace};
pub use metadata::{metadata, metadata_changed};
pub use search::{EsearchWriter, search, sort};
pub use status::{
    QuotaUsage, StatusValue, exists, expunge, flags, no, ok, quota, quota_root, recent, status,
};
pub use string::{astring, mailbox, nstring, number, string};
pub use thread::ThreadWriter;
pub use vanished::vanished;
