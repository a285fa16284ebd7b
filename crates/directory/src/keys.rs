//! Where it stands: the typed keys of the directory's keyspaces.

use model::{AccountId, ClassId, Domain, Role, SchoolId, TenantId};
use store::{Key, KeyRange, Keyspace, TypedKey};

use crate::rows::role_code;
use crate::rows::{
    AccountEntry, AddressEntry, ClassEntry, DeniedEntry, DomainEntry, FunctionEntry, LoginEntry, MemberEntry,
    SchoolEntry, SchoolRef, TenantEntry, TombstoneEntry,
};
use crate::{Quota, SchoolCode, SchoolYear};

/// `Tenant | tenant`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TenantKey(pub(crate) TenantId);

impl TenantKey {
    /// Every municipality.
    pub(crate) fn all() -> KeyRange {
        KeyRange { low: vec![Self::SPACE as u8], high: Some(vec![Self::SPACE as u8 + 1]) }
    }
}

impl TypedKey for TenantKey {
    type Value = TenantEntry;
    const SPACE: Keyspace = Keyspace::Tenant;
    fn to_key(&self) -> Key {
        Key::new(Self::SPACE, self.0)
    }
    fn from_key(key: &Key) -> Option<Self> {
        key.fields().end(Self(key.tenant()?))
    }
}

/// `Domain | 0 | name`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DomainKey(pub(crate) Domain);

impl TypedKey for DomainKey {
    type Value = DomainEntry;
    const SPACE: Keyspace = Keyspace::Domain;
    fn to_key(&self) -> Key {
        Key::new(Self::SPACE, TenantId::INSTALLATION).with_bytes(self.0.as_str().as_bytes())
    }
    fn from_key(key: &Key) -> Option<Self> {
        std::str::from_utf8(key.fields().rest()).ok()?.parse().ok().map(Self)
    }
}

/// `School | tenant | school`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SchoolKey {
    pub(crate) tenant: TenantId,
    pub(crate) school: SchoolId,
}

impl TypedKey for SchoolKey {
    type Value = SchoolEntry;
    const SPACE: Keyspace = Keyspace::School;
    fn to_key(&self) -> Key {
        Key::new(Self::SPACE, self.tenant).with_u64(self.school.get())
    }
    fn from_key(key: &Key) -> Option<Self> {
        let mut fields = key.fields();
        let school = SchoolId::new(fields.u64()?);
        fields.end(Self { tenant: key.tenant()?, school })
    }
}

/// `SchoolCode | tenant | code`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SchoolCodeKey {
    pub(crate) tenant: TenantId,
    pub(crate) code: SchoolCode,
}

impl TypedKey for SchoolCodeKey {
    type Value = SchoolRef;
    const SPACE: Keyspace = Keyspace::SchoolCode;
    fn to_key(&self) -> Key {
        Key::new(Self::SPACE, self.tenant).with_bytes(self.code.to_string().as_bytes())
    }
    fn from_key(key: &Key) -> Option<Self> {
        let code = std::str::from_utf8(key.fields().rest()).ok()?.parse().ok()?;
        Some(Self { tenant: key.tenant()?, code })
    }
}

/// `Class | tenant | school | year | label in lower case`: one class of a label in a school and year.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ClassKey {
    pub(crate) tenant: TenantId,
    pub(crate) school: SchoolId,
    pub(crate) year: SchoolYear,
    pub(crate) label: String,
}

impl ClassKey {
    pub(crate) fn new(tenant: TenantId, school: SchoolId, year: SchoolYear, label: &str) -> Self {
        Self { tenant, school, year, label: label.to_lowercase() }
    }
    /// All classes of a school, of one year if it is given.
    pub(crate) fn prefix(tenant: TenantId, school: SchoolId, year: Option<SchoolYear>) -> Key {
        let school = Key::new(Self::SPACE, tenant).with_u64(school.get());
        match year {
            Some(year) => school.with_u32(u32::from(year.0)),
            None => school,
        }
    }
}

impl TypedKey for ClassKey {
    type Value = ClassEntry;
    const SPACE: Keyspace = Keyspace::Class;
    fn to_key(&self) -> Key {
        Self::prefix(self.tenant, self.school, Some(self.year)).with_bytes(self.label.as_bytes())
    }
    fn from_key(key: &Key) -> Option<Self> {
        let mut fields = key.fields();
        let school = SchoolId::new(fields.u64()?);
        let year = SchoolYear(u16::try_from(fields.u32()?).ok()?);
        let label = String::from_utf8(fields.rest().to_vec()).ok()?;
        Some(Self { tenant: key.tenant()?, school, year, label })
    }
}

