//! GETMETADATA and SETMETADATA.
//!
//! RFC 5464 §4.2, §4.3; RFC 9590 (LIST RETURN (METADATA …)).

use model::MailboxName;

/// GETMETADATA.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetMetadata {
    /// Of which mailbox; of the server if absent.
    pub mailbox: Option<MailboxName>,
    /// Entries, as `/private/comment`; compared without regard to case.
    pub entries: Vec<String>,
    /// How far below.
    pub depth: MetadataDepth,
    /// Values longer than so many octets are left out.
    pub max_size: Option<u32>,
}

/// How far below an entry GETMETADATA looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MetadataDepth {
    /// The entry only.
    #[default]
    Zero,
    /// And one level below.
    One,
    /// And all below.
    Infinity,
}

/// SETMETADATA.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetMetadata {
    /// Of which mailbox; of the server if absent.
    pub mailbox: Option<MailboxName>,
    /// Entries and values; without a value the entry goes.
    pub entries: Vec<(String, Option<Vec<u8>>)>,
}
