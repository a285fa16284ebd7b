//! Who acts.

use std::fmt;

use directory::AccountEntry;
use model::AccountId;

/// Who is at the other end of the socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Its user id, as the operating system says. The socket lets in the service's own and root.
    pub uid: u32,
}

/// Who acts, with the rights that this gives.
#[derive(Clone, Debug)]
pub(crate) enum Actor {
    /// The console: everything, everywhere.
    Console(Caller),
    /// A person of the municipality, through the console.
    Person { caller: Caller, account: AccountId, entry: Box<AccountEntry> },
}

/// As it stands in the audit.
impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Console(caller) => write!(f, "console:{}", caller.uid),
            Self::Person { caller, account, .. } => write!(f, "account:{account} console:{}", caller.uid),
        }
    }
}
