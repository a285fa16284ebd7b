//! Who may do what, as data: the part of the permission matrix that today's operations need.
//!
//! What the matrix gives only on request, by a preset, with an end date or to two persons together is not given here.

use directory::AccountEntry;
use model::{ClassId, Role, SchoolId};

use crate::AdminError;
use crate::actor::Actor;

/// Something to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    ManageDomains,
    ManageSchools,
    ManageClasses,
    /// Names of domains, schools and classes.
    ReadPlaces,
    CreatePupil,
    CreateStaff,
    ReadAccounts,
    PasswordOfPupil,
    PasswordOfStaff,
    Lock,
    Rename,
    /// Before any grace: two persons.
    Remove,
    SetQuota,
    /// IMAP capabilities of somebody's mail programs.
    DenyCapability,
    /// Functions of a school and their members; of guarded ones see `acts/function/guard.rs`.
    ManageFunctions,
    /// That a function is there, and who is in it.
    ReadFunctions,
    Import,
    TraceOthers,
    ReadAudit,
    ReadStatus,
    /// Municipalities and the store itself: the console's alone.
    Installation,
}

/// Where a right holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Scope {
    Class,
    School,
    Municipality,
}

/// What is acted on.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Target {
    pub(crate) school: Option<SchoolId>,
    pub(crate) class: Option<ClassId>,
    /// Whose account, if it is one.
    pub(crate) role: Option<Role>,
}

impl Target {
    pub(crate) fn of(entry: &AccountEntry) -> Self {
        let class = entry.class.as_ref().map(|class| class.class);
        Self { school: entry.school, class, role: Some(entry.role) }
    }
    pub(crate) fn school(school: SchoolId) -> Self {
        Self { school: Some(school), ..Self::default() }
    }
}

use Operation as O;
use Scope::{Class, Municipality, School};

const MATRIX: [(Role, &[(Operation, Scope)]); 8] = [
    (
        Role::CentralAdmin,
        &[
            (O::ManageDomains, Municipality),
            (O::ManageSchools, Municipality),
            (O::ManageClasses, Municipality),
            (O::ReadPlaces, Municipality),
            (O::CreatePupil, Municipality),
            (O::CreateStaff, Municipality),
            (O::ReadAccounts, Municipality),
            (O::PasswordOfPupil, Municipality),
            (O::PasswordOfStaff, Municipality),
            (O::Lock, Municipality),
            (O::Rename, Municipality),
            (O::SetQuota, Municipality),
            (O::DenyCapability, Municipality),
            (O::ManageFunctions, Municipality),
            (O::ReadFunctions, Municipality),
            (O::Import, Municipality),
            (O::TraceOthers, Municipality),
            (O::ReadAudit, Municipality),
            (O::ReadStatus, Municipality),
        ],
    ),
    (
        Role::CentralHelpdesk,
        &[
            (O::ReadPlaces, Municipality),
            (O::ReadAccounts, Municipality),
            (O::PasswordOfPupil, Municipality),
            (O::PasswordOfStaff, Municipality),
            (O::Lock, Municipality),
            (O::Rename, Municipality),
            (O::DenyCapability, Municipality),
            (O::ReadFunctions, Municipality),
            (O::ReadStatus, Municipality),
        ],
    ),
    (
        Role::Registrator,
        &[
            (O::ReadPlaces, Municipality),
            (O::ReadAccounts, Municipality),
            (O::ReadFunctions, Municipality),
            (O::TraceOthers, Municipality),
        ],
    ),
    (
        Role::Dpo,
        &[
            (O::ReadPlaces, Municipality),
            (O::ReadAccounts, Municipality),
            (O::ReadFunctions, Municipality),
            (O::ReadAudit, Municipality),
        ],
    ),
    (
        Role::Rektor,
        &[
            (O::ManageClasses, School),
            (O::ReadPlaces, Municipality),
            (O::CreatePupil, School),
            (O::ReadAccounts, Municipality),
            (O::PasswordOfPupil, School),
            (O::Lock, School),
            (O::Rename, School),
            (O::ManageFunctions, School),
            (O::ReadFunctions, School),
            (O::ReadAudit, School),
            (O::Import, School),
        ],
    ),
    (
        Role::SchoolAdmin,
        &[
            (O::ManageClasses, School),
            (O::ReadPlaces, Municipality),
            (O::CreatePupil, School),
            (O::ReadAccounts, Municipality),
            (O::PasswordOfPupil, School),
            (O::PasswordOfStaff, School),
            (O::DenyCapability, School),
            (O::Lock, School),
            (O::Rename, School),
            (O::ManageFunctions, School),
            (O::ReadFunctions, School),
            (O::ReadAudit, School),
            (O::Import, School),
        ],
    ),
    (
        Role::Secretary,
        &[
            (O::ManageClasses, School),
            (O::ReadPlaces, Municipality),
            (O::CreatePupil, School),
            (O::ReadAccounts, School),
            (O::PasswordOfPupil, School),
            (O::Lock, School),
            (O::Rename, School),
            (O::ManageFunctions, School),
            (O::ReadFunctions, School),
            (O::Import, School),
        ],
    ),
    (Role::Mentor, &[(O::PasswordOfPupil, Class)]),
];

