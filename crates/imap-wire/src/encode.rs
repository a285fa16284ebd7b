//! Untagged responses, written straight into the driver's buffer.
//!
//! RFC 3501 §7. No allocation for each response and no formatting machinery on the way of FETCH. Everything that a person
//! chose goes through [`string`], [`astring`] or [`mailbox`], so no CR or LF can leave its place.

mod code;
mod fetch;
mod list;
mod status;
mod string;

pub use code::Code;
pub use fetch::FetchWriter;
pub use list::{Attributes, list, list_root, lsub, namespace};
pub use status::{
    QuotaUsage, StatusValue, exists, expunge, flags, ok, quota, quota_root, recent, search, status,
};
pub use string::{astring, mailbox, nstring, number, string};
