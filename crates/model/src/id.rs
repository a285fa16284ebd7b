//! Ids: numbers that name one thing for ever and are never used again for another.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An id was not written as the number it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{text}” is not an id: expected up to 16 hexadecimal digits")]
pub struct ParseIdError {
    text: String,
}

macro_rules! id {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(u64);

        impl $name {
            /// The id with this number.
            pub const fn new(number: u64) -> Self {
                Self(number)
            }
            /// Its number, as it stands in keys (big-endian there).
            pub const fn get(self) -> u64 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:016x}", self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({:x})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;
            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                let plain = !text.is_empty() && text.len() <= 16 && text.bytes().all(|b| b.is_ascii_hexdigit());
                let wrong = || ParseIdError { text: text.chars().take(40).collect() };
                if !plain {
                    return Err(wrong());
                }
                u64::from_str_radix(text, 16).map(Self).map_err(|_| wrong())
            }
        }
    };
}

id! {
    /// One person's (or function's) account. Random, never re-used.
    AccountId
}
id! {
    /// One mailbox (IMAP folder) of an account. Never re-used inside the account.
    MailboxId
}
id! {
    /// One school.
    SchoolId
}
id! {
    /// One class of one school in one school year.
    ClassId
}
id! {
    /// One accepted letter on its way: stands in `Received:` and in the delivery log.
    QueueId
}

/// One municipality. Zero is the installation itself: certificates, and which domain belongs to whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TenantId(u32);

impl TenantId {
    /// The installation itself, which owns no mail.
    pub const INSTALLATION: Self = Self(0);

    /// The municipality with this number.
    pub const fn new(number: u32) -> Self {
        Self(number)
    }
    /// Its number, as it stands in keys.
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// Counts up with every change of an account's password or lock; what was verified under an older
/// version no longer counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CredentialVersion(pub u64);

impl CredentialVersion {
    /// The version after this one.
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// A mailbox with its whole path of owners; the tenant comes first, so that no id alone opens anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct MailboxRef {
    /// The municipality.
    pub tenant: TenantId,
    /// The account that owns the mailbox.
    pub account: AccountId,
    /// The mailbox.
    pub mailbox: MailboxId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_what_it_prints_and_nothing_else() {
        let id = AccountId::new(0xabc_def0);
        assert_eq!(id.to_string().parse(), Ok(id));
        for wrong in ["", "+1", "zz", "00000000000000001"] {
            assert!(wrong.parse::<AccountId>().is_err(), "{wrong}");
        }
    }
}
