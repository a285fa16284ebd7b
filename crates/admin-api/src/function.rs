//! Functions of a school, such as `expedition@`, and who works in their mailboxes.

use std::fmt;
use std::str::FromStr;

use model::{EmailAddress, Language, Rights, Text};
use serde::{Deserialize, Serialize};

use crate::Quota;

/// What a member of a function may do, in words that people choose from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MemberRights {
    /// See folders and read letters.
    Read,
    /// Also mark, file and send as the function.
    Reply,
    /// Also throw away, and make and remove folders.
    Full,
}

impl MemberRights {
    /// Least first.
    pub const ALL: [Self; 3] = [Self::Read, Self::Reply, Self::Full];

    /// As they stand in an access control list (RFC 4314). Nobody gets `a`: who is a member is decided by
    /// administration, where it is written down.
    pub fn rights(self) -> Rights {
        let letters = match self {
            Self::Read => "lr",
            Self::Reply => "lrswip",
            Self::Full => "lrswipkxte",
        };
        letters.parse().expect("the letters are rights")
    }
    /// The word for some rights; none if nobody could have chosen them.
    pub fn of(rights: Rights) -> Option<Self> {
        Self::ALL.into_iter().find(|preset| preset.rights() == rights)
    }
    /// The word on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Reply => "reply",
            Self::Full => "full",
        }
    }
    /// The words for people.
    pub const fn label(self, language: Language) -> &'static str {
        match (self, language) {
            (Self::Read, Language::Sv) => "läsa",
            (Self::Read, Language::En) => "read",
            (Self::Reply, Language::Sv) => "läsa och svara",
            (Self::Reply, Language::En) => "read and reply",
            (Self::Full, Language::Sv) => "allt",
            (Self::Full, Language::En) => "everything",
        }
    }
}

impl fmt::Display for MemberRights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for MemberRights {
    type Err = String;
    fn from_str(word: &str) -> Result<Self, String> {
        let wanted = word.trim().to_lowercase();
        let means = |preset: &Self| {
            preset.name() == wanted || preset.label(Language::Sv) == wanted || preset.short() == wanted
        };
        Self::ALL.into_iter().find(means).ok_or_else(|| format!("“{word}”: read, reply or full"))
    }
}

impl MemberRights {
    /// One Swedish word, for the command line.
    const fn short(self) -> &'static str {
        match self {
            Self::Read => "läsa",
            Self::Reply => "svara",
            Self::Full => "allt",
        }
    }
}

/// A function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Function {
    /// Account id.
    pub id: String,
    /// Where it receives.
    pub address: EmailAddress,
    /// What people call it.
    pub name: String,
    /// School code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub school: Option<String>,
    /// Only the head teacher and the manager say who is a member.
    pub confidential: bool,
    /// Who answers for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manager: Option<EmailAddress>,
    /// Who works in its mailboxes; only where one function is shown, to those who may know.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<Member>,
    /// How much it may keep.
    pub quota: Quota,
    /// How much it keeps; only where one function is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used: Option<Quota>,
    /// What else is to be known of it, or of what was just done.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Text>,
}

/// A member of a function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Whose membership it is.
    pub address: EmailAddress,
    /// First and last name.
    pub name: String,
    /// What the member may do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preset: Option<MemberRights>,
    /// The same as letters (RFC 4314).
    pub rights: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_read_back_and_grow() {
        for preset in MemberRights::ALL {
            assert_eq!(preset.name().parse(), Ok(preset));
            assert_eq!(MemberRights::of(preset.rights()), Some(preset));
            assert!(!preset.rights().has(model::Right::Administer));
        }
        assert_eq!("läsa och svara".parse(), Ok(MemberRights::Reply));
        assert_eq!("SVARA".parse(), Ok(MemberRights::Reply));
        assert!("admin".parse::<MemberRights>().is_err());
    }
}
