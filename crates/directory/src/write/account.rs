//! A new account: opaque id and log-in name, an address, its place among schools, classes and roles.

use model::{AccountId, CredentialVersion, EmailAddress, Language, Role, SchoolId, TenantId, UnixMillis};
use store::Batch;

use super::Draft;
use super::address::Purpose;
use crate::keys::{AccountKey, LoginKey, MemberKey, SchoolKey, TombstoneKey};
use crate::{
    AccountEntry, AccountState, AddressEntry, AddressKind, ClassRef, Directory, DirectoryError, Group,
    LoginEntry, MemberEntry, PasswordHash, PersonName, SchoolYear, TenantEntry, Thing, random,
};

/// An account to be made.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// What the person is.
    pub role: Role,
    /// The name.
    pub name: PersonName,
    /// Home school; a pupil has one.
    pub school: Option<SchoolId>,
    /// Label of the class, of the current school year; made if it is not there.
    pub class: Option<String>,
    /// A chosen address; otherwise the name gives one.
    pub address: Option<EmailAddress>,
    /// Without one nobody logs in until one is set.
    pub password: Option<PasswordHash>,
    /// What its holder reads; otherwise the municipality's language.
    pub language: Option<Language>,
}

/// An account that comes to be when `batch` is committed.
#[derive(Clone, Debug)]
pub struct PlannedAccount {
    /// Its id.
    pub account: AccountId,
    /// Its row.
    pub entry: AccountEntry,
    /// The directory's part; mailboxes are to be added.
    pub batch: Batch,
}

/// Opaque and easy to type: letters and digits that cannot be taken for one another.
const LOGIN_LETTERS: &[u8] = b"abcdefghjkmnpqrstuvwxyz";
const LOGIN_SIGNS: &[u8] = b"abcdefghjkmnpqrstuvwxyz23456789";

impl Directory {
    /// Plans an account.
    ///
    /// # Errors
    /// What is wrong with name, address, school or class; reading errors.
    pub async fn plan_account(
        &self,
        tenant: TenantId,
        new: NewAccount,
        draft: &mut Draft,
        now: UnixMillis,
    ) -> Result<PlannedAccount, DirectoryError> {
        let municipality = self.tenant_entry(tenant).await?;
        let account = AccountId::new(random::number());
        let (class, mut batch) = self.place(tenant, &new, draft, now).await?;
        let (address, before) = match &new.address {
            Some(address) => {
                let before =
                    self.check_address(tenant, &municipality, address, account, Purpose::Person).await?;
                if draft.has_address(&address.folded()) {
                    return Err(DirectoryError::AddressTaken(address.clone()));
                }
                (address.clone(), before)
            }
            None => (self.free_address(tenant, &municipality, &new.name, draft).await?, None),
        };
        draft.add_address(address.folded());
        let to = AddressEntry { account, kind: AddressKind::Primary };
        Self::give_address(&mut batch, tenant, &municipality, &address, to, before, now);
        let entry = entry_of(new, &municipality, class, address, now);
        account_rows(&mut batch, tenant, &municipality, account, &entry);
        Ok(PlannedAccount { account, entry, batch })
    }

    async fn place(
        &self,
        tenant: TenantId,
        new: &NewAccount,
        draft: &mut Draft,
        now: UnixMillis,
    ) -> Result<(Option<ClassRef>, Batch), DirectoryError> {
        let mut batch = Batch::new(now);
        let Some(school) = new.school else {
            let needs_one = new.role == Role::Pupil || new.class.is_some();
            return if needs_one { Err(DirectoryError::SchoolMissing) } else { Ok((None, batch)) };
        };
        if self.school(tenant, school).await?.is_none() {
            return Err(DirectoryError::NotFound(Thing::School));
        }
        batch.require_present(&SchoolKey { tenant, school });
        let Some(label) = &new.class else { return Ok((None, batch)) };
        let (class, part) = self.ensure_class(tenant, school, label, SchoolYear::at(now), draft, now).await?;
        batch.extend(part);
        Ok((Some(class), batch))
    }
}

pub(super) fn new_login() -> String {
    random::letters(LOGIN_LETTERS, 3) + &random::letters(LOGIN_SIGNS, 6)
}

fn entry_of(
    new: NewAccount,
    municipality: &TenantEntry,
    class: Option<ClassRef>,
    address: EmailAddress,
    now: UnixMillis,
) -> AccountEntry {
    AccountEntry {
        login: new_login(),
        role: new.role,
        first: new.name.first().to_owned(),
        last: new.name.last().to_owned(),
        state: AccountState::Active,
        school: new.school,
        class,
        address,
        aliases: Vec::new(),
        password: new.password,
        version: CredentialVersion::default(),
        quota: None,
        language: new.language.unwrap_or(municipality.language),
        created: now,
        changed: now,
    }
}

pub(super) fn account_rows(
    batch: &mut Batch,
    tenant: TenantId,
    municipality: &TenantEntry,
    account: AccountId,
    entry: &AccountEntry,
) {
    let (key, login) = (AccountKey { tenant, account }, LoginKey(entry.login.clone()));
    batch.require_absent(&key);
    batch.require_absent(&login);
    batch.require_absent(&TombstoneKey::account(tenant, municipality, account));
    batch.put(&key, entry);
    batch.put(&login, &LoginEntry { tenant, account });
    for group in groups(entry) {
        batch.put(&MemberKey { tenant, group, account }, &MemberEntry { since: entry.created });
    }
}

/// What an account is listed under. A function is nobody, and is listed by itself.
pub(super) fn groups(entry: &AccountEntry) -> impl Iterator<Item = Group> {
    let school = entry.school.map(Group::School);
    let class = entry.class.as_ref().map(|class| Group::Class(class.class));
    let person = entry.state != AccountState::Function;
    [Some(Group::Role(entry.role)), school, class].into_iter().flatten().filter(move |_| person)
}
