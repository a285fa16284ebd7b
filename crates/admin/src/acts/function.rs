//! Functions of a school: made with their mailboxes, shown, named, guarded, removed.
//!
//! Of a confidential function nobody who administers gets in by administering: its members are chosen by the school's
//! head teacher or by its manager, nobody chooses themselves, and no administrator is chosen.

mod guard;
mod members;

use admin_api::{Answer, Function, Member, MemberRights, Request};
use directory::{FunctionEntry, NewFunction, is_health, is_operators};
use mailbox::Mailboxes;
use model::{EmailAddress, Role, Text};

pub(super) use self::guard::Found;
use self::guard::{Guard, central_address};
use super::Acts;
use crate::AdminError;
use crate::actor::Actor;
use crate::audit::Act;
use crate::rights::{Operation, Target};
use crate::view::{Viewer, quota};

impl Acts<'_> {
    pub(super) async fn function_add(&self, request: &Request) -> Result<Answer, AdminError> {
        let Request::FunctionAdd { school, address, name, confidential, manager } = request else {
            return Err(AdminError::Forbidden);
        };
        let school = self.school_id(school).await?;
        self.may(Operation::ManageFunctions, Target::school(school))?;
        self.may_hold_address(address)?;
        let confidential = *confidential || is_health(&address.local().folded(), name);
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
        self.function_shown(found, Vec::new()).await
    }

    /// Who reads `postmaster@` and its like speaks for the whole domain.
    pub(super) fn may_hold_address(&self, address: &EmailAddress) -> Result<(), AdminError> {
        let central = match self.actor {
            Actor::Person { entry, .. } => entry.role == Role::CentralAdmin,
            Actor::Console(_) => true,
        };
        if central || !is_operators(&address.local().folded()) {
            return Ok(());
        }
        Err(central_address(address))
    }

    pub(super) async fn function_list(&self, school: Option<&str>) -> Result<Answer, AdminError> {
        let school = match school {
            Some(code) => Some(self.school_id(code).await?),
            None => None,
        };
        let (mut shown, mut viewer) = (Vec::new(), Viewer::new(&self.admin.directory, self.tenant));
        for (account, entry, function) in self.admin.directory.functions(self.tenant).await? {
            let found = Found { account, entry, function };
            if (school.is_none() || found.entry.school == school) && self.sees(&found) {
                shown.push(self.shown(&found, &mut viewer).await?);
            }
        }
        shown.sort_by(|one, other| (&one.school, &one.name).cmp(&(&other.school, &other.name)));
        Ok(Answer::Functions(shown))
    }

    pub(super) async fn function_show(&self, word: &str) -> Result<Answer, AdminError> {
        let found = self.find_function(word).await?;
        if self.sees(&found) {
            self.function_shown(found, Vec::new()).await
        } else {
            Err(AdminError::Forbidden)
        }
    }

    /// A name, and more protection; never less.
    pub(super) async fn function_set(
        &self,
        word: &str,
        name: Option<&str>,
        confidential: bool,
    ) -> Result<Answer, AdminError> {
        let mut found = self.find_function(word).await?;
        if name.is_none() && !confidential {
            return Err(AdminError::request(
                "Ange --name, --confidential eller båda.",
                "Say --name, --confidential or both.",
            ));
        }
        if confidential || found.guard() != Guard::Open {
            self.may_guard(&found)?;
        } else if !self.is_manager(&found) {
            self.may(Operation::ManageFunctions, Target::of(&found.entry))?;
        }
        let name = name.unwrap_or(&found.entry.first).to_owned();
        let before = found.is_confidential();
        let raised = before || confidential || is_health(&found.entry.address.local().folded(), &name);
        let new = FunctionEntry { confidential: raised, ..found.function };
        let old = (&found.entry, found.function);
        let directory = &self.admin.directory;
        let batch = directory.change_function(self.tenant, found.account, old, (&name, new), self.now)?;
        let said = if raised && !before { "confidential" } else { "name" };
        self.commit(Act::new("function-set", found.account).with(said), batch).await?;
        let notes = if raised && !before { vec![stays()] } else { Vec::new() };
        (found.entry.first, found.function) = (name, new);
        self.function_shown(found, notes).await
    }

    /// An empty function goes by one person's hand; with letters in it, it is like removing an account.
    pub(super) async fn function_remove(&self, word: &str) -> Result<Answer, AdminError> {
        let found = self.find_function(word).await?;
        self.may_end(&found)?;
        self.may(Operation::ManageFunctions, Target::of(&found.entry))?;
        self.may_take_from_all(&found).await?;
        let letters = self.used(found.account).await?.messages;
        if letters > 0 {
            self.may(Operation::Remove, Target::of(&found.entry))
                .map_err(|_| has_letters(&found, letters))?;
        }
        let mut batch = self.admin.directory.remove(self.tenant, found.account, self.now).await?;
        batch.extend(Mailboxes::removal(self.tenant, found.account, self.now));
        self.commit(Act::new("function-remove", found.account), batch).await?;
        self.finish_removal(found.account).await?;
        Ok(Answer::Done)
    }

    /// After an act: the function as it is now, to those who see it.
    async fn function_shown(&self, found: Found, mut notes: Vec<Text>) -> Result<Answer, AdminError> {
        if !self.sees(&found) {
            return Ok(Answer::Done);
        }
        let mut viewer = Viewer::new(&self.admin.directory, self.tenant);
        let mut shown = self.shown(&found, &mut viewer).await?;
        shown.used = Some(self.used(found.account).await?);
        if self.sees_members(&found) {
            shown.members = self.members(&found).await?;
        } else {
            notes.push(Text::new(
                "Vilka som är med visas bara för skolans rektor, funktionens ansvariga och dataskyddsombudet.",
                "Who is in it is shown only to the school's head teacher, its manager and the data protection officer.",
            ));
        }
        shown.notes = notes;
        Ok(Answer::Function(Box::new(shown)))
    }

    async fn members(&self, found: &Found) -> Result<Vec<Member>, AdminError> {
        let mut members = Vec::new();
        for grant in self.admin.mailboxes.grants(self.tenant, found.account).await? {
            let Some(entry) = self.admin.directory.account(self.tenant, grant.holder).await? else {
                continue;
            };
            members.push(Member {
                name: entry.display_name(),
                address: entry.address,
                preset: MemberRights::of(grant.rights),
                rights: grant.rights.to_string(),
            });
        }
        Ok(members)
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
            confidential: found.is_confidential(),
            manager,
            members: Vec::new(),
            quota: quota(directory.quota_of(self.tenant, &found.entry).await?),
            used: None,
            notes: Vec::new(),
        })
    }
}

fn stays() -> Text {
    Text::new(
        "Funktionen är sekretesskyddad från nu, och det går inte att ta tillbaka. De som redan är med är kvar: gå igenom medlemmarna.",
        "The function is confidential from now on, which cannot be taken back. Its members stay: look through them.",
    )
}

fn has_letters(found: &Found, letters: u64) -> AdminError {
    let address = &found.entry.address;
    AdminError::refused(
        "two-persons",
        format!(
            "Det ligger {letters} brev i {address}, och de skulle försvinna. Be teknikern som sköter servern: skolpost function remove {address}."
        ),
        format!(
            "There are {letters} letters in {address}, and they would be gone. Ask whoever runs the server: skolpost function remove {address}."
        ),
    )
}
