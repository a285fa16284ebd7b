//! Who decides about a function, and who sees that it is there.
//!
//! A function that is not the actor's to see is answered as one that is not there. What is confidential by its words is
//! so even where nobody wrote that down. Nobody takes rights from a person of higher rank, but that person.

use admin_api::MemberRights;
use directory::{
    AccountEntry, AccountState, DirectoryError, FunctionEntry, Thing, is_head_teacher, is_health,
    is_operators,
};
use model::{AccountId, EmailAddress, Rights, Role};

use crate::AdminError;
use crate::actor::Actor;
use crate::acts::Acts;
use crate::rights::{Operation, Target, outranks};

/// A function that was found.
pub(in crate::acts) struct Found {
    pub(in crate::acts) account: AccountId,
    pub(in crate::acts) entry: AccountEntry,
    /// As it was read; whether it is confidential says [`Found::guard`].
    pub(in crate::acts) function: FunctionEntry,
}

/// Who chooses members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Guard {
    /// Whoever manages functions.
    Open,
    /// It is a head teacher's: that head teacher, or its manager.
    HeadTeacher,
    /// It speaks for the whole domain: a central administrator, or its manager.
    Operators,
    /// As a head teacher's, and nobody chooses themselves or somebody who administers.
    Confidential {
        /// Pupil health, not only said to be confidential.
        health: bool,
    },
}

impl Found {
    pub(super) fn guard(&self) -> Guard {
        let local = self.entry.address.local().folded();
        let health = is_health(&local, &self.entry.first);
        if !health && is_operators(&local) {
            Guard::Operators
        } else if health || self.function.confidential {
            Guard::Confidential { health }
        } else if is_head_teacher(&local) {
            Guard::HeadTeacher
        } else {
            Guard::Open
        }
    }
    pub(super) fn is_confidential(&self) -> bool {
        self.function.confidential || matches!(self.guard(), Guard::Confidential { .. })
    }
    /// Why somebody else decides.
    fn guarded(&self) -> AdminError {
        match self.guard() {
            Guard::Operators => return central_address(&self.entry.address),
            Guard::HeadTeacher => {}
            Guard::Open | Guard::Confidential { .. } => return AdminError::Confidential,
        }
        AdminError::refused(
            "head-teacher",
            "Funktionen är rektorns: bara skolans rektor eller funktionens ansvariga bestämmer vem som är med i den.",
            "The function is the head teacher's: only the school's head teacher or the function's manager decides who is in it.",
        )
    }
}

