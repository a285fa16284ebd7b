//! How much may be kept, of accounts and roles.

use admin_api::{Answer, QuotaLine};
use directory::{AccountState, DirectoryError, Quota, Thing};
use model::Role;

use super::Acts;
use crate::AdminError;
use crate::audit::Act;
use crate::rights::{Operation, Target};
use crate::view::quota;

impl Acts<'_> {
    pub(super) async fn quota_show(
        &self,
        account: Option<&str>,
        role: Option<Role>,
    ) -> Result<Answer, AdminError> {
        if let Some(word) = account {
            return self.quota_of_account(word).await;
        }
        self.may(Operation::ReadPlaces, Target::default())?;
        let mut lines = Vec::new();
        for role in Role::ALL.into_iter().filter(|each| role.is_none_or(|role| role == *each)) {
            let own = self.admin.directory.role_quota(self.tenant, role).await?;
            let of = role.name().to_owned();
            lines.push(QuotaLine { of, quota: quota(own), used: None, own: own != Quota::default_of(role) });
        }
        Ok(Answer::Quotas(lines))
    }

    async fn quota_of_account(&self, word: &str) -> Result<Answer, AdminError> {
        let (account, entry) = self.find_receiving(word).await?;
        if entry.state == AccountState::Function {
            let seen = self.may(Operation::ReadFunctions, Target::of(&entry));
            seen.map_err(|_| DirectoryError::NotFound(Thing::Account))?;
        } else {
            self.may(Operation::ReadAccounts, Target::of(&entry))?;
        }
        let now = self.admin.directory.quota_of(self.tenant, &entry).await?;
        let used = Some(self.used(account).await?);
        let of = entry.address.to_string();
        Ok(Answer::Quotas(vec![QuotaLine { of, quota: quota(now), used, own: entry.quota.is_some() }]))
    }

    /// Without numbers it goes back to what it inherits; with one number the other stays.
    pub(super) async fn quota_set(
        &self,
        account: Option<&str>,
        role: Option<Role>,
        octets: Option<u64>,
        messages: Option<u64>,
    ) -> Result<Answer, AdminError> {
        let merged = |now: Quota| match (octets, messages) {
            (None, None) => None,
            _ => Some(Quota {
                octets_max: octets.unwrap_or(now.octets_max),
                messages_max: messages.unwrap_or(now.messages_max),
            }),
        };
        let directory = &self.admin.directory;
        let said = |quota: Option<Quota>| {
            quota.map_or_else(
                || "inherit".into(),
                |q| format!("{} octets, {} messages", q.octets_max, q.messages_max),
            )
        };
        match (account, role) {
            (Some(word), None) => {
                let (account, entry) = self.find_receiving(word).await?;
                self.may(Operation::SetQuota, Target::of(&entry))?;
                let quota = merged(directory.quota_of(self.tenant, &entry).await?);
                let batch = directory.set_quota(self.tenant, account, quota, self.now).await?;
                self.commit(Act::new("quota-set", account).with(said(quota)), batch).await?;
                self.quota_show(Some(word), None).await
            }
            (None, Some(role)) => {
                self.may(Operation::SetQuota, Target::default())?;
                let quota = merged(directory.role_quota(self.tenant, role).await?);
                let batch = directory.set_role_quota(self.tenant, role, quota, self.now);
                self.commit(Act::new("quota-set", role).with(said(quota)), batch).await?;
                self.quota_show(None, Some(role)).await
            }
            _ => Err(AdminError::request(
                "Ange antingen ett konto eller en roll.",
                "Give either an account or a role.",
            )),
        }
    }
}