/// `Account | tenant | account`: a change here wakes the sessions of the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AccountKey {
    pub(crate) tenant: TenantId,
    pub(crate) account: AccountId,
}

impl TypedKey for AccountKey {
    type Value = AccountEntry;
    const SPACE: Keyspace = Keyspace::Account;
    fn to_key(&self) -> Key {
        Key::new(Self::SPACE, self.tenant).with_u64(self.account.get())
    }
    fn from_key(key: &Key) -> Option<Self> {
        let mut fields = key.fields();
        let account = AccountId::new(fields.u64()?);
        fields.end(Self { tenant: key.tenant()?, account })
    }
}

/// `Address | tenant | folded address`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AddressKey {
    pub(crate) tenant: TenantId,
    pub(crate) folded: String,
}

impl TypedKey for AddressKey {
    type Value = AddressEntry;
    const SPACE: Keyspace = Keyspace::Address;
    fn to_key(&self) -> Key {
        Key::new(Self::SPACE, self.tenant).with_bytes(self.folded.as_bytes())
    }
    fn from_key(key: &Key) -> Option<Self> {
        let folded = String::from_utf8(key.fields().rest().to_vec()).ok()?;
        Some(Self { tenant: key.tenant()?, folded })
    }
}

/// `Login | 0 | log-in name in lower case`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LoginKey(pub(crate) String);

impl TypedKey for LoginKey {
    type Value = LoginEntry;
    const SPACE: Keyspace = Keyspace::Login;
    fn to_key(&self) -> Key {
        Key::new(Self::SPACE, TenantId::INSTALLATION).with_bytes(self.0.as_bytes())
    }
    fn from_key(key: &Key) -> Option<Self> {
        String::from_utf8(key.fields().rest().to_vec()).ok().map(Self)
    }
}

/// What accounts are listed by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Everybody whose home school it is.
    School(SchoolId),
    /// Everybody in a class.
    Class(ClassId),
    /// Everybody with a role.
    Role(Role),
    /// Removed accounts of which something is left to delete.
    Removed,
}

/// `Member | tenant | kind | group | account`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MemberKey {
    pub(crate) tenant: TenantId,
    pub(crate) group: Group,
    pub(crate) account: AccountId,
}

impl MemberKey {
    pub(crate) fn prefix(tenant: TenantId, group: Group) -> Key {
        let (kind, number) = match group {
            Group::School(school) => (1, school.get()),
            Group::Class(class) => (2, class.get()),
            Group::Role(role) => (3, u64::from(role_code::of(role))),
            Group::Removed => (4, 0),
        };
        Key::new(Self::SPACE, tenant).with_u32(kind).with_u64(number)
    }
}

impl TypedKey for MemberKey {
    type Value = MemberEntry;
    const SPACE: Keyspace = Keyspace::Member;
    fn to_key(&self) -> Key {
        Self::prefix(self.tenant, self.group).with_u64(self.account.get())
    }
    fn from_key(key: &Key) -> Option<Self> {
        let mut fields = key.fields();
        let (kind, number, account) = (fields.u32()?, fields.u64()?, fields.u64()?);
        let group = match kind {
            1 => Group::School(SchoolId::new(number)),
            2 => Group::Class(ClassId::new(number)),
            3 => Group::Role(role_code::role(u8::try_from(number).ok()?)?),
            4 => Group::Removed,
            _ => return None,
        };
        fields.end(Self { tenant: key.tenant()?, group, account: AccountId::new(account) })
    }
}

/// `Tombstone | tenant | keyed hash`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TombstoneKey {
    pub(crate) tenant: TenantId,
    pub(crate) hash: [u8; 32],
}

impl TombstoneKey {
    /// Of an address.
    pub(crate) fn address(tenant: TenantId, entry: &TenantEntry, folded: &str) -> Self {
        Self::of(tenant, entry, b'@', folded.as_bytes())
    }
    /// Of an account id.
    pub(crate) fn account(tenant: TenantId, entry: &TenantEntry, account: AccountId) -> Self {
        Self::of(tenant, entry, b'#', &account.get().to_be_bytes())
    }
    fn of(tenant: TenantId, entry: &TenantEntry, kind: u8, name: &[u8]) -> Self {
        let hash = blake3::Hasher::new_keyed(&entry.tombstone_key).update(&[kind]).update(name).finalize();
        Self { tenant, hash: *hash.as_bytes() }
    }
}

