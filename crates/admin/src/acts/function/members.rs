//! Who works in a function's mailboxes, and who answers for it.
//!
//! Who is a member is an entry in the access control list of all of the function's mailboxes; mail programs cannot change
//! it. Whoever leaves no longer answers for it; whoever is replaced as manager stays a member, and the answer says so.

use admin_api::{Answer, MemberRights};
use mailbox::{Grant, Mailboxes};
use model::{AccountId, Language, MailboxName, Rights, Text};
use store::Batch;

use super::guard::{Found, takes_away};
use crate::AdminError;
use crate::acts::Acts;
use crate::audit::Act;

impl Acts<'_> {
    pub(in crate::acts) async fn member_add(
        &self,
        word: &str,
        member: &str,
        rights: MemberRights,
    ) -> Result<Answer, AdminError> {
        let found = self.find_function(word).await?;
        self.may_choose(&found)?;
        let (account, entry) = self.find(member).await?;
        self.check_member(&found, account, &entry)?;
        if takes_away(self.rights_of(&found, account).await?, rights) {
            self.may_take_from(account, &entry)?;
        }
        self.check_room(&found, account).await?;
        let mut batch = Batch::new(self.now);
        self.admin.directory.require_function(&mut batch, self.tenant, found.account, &found.function);
        self.join(&mut batch, &found, account, &entry, rights.rights());
        let act = Act::new("function-member-add", found.account).with(format!("{account} {rights}"));
        self.commit(act, batch).await?;
        self.subscribe(&found, account).await;
        self.function_shown(found, Vec::new()).await
    }

    /// Everybody may leave.
    pub(in crate::acts) async fn member_remove(
        &self,
        word: &str,
        member: &str,
    ) -> Result<Answer, AdminError> {
        let mut found = self.find_function(word).await?;
        let (holder, entry) = self.find(member).await?;
        if !self.is_actor(holder) {
            self.may_end(&found)?;
        }
        let managed = found.function.manager == Some(holder);
        if self.rights_of(&found, holder).await?.is_empty() && !managed {
            let (who, function) = (&entry.address, &found.entry.address);
            return Err(AdminError::refused(
                "no-member",
                format!("{who} är inte medlem i {function}; inget är ändrat."),
                format!("{who} is not a member of {function}; nothing was changed."),
            ));
        }
        self.may_take_from(holder, &entry)?;
        let grant = Grant { owner: found.account, mailbox: None, holder, rights: Rights::NONE };
        let mut batch = Mailboxes::grant(self.tenant, grant, self.now);
        let mut notes = Vec::new();
        if managed {
            let directory = &self.admin.directory;
            batch.extend(directory.set_manager(self.tenant, found.account, found.function, None, self.now));
            found.function.manager = None;
            notes.push(Text::new(
                format!("{} är inte längre ansvarig; ingen är det nu.", entry.address),
                format!("{} is no longer the manager; nobody is now.", entry.address),
            ));
        }
        self.commit(Act::new("function-member-remove", found.account).with(holder), batch).await?;
        self.function_shown(found, notes).await
    }

    /// The new manager becomes a member with all rights; the one before stays a member.
    pub(in crate::acts) async fn function_manager(
        &self,
        word: &str,
        manager: Option<&str>,
    ) -> Result<Answer, AdminError> {
        let mut found = self.find_function(word).await?;
        self.may_choose(&found)?;
        let manager = match manager {
            Some(word) => Some(self.find(word).await?),
            None => None,
        };
        let id = manager.as_ref().map(|(id, _)| *id);
        let notes = self.replaced(&found, id).await?;
        let directory = &self.admin.directory;
        let mut batch = directory.set_manager(self.tenant, found.account, found.function, id, self.now);
        if let Some((id, entry)) = &manager {
            self.check_member(&found, *id, entry)?;
            self.check_manager(&found, entry)?;
            self.check_room(&found, *id).await?;
            self.join(&mut batch, &found, *id, entry, MemberRights::Full.rights());
        }
        let said = id.map_or_else(|| "none".to_owned(), |id| id.to_string());
        self.commit(Act::new("function-manager", found.account).with(said), batch).await?;
        found.function.manager = id;
        if let Some(manager) = id {
            self.subscribe(&found, manager).await;
        }
        self.function_shown(found, notes).await
    }

    /// What is to be known of the manager of before, if the actor may take the place away.
    async fn replaced(&self, found: &Found, next: Option<AccountId>) -> Result<Vec<Text>, AdminError> {
        let Some(before) = found.function.manager.filter(|before| Some(*before) != next) else {
            return Ok(Vec::new());
        };
        let Some(entry) = self.admin.directory.account(self.tenant, before).await? else {
            return Ok(Vec::new());
        };
        self.may_take_from(before, &entry)?;
        let rights = self.rights_of(found, before).await?;
        if rights.is_empty() {
            return Ok(Vec::new());
        }
        let label = |language| {
            MemberRights::of(rights)
                .map_or_else(|| rights.to_string(), |preset| preset.label(language).to_owned())
        };
        let (who, sv, en) = (&entry.address, label(Language::Sv), label(Language::En));
        Ok(vec![Text::new(
            format!(
                "{who} är inte längre ansvarig men fortfarande medlem ({sv}); ”skolpost function leave” avslutar det."
            ),
            format!(
                "{who} is no longer the manager but still a member ({en}); “skolpost function leave” ends that."
            ),
        )])
    }

    /// Takes a function from everybody in it: may the actor?
    pub(super) async fn may_take_from_all(&self, found: &Found) -> Result<(), AdminError> {
        let members = self.admin.mailboxes.grants(self.tenant, found.account).await?;
        let people = members.iter().map(|grant| grant.holder).chain(found.function.manager);
        for person in people {
            if let Some(entry) = self.admin.directory.account(self.tenant, person).await? {
                self.may_take_from(person, &entry)?;
            }
        }
        Ok(())
    }

    async fn check_room(&self, found: &Found, account: AccountId) -> Result<(), AdminError> {
        let mailboxes = &self.admin.mailboxes;
        let most = mailboxes.limits().grants_max;
        let members = mailboxes.grants(self.tenant, found.account).await?;
        if members.iter().filter(|grant| grant.holder != account).count() < most {
            return Ok(());
        }
        Err(AdminError::request(
            format!("Funktionen har redan {most} medlemmar. Ta bort någon först."),
            format!("The function has {most} members already. Remove one first."),
        ))
    }

    pub(super) fn join(
        &self,
        batch: &mut Batch,
        found: &Found,
        holder: AccountId,
        entry: &directory::AccountEntry,
        rights: Rights,
    ) {
        // Read as staff and not removed: it must still be so.
        self.admin.directory.require_unchanged(batch, self.tenant, holder, entry);
        let grant = Grant { owner: found.account, mailbox: None, holder, rights };
        batch.extend(Mailboxes::grant(self.tenant, grant, self.now));
    }

    /// Puts the function's mailboxes into the list that the member's programs show. Whoever does not see them there can
    /// still subscribe by hand, so that a failure only goes to the log.
    pub(super) async fn subscribe(&self, found: &Found, member: AccountId) {
        let mailboxes = &self.admin.mailboxes;
        let prefix = &mailboxes.limits().sharing.functions_prefix;
        let folders = mailboxes.list(self.tenant, found.account).await.unwrap_or_default();
        for folder in folders {
            let below = if folder.name.is_inbox() { String::new() } else { format!("/{}", folder.name) };
            let Ok(name) = MailboxName::parse(&format!("{prefix}/{}{below}", found.entry.address)) else {
                continue;
            };
            if let Err(error) = mailboxes.subscribe(self.tenant, member, &name, self.now).await {
                tracing::warn!(account = %member, %error, "mailboxes of a function are not subscribed");
                return;
            }
        }
    }
}
