//! Functions of a school: made with their mailboxes, given to members, removed.
//!
//! Who is a member is an entry in the access control list of all of the function's mailboxes; mail programs cannot change
//! it. Of a confidential function nobody who administers gets in by administering: its members are chosen by the school's
//! head teacher or by its manager, nobody chooses themselves, and no administrator is chosen. Taking rights away is open to
//! everybody who manages functions, as it shows nothing to anybody.

use admin_api::{Answer, Function, Member, MemberRights, Request};
use directory::{AccountEntry, DirectoryError, FunctionEntry, NewFunction, Thing};
use mailbox::{Grant, Mailboxes};
use model::{AccountId, MailboxName, Rights, Role};
use store::Batch;

use super::Acts;
use crate::AdminError;
use crate::actor::Actor;
use crate::audit::Act;
use crate::rights::{Operation, Target};
use crate::view::{Viewer, quota};

/// A function that was found.
struct Found {
    account: AccountId,
    entry: AccountEntry,
    function: FunctionEntry,
}

impl Acts<'_> {
    pub(super) async fn function_add(&self, request: &Request) -> Result<Answer, AdminError> {
        let Request::FunctionAdd { school, address, name, confidential, manager } = request else {
            return Err(AdminError::Forbidden);
        };
        let school = self.school_id(school).await?;
        self.may(Operation::ManageFunctions, Target::school(school))?;
        let confidential = *confidential || is_health(&address.local().folded());
        let manager = match manager {
            Some(word) => Some(self.find(word).await?),
            None => None,
        };
        let id = manager.as_ref().map(|(id, _)| *id);
        let (name, address) = (name.clone(), address.clone());
        let new = NewFunction { school, name, address, confidential, manager: id };
        let plan = self.admin.directory.plan_function(self.tenant, new, self.now).await?;
        let function = FunctionEntry { confidential, manager: id };
        let found = Found { account: plan.account, entry: plan.entry, function };
        let mut batch = plan.batch;
        batch.extend(mailbox::provision(self.tenant, plan.account, self.now));
        if let Some((id, entry)) = &manager {
            self.check_member(&found, *id, entry)?;
            self.check_manager(&found, entry)?;
            self.join(&mut batch, &found, *id, entry, MemberRights::Full.rights());
        }
        let said = manager.map_or_else(|| "no manager".to_owned(), |(id, _)| format!("manager {id}"));
        let kind = if confidential { "confidential, " } else { "" };
        self.commit(Act::new("function-add", plan.account).with(format!("{kind}{said}")), batch).await?;
        if let Some(manager) = id {
            self.subscribe(&found, manager).await;
        }
        self.function_shown(found).await
    }

    pub(super) async fn function_list(&self, school: Option<&str>) -> Result<Answer, AdminError> {
        self.may(Operation::ReadPlaces, Target::default())?;
        let school = match school {
            Some(code) => Some(self.school_id(code).await?),
            None => None,
        };
        let (mut shown, mut viewer) = (Vec::new(), Viewer::new(&self.admin.directory, self.tenant));
        for (account, entry, function) in self.admin.directory.functions(self.tenant).await? {
            if school.is_none() || entry.school == school {
                shown.push(self.shown(&Found { account, entry, function }, &mut viewer).await?);
            }
        }
        shown.sort_by(|one, other| (&one.school, &one.name).cmp(&(&other.school, &other.name)));
        Ok(Answer::Functions(shown))
    }

    pub(super) async fn function_show(&self, word: &str) -> Result<Answer, AdminError> {
        let found = self.find_function(word).await?;
        if !self.is_manager(&found) {
            self.may(Operation::ReadAccounts, Target::of(&found.entry))?;
        }
        self.function_shown(found).await
    }

    pub(super) async fn member_add(
        &self,
        word: &str,
        member: &str,
        rights: MemberRights,
    ) -> Result<Answer, AdminError> {
        let found = self.find_function(word).await?;
        self.may_choose(&found)?;
        let (account, entry) = self.find(member).await?;
        self.check_member(&found, account, &entry)?;
        self.check_room(&found, account).await?;
        let mut batch = Batch::new(self.now);
        self.admin.directory.require_function(&mut batch, self.tenant, found.account, &found.function);
        self.join(&mut batch, &found, account, &entry, rights.rights());
        let act = Act::new("function-member-add", found.account).with(format!("{account} {rights}"));
        self.commit(act, batch).await?;
        self.subscribe(&found, account).await;
        self.function_shown(found).await
    }

    pub(super) async fn member_remove(&self, word: &str, member: &str) -> Result<Answer, AdminError> {
        let found = self.find_function(word).await?;
        if !self.is_manager(&found) {
            self.may(Operation::ManageFunctions, Target::of(&found.entry))?;
        }
        let (holder, _) = self.find(member).await?;
        if self.rights_of(&found, holder).await?.is_empty() {
            return Err(DirectoryError::NotFound(Thing::Account).into());
        }
        let grant = Grant { owner: found.account, mailbox: None, holder, rights: Rights::NONE };
        let batch = Mailboxes::grant(self.tenant, grant, self.now);
        self.commit(Act::new("function-member-remove", found.account).with(holder), batch).await?;
        self.function_shown(found).await
    }

    /// The new manager becomes a member with all rights; the one before stays a member.
    pub(super) async fn function_manager(
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
        self.function_shown(found).await
    }

    /// An empty function goes by one person's hand; with letters in it, it is like removing an account.
    pub(super) async fn function_remove(&self, word: &str) -> Result<Answer, AdminError> {
        let found = self.find_function(word).await?;
        self.may(Operation::ManageFunctions, Target::of(&found.entry))?;
        if self.used(found.account).await?.messages > 0 {
            self.may(Operation::Remove, Target::of(&found.entry))?;
        }
        let mut batch = self.admin.directory.remove(self.tenant, found.account, self.now).await?;
        batch.extend(Mailboxes::removal(self.tenant, found.account, self.now));
        self.commit(Act::new("function-remove", found.account), batch).await?;
        self.finish_removal(found.account).await?;
        Ok(Answer::Done)
    }

    async fn find_function(&self, word: &str) -> Result<Found, AdminError> {
        let found = self.admin.directory.find_function(self.tenant, word.trim()).await?;
        let (account, entry, function) = found;
        Ok(Found { account, entry, function })
    }

    fn is_manager(&self, found: &Found) -> bool {
        matches!(self.actor, Actor::Person { account, .. } if found.function.manager == Some(*account))
    }

    /// May the actor say who is a member?
    fn may_choose(&self, found: &Found) -> Result<(), AdminError> {
        if self.is_manager(found) {
            return Ok(());
        }
        if !found.function.confidential {
            return self.may(Operation::ManageFunctions, Target::of(&found.entry));
        }
        match self.actor {
            Actor::Person { entry, .. } if entry.role == Role::Rektor => {
                self.may(Operation::ManageFunctions, Target::of(&found.entry))
            }
            _ => Err(AdminError::Confidential),
        }
    }

    /// May this person be a member? Staff only; of the same school, unless the whole municipality is the actor's or the
    /// person belongs to its pupil health team.
    fn check_member(
        &self,
        found: &Found,
        account: AccountId,
        entry: &AccountEntry,
    ) -> Result<(), AdminError> {
        if !entry.role.is_staff() {
            return Err(AdminError::request(
                "Bara personal kan vara med i en funktion.",
                "Only staff can be members of a function.",
            ));
        }
        let own = entry.school.is_none() || entry.school == found.entry.school;
        let health = entry.role == Role::Elevhalsa;
        if !own && !health && self.actor.only_school(Operation::ManageFunctions).is_some() {
            return Err(AdminError::Forbidden);
        }
        let themselves = matches!(self.actor, Actor::Person { account: actor, .. } if *actor == account);
        if found.function.confidential && (themselves || administers(entry.role)) {
            return Err(AdminError::Confidential);
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

    /// A confidential function is answered for by the pupil health team or a head teacher.
    fn check_manager(&self, found: &Found, entry: &AccountEntry) -> Result<(), AdminError> {
        let fits = !found.function.confidential || matches!(entry.role, Role::Elevhalsa | Role::Rektor);
        if fits { Ok(()) } else { Err(AdminError::Confidential) }
    }

    fn join(
        &self,
        batch: &mut Batch,
        found: &Found,
        holder: AccountId,
        entry: &AccountEntry,
        rights: Rights,
    ) {
        // Read as staff and not removed: it must still be so.
        self.admin.directory.require_unchanged(batch, self.tenant, holder, entry);
        let grant = Grant { owner: found.account, mailbox: None, holder, rights };
        batch.extend(Mailboxes::grant(self.tenant, grant, self.now));
    }

    async fn rights_of(&self, found: &Found, member: AccountId) -> Result<Rights, AdminError> {
        Ok(self.admin.mailboxes.rights_of_member(self.tenant, found.account, member).await?)
    }

    /// Puts the function's mailboxes into the list that the member's programs show. Whoever does not see them there can
    /// still subscribe by hand, so that a failure only goes to the log.
    async fn subscribe(&self, found: &Found, member: AccountId) {
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

    async fn function_shown(&self, found: Found) -> Result<Answer, AdminError> {
        let mut viewer = Viewer::new(&self.admin.directory, self.tenant);
        let mut shown = self.shown(&found, &mut viewer).await?;
        shown.used = Some(self.used(found.account).await?);
        for grant in self.admin.mailboxes.grants(self.tenant, found.account).await? {
            let Some(entry) = self.admin.directory.account(self.tenant, grant.holder).await? else {
                continue;
            };
            shown.members.push(Member {
                name: entry.display_name(),
                address: entry.address,
                preset: MemberRights::of(grant.rights),
                rights: grant.rights.to_string(),
            });
        }
        Ok(Answer::Function(Box::new(shown)))
    }

    async fn shown(&self, found: &Found, viewer: &mut Viewer<'_>) -> Result<Function, AdminError> {
        let directory = &self.admin.directory;
        let manager = match found.function.manager {
            Some(manager) => directory.account(self.tenant, manager).await?.map(|entry| entry.address),
            None => None,
        };
        Ok(Function {
            id: found.account.to_string(),
            address: found.entry.address.clone(),
            name: found.entry.display_name(),
            school: viewer.school(found.entry.school).await?,
            confidential: found.function.confidential,
            manager,
            members: Vec::new(),
            quota: quota(directory.quota_of(self.tenant, &found.entry).await?),
            used: None,
        })
    }
}

/// Pupil health is always confidential, whoever makes it.
fn is_health(local_folded: &str) -> bool {
    let word: String = local_folded.chars().filter(char::is_ascii_alphabetic).collect();
    word.contains("elevhalsa") || word.contains("skolskoterska") || word.contains("kurator")
}

/// Those who make accounts and set passwords.
const fn administers(role: Role) -> bool {
    matches!(
        role,
        Role::ProviderOps
            | Role::RegionAdmin
            | Role::CentralAdmin
            | Role::CentralHelpdesk
            | Role::SchoolAdmin
            | Role::Secretary
    )
}