impl TypedKey for TombstoneKey {
    type Value = TombstoneEntry;
    const SPACE: Keyspace = Keyspace::Tombstone;
    fn to_key(&self) -> Key {
        Key::new(Self::SPACE, self.tenant).with_bytes(&self.hash)
    }
    fn from_key(key: &Key) -> Option<Self> {
        Some(Self { tenant: key.tenant()?, hash: key.fields().rest().try_into().ok()? })
    }
}

/// `Policy | tenant | 1 | role`: the quota of a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RoleQuotaKey {
    pub(crate) tenant: TenantId,
    pub(crate) role: Role,
}

impl TypedKey for RoleQuotaKey {
    type Value = Quota;
    const SPACE: Keyspace = Keyspace::Policy;
    fn to_key(&self) -> Key {
        Key::new(Self::SPACE, self.tenant).with_u32(1).with_u32(u32::from(role_code::of(self.role)))
    }
    fn from_key(key: &Key) -> Option<Self> {
        let mut fields = key.fields();
        let (1, code) = (fields.u32()?, fields.u32()?) else { return None };
        let role = role_code::role(u8::try_from(code).ok()?)?;
        fields.end(Self { tenant: key.tenant()?, role })
    }
}

/// `Policy | tenant | 2 | account`: capabilities that its programs are not shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DeniedKey {
    pub(crate) tenant: TenantId,
    pub(crate) account: AccountId,
}

impl TypedKey for DeniedKey {
    type Value = DeniedEntry;
    const SPACE: Keyspace = Keyspace::Policy;
    fn to_key(&self) -> Key {
        Key::new(Self::SPACE, self.tenant).with_u32(2).with_u64(self.account.get())
    }
    fn from_key(key: &Key) -> Option<Self> {
        let mut fields = key.fields();
        let (2, account) = (fields.u32()?, AccountId::new(fields.u64()?)) else { return None };
        fields.end(Self { tenant: key.tenant()?, account })
    }
}

/// `Function | tenant | account`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FunctionKey {
    pub(crate) tenant: TenantId,
    pub(crate) account: AccountId,
}

impl FunctionKey {
    /// All functions of a municipality.
    pub(crate) fn prefix(tenant: TenantId) -> Key {
        Key::new(Self::SPACE, tenant)
    }
}

impl TypedKey for FunctionKey {
    type Value = FunctionEntry;
    const SPACE: Keyspace = Keyspace::Function;
    fn to_key(&self) -> Key {
        Key::new(Self::SPACE, self.tenant).with_u64(self.account.get())
    }
    fn from_key(key: &Key) -> Option<Self> {
        let mut fields = key.fields();
        let account = AccountId::new(fields.u64()?);
        fields.end(Self { tenant: key.tenant()?, account })
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Debug;

    use super::*;

    fn reads_back<K: TypedKey + Debug + PartialEq>(key: &K) {
        assert_eq!(K::from_key(&key.to_key()).as_ref(), Some(key));
    }

    #[test]
    fn keys_read_back() {
        let tenant = TenantId::new(7);
        let (school, account) = (SchoolId::new(1), AccountId::new(u64::MAX));
        reads_back(&TenantKey(tenant));
        reads_back(&DomainKey("skola.test".parse().unwrap()));
        reads_back(&SchoolKey { tenant, school });
        reads_back(&SchoolCodeKey { tenant, code: "99900001".parse().unwrap() });
        reads_back(&ClassKey::new(tenant, school, SchoolYear(2026), "4B"));
        reads_back(&AccountKey { tenant, account });
        reads_back(&AddressKey { tenant, folded: "asa@skola.test".into() });
        reads_back(&LoginKey("kq7".into()));
        for group in
            [Group::School(school), Group::Class(ClassId::new(2)), Group::Role(Role::Dpo), Group::Removed]
        {
            reads_back(&MemberKey { tenant, group, account });
        }
        reads_back(&TombstoneKey { tenant, hash: [3; 32] });
        Role::ALL.into_iter().for_each(|role| reads_back(&RoleQuotaKey { tenant, role }));
        reads_back(&FunctionKey { tenant, account });
        reads_back(&DeniedKey { tenant, account });
    }
}