impl Acts<'_> {
    /// The function, if the actor may see that it is there.
    pub(super) async fn find_function(&self, word: &str) -> Result<Found, AdminError> {
        let found = self.admin.directory.find_function(self.tenant, word.trim()).await?;
        let (account, entry, function) = found;
        let found = Found { account, entry, function };
        let member = match self.actor {
            Actor::Person { account, .. } => !self.rights_of(&found, *account).await?.is_empty(),
            Actor::Console(_) => true,
        };
        if member || self.sees(&found) {
            Ok(found)
        } else {
            Err(DirectoryError::NotFound(Thing::Function).into())
        }
    }

    pub(super) fn sees(&self, found: &Found) -> bool {
        self.is_manager(found) || self.may(Operation::ReadFunctions, Target::of(&found.entry)).is_ok()
    }

    /// Who is in a confidential function is not for everybody who knows that it is there.
    pub(in crate::acts) fn sees_members(&self, found: &Found) -> bool {
        let reads = match self.actor {
            Actor::Person { entry, .. } => matches!(entry.role, Role::Rektor | Role::Dpo),
            Actor::Console(_) => true,
        };
        !found.is_confidential() || self.is_manager(found) || (reads && self.sees(found))
    }

    pub(super) fn is_manager(&self, found: &Found) -> bool {
        found.function.manager.is_some_and(|manager| self.is_actor(manager))
    }
    pub(in crate::acts) fn is_actor(&self, person: AccountId) -> bool {
        matches!(self.actor, Actor::Person { account, .. } if *account == person)
    }
    fn is_head_teacher_of(&self, found: &Found) -> bool {
        matches!(self.actor, Actor::Person { entry, .. } if entry.role == Role::Rektor)
            && self.may(Operation::ManageFunctions, Target::of(&found.entry)).is_ok()
    }
    fn is_above(&self) -> bool {
        match self.actor {
            Actor::Person { entry, .. } => entry.role == Role::CentralAdmin,
            Actor::Console(_) => true,
        }
    }

    /// May the actor say who is a member?
    pub(super) fn may_choose(&self, found: &Found) -> Result<(), AdminError> {
        if self.is_manager(found) {
            return Ok(());
        }
        match found.guard() {
            Guard::Open => self.may(Operation::ManageFunctions, Target::of(&found.entry)),
            Guard::Operators if self.is_above() => Ok(()),
            Guard::HeadTeacher | Guard::Confidential { .. } if self.is_head_teacher_of(found) => Ok(()),
            _ => Err(found.guarded()),
        }
    }

    /// May the actor end memberships, or the function? The console too: it shows nothing to anybody.
    pub(super) fn may_end(&self, found: &Found) -> Result<(), AdminError> {
        match self.actor {
            Actor::Console(_) => Ok(()),
            Actor::Person { .. } => self.may_choose(found),
        }
    }

    /// May the actor guard it more closely?
    pub(super) fn may_guard(&self, found: &Found) -> Result<(), AdminError> {
        let own = found.guard() != Guard::Operators && self.is_head_teacher_of(found);
        if self.is_above() || self.is_manager(found) || own {
            return Ok(());
        }
        if found.guard() != Guard::Open {
            return Err(found.guarded());
        }
        Err(AdminError::refused(
            "forbidden",
            "Sekretess bestäms av skolans rektor, funktionens ansvariga eller en central administratör.",
            "What is confidential is decided by the school's head teacher, the function's manager or a central administrator.",
        ))
    }

    /// May the actor take rights away from this person?
    pub(super) fn may_take_from(&self, person: AccountId, entry: &AccountEntry) -> Result<(), AdminError> {
        let Actor::Person { entry: own, .. } = self.actor else { return Ok(()) };
        if self.is_above() || self.is_actor(person) || !outranks(entry.role, own.role) {
            return Ok(());
        }
        let (sv, en) = (entry.role.label(model::Language::Sv), entry.role.label(model::Language::En));
        Err(AdminError::refused(
            "rank",
            format!(
                "{} ({sv}) har en högre roll än du. Bara personen själv eller en central administratör kan ta bort hens rättigheter här.",
                entry.address
            ),
            format!(
                "{} ({en}) has a higher role than you. Only that person or a central administrator can take rights away there.",
                entry.address
            ),
        ))
    }

    /// May this person be a member? Staff only; of the same school, unless the whole municipality is the actor's or the
    /// person belongs to its pupil health team.
    pub(super) fn check_member(
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
            let who = &entry.address;
            return Err(AdminError::refused(
                "other-school",
                format!("{who} hör till en annan skola. Be en central administratör lägga till hen."),
                format!("{who} belongs to another school. Ask a central administrator to add that person."),
            ));
        }
        if found.is_confidential() && (self.is_actor(account) || administers(entry.role)) {
            return Err(AdminError::Confidential);
        }
        Ok(())
    }

    /// May this person answer for it?
    pub(super) fn check_manager(&self, found: &Found, entry: &AccountEntry) -> Result<(), AdminError> {
        let chosen = self.is_head_teacher_of(found);
        match found.guard() {
            Guard::Confidential { health } => {
                let trusted = matches!(entry.role, Role::Elevhalsa | Role::Rektor);
                if trusted || (chosen && !health) { Ok(()) } else { Err(confidential_manager(health)) }
            }
            Guard::HeadTeacher if !chosen && entry.role != Role::Rektor => Err(AdminError::refused(
                "head-teacher",
                "Funktionen är rektorns: ansvarig är en rektor, eller någon som skolans rektor själv utser.",
                "The function is the head teacher's: its manager is a head teacher, or somebody whom the school's head teacher names.",
            )),
            Guard::HeadTeacher | Guard::Operators | Guard::Open => Ok(()),
        }
    }

    pub(super) async fn rights_of(&self, found: &Found, member: AccountId) -> Result<Rights, AdminError> {
        Ok(self.admin.mailboxes.rights_of_member(self.tenant, found.account, member).await?)
    }

    /// A function's account is none that people have; whoever sees it is told so.
    pub(in crate::acts) fn not_a_person(&self, entry: &AccountEntry) -> AdminError {
        let seen = self.may(Operation::ReadFunctions, Target::of(entry)).is_ok();
        if entry.state != AccountState::Function || !seen {
            return DirectoryError::NotFound(Thing::Account).into();
        }
        let address = &entry.address;
        AdminError::refused(
            "function",
            format!(
                "{address} är en funktion och inte ett konto. ”skolpost function show {address}” visar den; skolpost function --help säger vad som går att göra."
            ),
            format!(
                "{address} is a function and not an account. “skolpost function show {address}” shows it; skolpost function --help says what can be done."
            ),
        )
    }
}

/// Who reads `postmaster@` and its like speaks for the whole domain.
pub(super) fn central_address(address: &EmailAddress) -> AdminError {
    AdminError::refused(
        "central-address",
        format!(
            "{address} gäller hela domänen: certifikat och larm skickas dit. Bara en central administratör, eller den som sköter servern, bestämmer vem som har adressen."
        ),
        format!(
            "{address} is about the whole domain: certificates and alarms go there. Only a central administrator, or whoever runs the server, decides who has it."
        ),
    )
}

/// What a preset leaves out of the rights that somebody has.
pub(super) fn takes_away(now: Rights, preset: MemberRights) -> bool {
    !now.without(preset.rights()).is_empty()
}

fn confidential_manager(health: bool) -> AdminError {
    let (sv, en) = if health {
        (
            "Ansvarig för elevhälsans funktion är någon med rollen elevhälsa eller rektor.",
            "The manager of a function of pupil health has the role elevhalsa or rektor.",
        )
    } else {
        (
            "Ansvarig för en sekretesskyddad funktion är någon med rollen elevhälsa eller rektor, eller någon i personalen som skolans rektor själv utser.",
            "The manager of a confidential function has the role elevhalsa or rektor, or is one of the staff whom the school's head teacher names.",
        )
    };
    AdminError::refused("confidential", sv, en)
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
