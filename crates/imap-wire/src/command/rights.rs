//! Access control lists: GETACL, SETACL, DELETEACL, LISTRIGHTS, MYRIGHTS.
//!
//! RFC 4314 §3.

use model::{MailboxName, Rights};

/// SETACL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetAcl {
    /// Which mailbox.
    pub mailbox: MailboxName,
    /// Whose rights; as written, a leading `-` is told apart by the driver.
    pub identifier: String,
    /// What happens to them.
    pub change: RightsChange,
    /// These rights.
    pub rights: Rights,
}

/// What SETACL does with the rights that it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RightsChange {
    /// They are all.
    Replace,
    /// `+`: they come too.
    Add,
    /// `-`: they go.
    Remove,
}
