//! The roles of school and municipality.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What a person is in the service. Names as on the command line and in files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Hosting staff; no content.
    ProviderOps,
    /// Looks after several municipalities.
    RegionAdmin,
    /// Central IT of the municipality.
    CentralAdmin,
    /// Central help desk.
    CentralHelpdesk,
    /// Keeper of public records (registrator).
    Registrator,
    /// Data protection officer.
    Dpo,
    /// Head teacher (rektor).
    Rektor,
    /// IT contact of the school (IT-ansvarig).
    SchoolAdmin,
    /// School secretary (skolassistent, administratör).
    Secretary,
    /// Pupil health team (elevhälsa).
    Elevhalsa,
    /// Teacher who answers for a class.
    Mentor,
    /// Teacher.
    Teacher,
    /// Substitute teacher (vikarie), always with an end date.
    Substitute,
    /// Other staff (övrig personal).
    Staff,
    /// Pupil (elev).
    Pupil,
}

/// The word is not a role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{word}” is not a role; known are: {}", Role::ALL.map(Role::name).join(", "))]
pub struct ParseRoleError {
    word: String,
}

impl Role {
    /// Every role, highest first.
    pub const ALL: [Self; 15] = [
        Self::ProviderOps,
        Self::RegionAdmin,
        Self::CentralAdmin,
        Self::CentralHelpdesk,
        Self::Registrator,
        Self::Dpo,
        Self::Rektor,
        Self::SchoolAdmin,
        Self::Secretary,
        Self::Elevhalsa,
        Self::Mentor,
        Self::Teacher,
        Self::Substitute,
        Self::Staff,
        Self::Pupil,
    ];

    /// The name in files, on the command line and in answers.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ProviderOps => "provider_ops",
            Self::RegionAdmin => "region_admin",
            Self::CentralAdmin => "central_admin",
            Self::CentralHelpdesk => "central_helpdesk",
            Self::Registrator => "registrator",
            Self::Dpo => "dpo",
            Self::Rektor => "rektor",
            Self::SchoolAdmin => "school_admin",
            Self::Secretary => "secretary",
            Self::Elevhalsa => "elevhalsa",
            Self::Mentor => "mentor",
            Self::Teacher => "teacher",
            Self::Substitute => "substitute",
            Self::Staff => "staff",
            Self::Pupil => "pupil",
        }
    }

    /// Everybody who works there, in any role.
    pub const fn is_staff(self) -> bool {
        !matches!(self, Self::Pupil)
    }

    /// The role that a word in a school's file means (`elev`, `lärare`, …). `administratör` is the secretary:
    /// no file makes a school administrator.
    pub fn from_swedish(word: &str) -> Option<Self> {
        Some(match word.trim().to_lowercase().as_str() {
            "elev" => Self::Pupil,
            "lärare" => Self::Teacher,
            "mentor" => Self::Mentor,
            "rektor" => Self::Rektor,
            "elevhälsa" => Self::Elevhalsa,
            "administratör" => Self::Secretary,
            "vikarie" => Self::Substitute,
            "övrig" => Self::Staff,
            _ => return None,
        })
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Role {
    type Err = ParseRoleError;
    fn from_str(word: &str) -> Result<Self, ParseRoleError> {
        Self::ALL
            .into_iter()
            .find(|role| role.name() == word)
            .ok_or_else(|| ParseRoleError { word: word.chars().take(40).collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::Role;

    #[test]
    fn every_role_reads_back_its_name() {
        for role in Role::ALL {
            assert_eq!(role.name().parse(), Ok(role));
        }
        assert!("admin".parse::<Role>().is_err());
    }

    #[test]
    fn swedish_words_of_a_school_file() {
        assert_eq!(Role::from_swedish(" Elev "), Some(Role::Pupil));
        assert_eq!(Role::from_swedish("LÄRARE"), Some(Role::Teacher));
        assert_eq!(Role::from_swedish("administratör"), Some(Role::Secretary));
        assert_eq!(Role::from_swedish("school_admin"), None);
    }
}
