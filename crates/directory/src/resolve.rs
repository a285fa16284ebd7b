//! Who receives at an address.
//!
//! RFC 5321 §4.5.1: `postmaster` of a local domain always has a reader. Whoever has the address as an alias reads it; if
//! nobody has, the first central administrator does. As long as there is none (a new municipality), the answer is
//! [`Resolution::NobodyYet`], a temporary refusal: the sender tries again, nothing is lost. The same for `abuse`.

use model::{AccountId, EmailAddress, Role, TenantId, UnixMillis};
use store::StoreError;

use crate::{AccountEntry, AccountState, Directory, Group, Quota};

/// An account that receives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// The municipality.
    pub tenant: TenantId,
    /// The account.
    pub account: AccountId,
    /// What the person is.
    pub role: Role,
    /// Active or locked; `flow` decides whether a locked account takes mail.
    pub state: AccountState,
    /// How much the account may keep.
    pub quota: Quota,
    /// The account's primary address.
    pub address: EmailAddress,
}

/// What an address is to us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// This account receives.
    Account(Recipient),
    /// The domain is ours, the address nobody's: 550 5.1.1.
    Unknown,
    /// `postmaster` or `abuse` of a municipality without administrator: 450 4.2.1, ask again later.
    NobodyYet,
    /// The domain is not ours.
    NotLocal,
}

impl Directory {
    /// Who receives at `address`.
    ///
    /// # Errors
    /// [`StoreError`] if it cannot be read.
    pub async fn resolve(&self, address: &EmailAddress, now: UnixMillis) -> Result<Resolution, StoreError> {
        let Some(tenant) = self.tenant_of(address.domain()).await? else {
            return Ok(Resolution::NotLocal);
        };
        if let Some((account, kind)) = self.holder(tenant, address).await?
            && kind.receives(now)
            && let Some(recipient) = self.recipient(tenant, account).await?
        {
            return Ok(Resolution::Account(recipient));
        }
        if !matches!(&*address.local().folded(), "postmaster" | "abuse") {
            return Ok(Resolution::Unknown);
        }
        match self.first_administrator(tenant).await? {
            Some(recipient) => Ok(Resolution::Account(recipient)),
            None => Ok(Resolution::NobodyYet),
        }
    }

    async fn recipient(&self, tenant: TenantId, account: AccountId) -> Result<Option<Recipient>, StoreError> {
        match self.account(tenant, account).await? {
            Some(entry) if entry.state != AccountState::Removed => {
                Ok(Some(self.receiving(tenant, account, entry).await?))
            }
            _ => Ok(None),
        }
    }

    async fn receiving(
        &self,
        tenant: TenantId,
        account: AccountId,
        entry: AccountEntry,
    ) -> Result<Recipient, StoreError> {
        let quota = self.quota_of(tenant, &entry).await?;
        Ok(Recipient { tenant, account, role: entry.role, state: entry.state, quota, address: entry.address })
    }

    async fn first_administrator(&self, tenant: TenantId) -> Result<Option<Recipient>, StoreError> {
        let group = Group::Role(Role::CentralAdmin);
        let mut after = None;
        loop {
            let page = self.accounts_of(tenant, group, after, 20).await?;
            let Some((last, _)) = page.last() else { return Ok(None) };
            after = Some(*last);
            if let Some((account, entry)) = page.into_iter().find(|(_, e)| e.state == AccountState::Active) {
                return self.receiving(tenant, account, entry).await.map(Some);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{NOW, School};

    fn address(text: &str) -> EmailAddress {
        text.parse().unwrap()
    }

    #[tokio::test]
    async fn addresses_in_any_case_unknown_ones_and_foreign_ones() {
        let school = School::open().await;
        let asa = school.add(Role::Pupil, "Åsa", "Öqvist").await;
        let found = school.directory.resolve(&address("ASA.oqvist@Skola.Test"), NOW).await.unwrap();
        let Resolution::Account(recipient) = found else { panic!("{found:?}") };
        assert_eq!((recipient.account, recipient.role), (asa, Role::Pupil));
        assert_eq!(recipient.quota, Quota::default_of(Role::Pupil));
        for (text, expected) in [
            ("nobody@skola.test", Resolution::Unknown),
            ("asa.oqvist@other.test", Resolution::Unknown),
            ("asa.oqvist@elsewhere.test", Resolution::NotLocal),
            ("postmaster@skola.test", Resolution::NobodyYet),
        ] {
            assert_eq!(school.directory.resolve(&address(text), NOW).await.unwrap(), expected, "{text}");
        }
    }

    #[tokio::test]
    async fn postmaster_reaches_the_administrator_or_who_has_the_alias() {
        let school = School::open().await;
        let admin = school.add(Role::CentralAdmin, "Eva", "Ek").await;
        let teacher = school.add(Role::Teacher, "Bo", "Al").await;
        let who =
            async || match school.directory.resolve(&address("Postmaster@skola.test"), NOW).await.unwrap() {
                Resolution::Account(recipient) => recipient.account,
                other => panic!("{other:?}"),
            };
        assert_eq!(who().await, admin);
        let alias = address("postmaster@skola.test");
        let batch = school.directory.add_alias(school.tenant, teacher, &alias, NOW).await.unwrap();
        school.commit(batch).await;
        assert_eq!(who().await, teacher);
    }
}
