//! Accounts: made with their mailboxes, shown, locked, renamed, removed with all their mail.

use std::time::Duration;

use admin_api::{Answer, NewAccount, Password, Request};
use directory::{AccountEntry, AccountState, Draft, Group, PersonName, SchoolYear};
use mailbox::Mailboxes;
use model::{AccountId, EmailAddress, Role, Secret};
use store::{Batch, Lane};

use super::Acts;
use crate::audit::Act;
use crate::rights::{Operation, Target};
use crate::view::Viewer;
use crate::{AdminError, passwords};

impl Acts<'_> {
    pub(super) async fn account_add(&self, request: &Request) -> Result<Answer, AdminError> {
        let Request::AccountAdd { school, role, first, last, class, address, password } = request else {
            return Err(AdminError::Forbidden);
        };
        let school = match school {
            Some(code) => Some(self.school_id(code).await?),
            None => None,
        };
        self.may(Operation::create(*role), Target { school, class: None, role: Some(*role) })?;
        let name = PersonName::parse(first, last).map_err(directory::DirectoryError::Name)?;
        let (told, hash) = self.password(password.as_ref(), Lane::Interactive).await?;
        let new = directory::NewAccount {
            role: *role,
            name,
            school,
            class: class.clone(),
            address: address.clone(),
            password: Some(hash),
            language: None,
        };
        let mut draft = Draft::default();
        let mut plan = self.admin.directory.plan_account(self.tenant, new, &mut draft, self.now).await?;
        plan.batch.extend(mailbox::provision(self.tenant, plan.account, self.now));
        self.commit(Act::new("account-add", plan.account).with(role), plan.batch).await?;
        self.shown_with(plan.account, &plan.entry, told).await
    }

    /// The given password or a new one, which is then told, and how it is kept.
    pub(super) async fn password(
        &self,
        given: Option<&Password>,
        lane: Lane,
    ) -> Result<(Option<Password>, directory::PasswordHash), AdminError> {
        let (told, text) = match given {
            Some(password) => (None, password.expose().to_owned()),
            None => {
                let text = passwords::generate();
                (Some(Password::new(text.clone())), text)
            }
        };
        let hash = self.admin.directory.hash_password(&Secret::new(text), lane).await?;
        Ok((told, hash))
    }

    async fn shown_with(
        &self,
        account: AccountId,
        entry: &AccountEntry,
        password: Option<Password>,
    ) -> Result<Answer, AdminError> {
        let account = Viewer::new(&self.admin.directory, self.tenant).account(account, entry).await?;
        Ok(Answer::NewAccount(NewAccount { account, password }))
    }

    pub(super) async fn account_list(&self, request: &Request) -> Result<Answer, AdminError> {
        let Request::AccountList { school, class, role, after, limit } = request else {
            return Err(AdminError::Forbidden);
        };
        let group = self.group(school.as_deref(), class.as_deref(), *role).await?;
        let after =
            after.as_deref().map(str::parse::<AccountId>).transpose().map_err(|_| {
                AdminError::request("”after” är inget konto-id.", "“after” is no account id.")
            })?;
        let (directory, limit) = (&self.admin.directory, (*limit).clamp(1, 1000));
        let page = match group {
            Some(group) => directory.accounts_of(self.tenant, group, after, limit).await?,
            None => directory.accounts(self.tenant, after, limit).await?,
        };
        let next = page.last().map(|(account, _)| account.to_string());
        let (mut accounts, mut viewer) = (Vec::new(), Viewer::new(directory, self.tenant));
        let person = |entry: &AccountEntry| {
            entry.state != AccountState::Function && role.is_none_or(|role| entry.role == role)
        };
        for (account, entry) in page.iter().filter(|(_, entry)| person(entry)) {
            if self.may(Operation::ReadAccounts, Target::of(entry)).is_ok() {
                accounts.push(viewer.account(*account, entry).await?);
            }
        }
        Ok(Answer::Accounts { accounts, next })
    }

    /// What to list; people who may see one school only get that one.
    async fn group(
        &self,
        school: Option<&str>,
        class: Option<&str>,
        role: Option<Role>,
    ) -> Result<Option<Group>, AdminError> {
        let own = self.actor.only_school(Operation::ReadAccounts);
        let school = match school {
            Some(code) => Some(self.school_id(code).await?),
            None => own,
        };
        self.may(Operation::ReadAccounts, Target { school, ..Target::default() })?;
        let Some(school) = school else { return Ok(role.map(Group::Role)) };
        let Some(label) = class else { return Ok(Some(Group::School(school))) };
        let year = SchoolYear::at(self.now);
        let classes = self.admin.directory.classes(self.tenant, school, Some(year)).await?;
        let wanted = label.trim().to_lowercase();
        let found = classes.into_iter().find(|(_, entry)| entry.label.to_lowercase() == wanted);
        let (_, entry) = found.ok_or(directory::DirectoryError::NotFound(directory::Thing::Class))?;
        Ok(Some(Group::Class(entry.class)))
    }

    pub(super) async fn account_show(&self, word: &str) -> Result<Answer, AdminError> {
        let (account, entry) = self.find(word).await?;
        self.may(Operation::ReadAccounts, Target::of(&entry))?;
        let mut shown = Viewer::new(&self.admin.directory, self.tenant).account(account, &entry).await?;
        shown.used = Some(self.used(account).await?);
        shown.denied_capabilities = self.admin.directory.denied_capabilities(self.tenant, account).await?;
        Ok(Answer::Account(shown))
    }

    pub(super) async fn used(&self, account: AccountId) -> Result<admin_api::Quota, AdminError> {
        let usage = self.admin.mailboxes.usage(self.tenant, account).await?;
        Ok(admin_api::Quota { octets: usage.bytes, messages: usage.messages })
    }

    pub(super) async fn account_passwd(
        &self,
        word: &str,
        password: Option<&Password>,
    ) -> Result<Answer, AdminError> {
        let (account, entry) = self.find(word).await?;
        self.may(Operation::password(entry.role), Target::of(&entry))?;
        let (told, hash) = self.password(password, Lane::Interactive).await?;
        let batch = self.admin.directory.set_password(self.tenant, account, hash, self.now).await?;
        self.commit(Act::new("account-passwd", account), batch).await?;
        self.shown_with(account, &entry, told).await
    }

    pub(super) async fn account_lock(&self, word: &str) -> Result<Answer, AdminError> {
        let (account, entry) = self.find(word).await?;
        self.may(Operation::Lock, Target::of(&entry))?;
        let batch = self.admin.directory.lock(self.tenant, account, self.now).await?;
        self.commit(Act::new("account-lock", account), batch).await?;
        self.account_shown(account).await
    }

    pub(super) async fn account_unlock(&self, word: &str) -> Result<Answer, AdminError> {
        let (account, entry) = self.find(word).await?;
        self.may(Operation::Lock, Target::of(&entry))?;
        let batch = self.admin.directory.unlock(self.tenant, account, self.now).await?;
        self.commit(Act::new("account-unlock", account), batch).await?;
        self.account_shown(account).await
    }

    pub(super) async fn account_rename(
        &self,
        word: &str,
        first: &str,
        last: &str,
        address: Option<&EmailAddress>,
    ) -> Result<Answer, AdminError> {
        let (account, entry) = self.find(word).await?;
        self.may(Operation::Rename, Target::of(&entry))?;
        let name = PersonName::parse(first, last).map_err(directory::DirectoryError::Name)?;
        // The old address receives for two years (staff) or one (pupils), and nobody else ever gets it.
        let days = if entry.role.is_staff() { 730 } else { 365 };
        let until = self.now.after(Duration::from_secs(days * 86_400));
        let address = address.cloned();
        let planned =
            self.admin.directory.rename(self.tenant, account, name, address, Some(until), self.now).await;
        self.commit(Act::new("account-rename", account), planned?).await?;
        self.account_shown(account).await
    }

    /// After a change: as it is now.
    pub(super) async fn account_shown(&self, account: AccountId) -> Result<Answer, AdminError> {
        let entry = self.admin.directory.account(self.tenant, account).await?;
        let entry = entry.ok_or(directory::DirectoryError::NotFound(directory::Thing::Account))?;
        let mut shown = Viewer::new(&self.admin.directory, self.tenant).account(account, &entry).await?;
        shown.denied_capabilities = self.admin.directory.denied_capabilities(self.tenant, account).await?;
        Ok(Answer::Account(shown))
    }

    /// The first commit takes the account away from everybody; its mail goes after it, in chunks.
    pub(super) async fn account_remove(&self, word: &str) -> Result<Answer, AdminError> {
        let (account, entry) = self.find(word).await?;
        self.may(Operation::Remove, Target::of(&entry))?;
        let mut batch: Batch = self.admin.directory.remove(self.tenant, account, self.now).await?;
        batch.extend(Mailboxes::removal(self.tenant, account, self.now));
        self.commit(Act::new("account-remove", account).with(entry.role), batch).await?;
        self.finish_removal(account).await?;
        Ok(Answer::Done)
    }

    pub(super) async fn finish_removal(&self, account: AccountId) -> Result<(), AdminError> {
        match self.admin.finish_removal(self.tenant, account, self.now).await {
            // The account is gone for everybody; what is left is done at the next start.
            Err(error) if error.is_conflict() => {
                tracing::warn!(%account, %error, "removal is finished later");
                Ok(())
            }
            result => result,
        }
    }
}
