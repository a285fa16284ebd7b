//! The roles of school and municipality.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use crate::Language;

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

    /// The words for people, in tables and sentences.
    pub const fn label(self, language: Language) -> &'static str {
        let (sv, en) = match self {
            Self::ProviderOps => ("driftpersonal", "hosting staff"),
            Self::RegionAdmin => ("regionadministratör", "region administrator"),
            Self::CentralAdmin => ("central administratör", "central administrator"),
            Self::CentralHelpdesk => ("central support", "central help desk"),
            Self::Registrator => ("registrator", "registrar"),
            Self::Dpo => ("dataskyddsombud", "data protection officer"),
            Self::Rektor => ("rektor", "head teacher"),
            Self::SchoolAdmin => ("skoladministratör", "school administrator"),
            Self::Secretary => ("skolassistent", "school secretary"),
            Self::Elevhalsa => ("elevhälsa", "pupil health"),
            Self::Mentor => ("mentor", "mentor"),
            Self::Teacher => ("lärare", "teacher"),
            Self::Substitute => ("vikarie", "substitute"),
            Self::Staff => ("övrig personal", "other staff"),
            Self::Pupil => ("elev", "pupil"),
        };
        match language {
            Language::Sv => sv,
            Language::En => en,
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
    /// A name, a word of a school's file, or a Swedish label: what a table shows can be typed.
    fn from_str(word: &str) -> Result<Self, ParseRoleError> {
        let folded = word.trim().nfc().collect::<String>().to_lowercase();
        let named = Self::ALL.into_iter().find(|role| role.name() == folded);
        named
            .or_else(|| Self::from_swedish(&folded))
            .or_else(|| Self::ALL.into_iter().find(|role| role.label(Language::Sv) == folded))
            .ok_or_else(|| ParseRoleError { word: word.chars().take(40).collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::Role;
    use crate::Language;

    #[test]
    fn every_role_reads_back_its_name() {
        for role in Role::ALL {
            assert_eq!(role.name().parse(), Ok(role));
        }
        assert!("admin".parse::<Role>().is_err());
    }

    #[test]
    fn every_role_reads_back_its_swedish_label() {
        for role in Role::ALL {
            assert_eq!(role.label(Language::Sv).parse(), Ok(role));
            assert!(role.label(Language::En).is_ascii());
        }
        let words = [
            ("elev", Role::Pupil),
            ("Lärare", Role::Teacher),
            ("la\u{308}rare", Role::Teacher),
            ("vikarie", Role::Substitute),
            ("administratör", Role::Secretary),
            ("övrig", Role::Staff),
            ("elevhälsa", Role::Elevhalsa),
        ];
        for (word, role) in words {
            assert_eq!(word.parse(), Ok(role), "{word}");
        }
    }

    #[test]
    fn swedish_words_of_a_school_file() {
        assert_eq!(Role::from_swedish(" Elev "), Some(Role::Pupil));
        assert_eq!(Role::from_swedish("LÄRARE"), Some(Role::Teacher));
        assert_eq!(Role::from_swedish("administratör"), Some(Role::Secretary));
        assert_eq!(Role::from_swedish("school_admin"), None);
    }
}
