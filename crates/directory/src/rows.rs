//! What the directory keeps about each thing.

use std::fmt;

use model::{
    AccountId, ClassId, CredentialVersion, Domain, EmailAddress, Language, Role, SchoolId, TenantId,
    UnixMillis,
};
use serde::{Deserialize, Serialize};
use store::{Record, RecordError, decode_versioned, encode_versioned};

use crate::names::NameTable;
use crate::{Quota, SchoolCode, SchoolYear};

macro_rules! record {
    ($($name:ident),+) => {
        $(impl Record for $name {
            fn encode(&self) -> Vec<u8> {
                encode_versioned(1, self)
            }
            fn decode(bytes: &[u8]) -> Result<Self, RecordError> {
                decode_versioned(1, bytes)
            }
        })+
    };
}
record!(TenantEntry, DomainEntry, SchoolEntry, SchoolRef, ClassEntry, AccountEntry, AddressEntry, LoginEntry);
record!(MemberEntry, Quota, FunctionEntry, DeniedEntry);

/// A municipality.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenantEntry {
    /// Its name, such as “Granköpings kommun”.
    pub name: String,
    /// What people read who have not chosen.
    pub language: Language,
    /// Where new addresses are made.
    pub domain: Domain,
    /// When it came here.
    pub created: UnixMillis,
    /// Under which the tombstones of this municipality are hashed.
    pub(crate) tombstone_key: [u8; 32],
}

impl fmt::Debug for TenantEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TenantEntry")
            .field("name", &self.name)
            .field("domain", &self.domain)
            .finish_non_exhaustive()
    }
}

/// A mail domain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DomainEntry {
    /// Whose it is.
    pub tenant: TenantId,
    /// How names become addresses there; chosen once, so that one person's name always gives one address.
    pub table: NameTable,
    /// Since when.
    pub created: UnixMillis,
}

/// A school.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchoolEntry {
    /// Skolenhetskod.
    pub code: SchoolCode,
    /// Its name.
    pub name: String,
    /// Since when.
    pub created: UnixMillis,
}

/// Which school has a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchoolRef {
    /// This one.
    pub school: SchoolId,
}

/// A class of one school year.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClassEntry {
    /// Its id.
    pub class: ClassId,
    /// Its label as it was first written, such as “4B”.
    pub label: String,
}

/// Which class an account belongs to: the natural key of a class inside its school.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClassRef {
    /// Its id.
    pub class: ClassId,
    /// The school year.
    pub year: SchoolYear,
    /// The label.
    pub label: String,
}

/// What an account may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AccountState {
    /// Everything.
    Active,
    /// Nobody logs in. Whether mail still comes in is `flow`'s to say (`locked_receive`).
    Locked,
    /// Gone; what is left of it is being deleted.
    Removed,
    /// A function of a school: it receives, and nobody ever logs in with it. Its members work in its mailboxes.
    Function,
}

/// Why an account has an address besides its first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AddressKind {
    /// The one that others see.
    Primary,
    /// One more: receives, may be sent from, and one can log in with it.
    Alias,
    /// From before a change of name: receives until then, and nothing more.
    Former {
        /// The last moment.
        until: UnixMillis,
    },
}

impl AddressKind {
    /// May its holder send from it and log in with it?
    pub const fn is_live(self) -> bool {
        matches!(self, Self::Primary | Self::Alias)
    }
    /// Does it receive at this moment?
    pub fn receives(self, now: UnixMillis) -> bool {
        match self {
            Self::Primary | Self::Alias => true,
            Self::Former { until } => now <= until,
        }
    }
}

/// One more address of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alias {
    /// The address.
    pub address: EmailAddress,
    /// Alias or former.
    pub kind: AddressKind,
}

/// A password as it is kept: a PHC string with its parameters. It prints as `***`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PasswordHash(pub(crate) String);

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// A person's or function's account: everything about it in one row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountEntry {
    /// Opaque name to log in with; never changes.
    pub login: String,
    /// What the person is.
    #[serde(with = "role_code")]
    pub role: Role,
    /// First name (tilltalsnamn).
    pub first: String,
    /// Last name; empty for a person with one name.
    pub last: String,
    /// May it be used?
    pub state: AccountState,
    /// Home school; none for people of the central administration.
    pub school: Option<SchoolId>,
    /// Class, of a pupil.
    pub class: Option<ClassRef>,
    /// The address that others see.
    pub address: EmailAddress,
    /// Other addresses.
    pub aliases: Vec<Alias>,
    /// None as long as nobody has set one: then nobody logs in.
    pub password: Option<PasswordHash>,
    /// Raised by every change of password, lock or removal.
    pub version: CredentialVersion,
    /// Its own quota; otherwise that of its role.
    pub quota: Option<Quota>,
    /// What its holder reads.
    pub language: Language,
    /// Since when.
    pub created: UnixMillis,
    /// Last change.
    pub changed: UnixMillis,
}