fn scope(role: Role, operation: Operation) -> Option<Scope> {
    let (_, rights) = MATRIX.iter().find(|(own, _)| *own == role)?;
    rights.iter().find(|(right, _)| *right == operation).map(|(_, scope)| *scope)
}

/// Nobody acts on a person who is not strictly below.
const fn rank(role: Role) -> Option<u8> {
    Some(match role {
        Role::ProviderOps => return None,
        Role::RegionAdmin => 6,
        Role::CentralAdmin => 5,
        Role::Rektor | Role::Dpo | Role::Registrator => 4,
        Role::SchoolAdmin | Role::CentralHelpdesk => 3,
        Role::Secretary | Role::Elevhalsa => 2,
        Role::Mentor | Role::Teacher | Role::Substitute | Role::Staff => 1,
        Role::Pupil => 0,
    })
}

impl Operation {
    pub(crate) const fn create(role: Role) -> Self {
        if role.is_staff() { Self::CreateStaff } else { Self::CreatePupil }
    }
    pub(crate) const fn password(role: Role) -> Self {
        if role.is_staff() { Self::PasswordOfStaff } else { Self::PasswordOfPupil }
    }
    /// Does it change somebody, so that ranks count?
    const fn changes_person(self) -> bool {
        matches!(
            self,
            Self::PasswordOfPupil | Self::PasswordOfStaff | Self::Lock | Self::Rename | Self::SetQuota
        )
    }
}

impl Actor {
    /// May the actor do this to that?
    pub(crate) fn may(&self, operation: Operation, target: Target) -> Result<(), AdminError> {
        let Self::Person { entry, .. } = self else { return Ok(()) };
        if operation == Operation::Remove {
            return Err(AdminError::TwoPersons);
        }
        let scope = scope(entry.role, operation).ok_or(AdminError::Forbidden)?;
        let inside = match scope {
            Municipality => true,
            School => entry.school.is_some() && entry.school == target.school,
            Class => {
                let own = entry.class.as_ref().map(|class| class.class);
                own.is_some() && own == target.class
            }
        };
        if inside && allows(entry.role, operation, target.role) { Ok(()) } else { Err(AdminError::Forbidden) }
    }
    /// The one school that the actor may see; none if it is all of them.
    pub(crate) fn only_school(&self, operation: Operation) -> Option<SchoolId> {
        match self {
            Self::Person { entry, .. } if scope(entry.role, operation) != Some(Municipality) => entry.school,
            _ => None,
        }
    }
}

/// Is the one role above the other? Those outside the ranks are above everybody.
pub(crate) fn outranks(one: Role, other: Role) -> bool {
    rank(one).unwrap_or(u8::MAX) > rank(other).unwrap_or(u8::MAX)
}

/// Do the ranks allow it?
fn allows(own: Role, operation: Operation, target: Option<Role>) -> bool {
    let Some(target) = target else { return true };
    match (rank(own), rank(target)) {
        (Some(own), Some(target)) if operation.changes_person() => own > target,
        // Nobody grants what they do not hold.
        (Some(own), Some(target)) if operation == Operation::CreateStaff => own >= target,
        (Some(_), Some(_)) => true,
        _ => operation == Operation::ReadAccounts,
    }
}