impl AccountEntry {
    /// First and last name.
    pub fn display_name(&self) -> String {
        format!("{} {}", self.first, self.last).trim().to_owned()
    }
    /// Every address with its kind, the primary first.
    pub fn addresses(&self) -> impl Iterator<Item = (&EmailAddress, AddressKind)> {
        let first = std::iter::once((&self.address, AddressKind::Primary));
        first.chain(self.aliases.iter().map(|alias| (&alias.address, alias.kind)))
    }
    /// May its holder send from this address?
    pub fn owns_live(&self, address: &EmailAddress) -> bool {
        let wanted = address.folded();
        self.addresses().any(|(own, kind)| kind.is_live() && own.folded() == wanted)
    }
}

/// Who receives at an address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressEntry {
    /// This account.
    pub account: AccountId,
    /// As what.
    pub kind: AddressKind,
}

/// Whose log-in name it is. The row stays when the account goes: a log-in name is never given again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoginEntry {
    /// The municipality.
    pub tenant: TenantId,
    /// The account.
    pub account: AccountId,
}

/// Membership says nothing but that it is so, and since when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberEntry {
    /// Since when.
    pub since: UnixMillis,
}

/// What a function has besides its account. Who its members are is `mailbox`'s to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FunctionEntry {
    /// Nobody gets in by administering: only the head teacher and the manager say who is a member.
    pub confidential: bool,
    /// Who answers for it beside the head teacher.
    pub manager: Option<AccountId>,
}

/// IMAP capabilities that an account's programs are not shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DeniedEntry {
    /// In capitals, sorted.
    pub(crate) words: Vec<String>,
}

/// An address or account id that was given once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TombstoneEntry {
    /// To this account: the same person coming back may have it again.
    pub account: AccountId,
    /// When.
    pub given: UnixMillis,
    /// It was a function's of this school, which may make it again.
    pub school: Option<SchoolId>,
}

/// Most have no school and are kept as they always were; the others are of version 2.
impl Record for TombstoneEntry {
    fn encode(&self) -> Vec<u8> {
        match self.school {
            None => encode_versioned(1, &(self.account, self.given)),
            Some(school) => encode_versioned(2, &(self.account, self.given, school)),
        }
    }
    fn decode(bytes: &[u8]) -> Result<Self, RecordError> {
        if bytes.first() == Some(&2) {
            let (account, given, school) = decode_versioned(2, bytes)?;
            return Ok(Self { account, given, school: Some(school) });
        }
        let (account, given) = decode_versioned(1, bytes)?;
        Ok(Self { account, given, school: None })
    }
}

/// Roles as numbers that stay on disk whatever becomes of the order in `model`.
pub(crate) mod role_code {
    use model::Role;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(crate) const fn of(role: Role) -> u8 {
        match role {
            Role::ProviderOps => 1,
            Role::RegionAdmin => 2,
            Role::CentralAdmin => 3,
            Role::CentralHelpdesk => 4,
            Role::Registrator => 5,
            Role::Dpo => 6,
            Role::Rektor => 7,
            Role::SchoolAdmin => 8,
            Role::Secretary => 9,
            Role::Elevhalsa => 10,
            Role::Mentor => 11,
            Role::Teacher => 12,
            Role::Substitute => 13,
            Role::Staff => 14,
            Role::Pupil => 15,
        }
    }
    pub(crate) fn role(code: u8) -> Option<Role> {
        Role::ALL.into_iter().find(|role| of(*role) == code)
    }
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
    pub(crate) fn serialize<S: Serializer>(role: &Role, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(of(*role))
    }
    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Role, D::Error> {
        role(u8::deserialize(deserializer)?).ok_or_else(|| D::Error::custom("no role has this number"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tombstones_of_both_kinds_read_back() {
        for school in [None, Some(SchoolId::new(7))] {
            let entry = TombstoneEntry { account: AccountId::new(3), given: UnixMillis(9), school };
            assert_eq!(TombstoneEntry::decode(&entry.encode()), Ok(entry));
        }
        // As they were written before they knew schools.
        let old = encode_versioned(1, &(AccountId::new(3), UnixMillis(9)));
        assert_eq!(TombstoneEntry::decode(&old).unwrap().school, None);
    }
}
