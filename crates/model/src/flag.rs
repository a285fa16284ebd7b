//! Flags of a message: the system flags and keywords (RFC 3501 §2.3.2).
//!
//! `\Recent` is a session's and not a message's; it is not here. Keywords are equal without regard to case, and
//! keep the spelling that came first.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A system flag that is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum SystemFlag {
    /// Read.
    Seen = 1,
    /// Answered.
    Answered = 2,
    /// Marked as important.
    Flagged = 4,
    /// Goes at the next EXPUNGE.
    Deleted = 8,
    /// Not finished.
    Draft = 16,
}

impl SystemFlag {
    /// All, in the order in which they are shown.
    pub const ALL: [Self; 5] = [Self::Answered, Self::Flagged, Self::Deleted, Self::Seen, Self::Draft];

    /// With its backslash.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Seen => "\\Seen",
            Self::Answered => "\\Answered",
            Self::Flagged => "\\Flagged",
            Self::Deleted => "\\Deleted",
            Self::Draft => "\\Draft",
        }
    }
    /// The flag of a name, without regard to case.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|flag| flag.name().eq_ignore_ascii_case(name))
    }
}

/// A client's own flag, an atom of at most 64 octets (RFC 3501 §9, flag-keyword).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Keyword(String);

/// Why a word cannot be a flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FlagError {
    /// The word is longer than a keyword may be.
    #[error("a keyword has at most {} octets", Keyword::OCTETS_MAX)]
    TooLong,
    /// The word is empty or has an octet that an atom cannot hold.
    #[error("a keyword is an atom: no spaces, parentheses, quotes, wildcards or control characters")]
    NotAnAtom,
    /// The message would have more keywords than it may.
    #[error("a message has at most {} keywords", FlagSet::KEYWORDS_MAX)]
    TooMany,
}

impl Keyword {
    /// Longest keyword, in octets.
    pub const OCTETS_MAX: usize = 64;

    /// As it was first spelt.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Keyword {
    type Err = FlagError;
    fn from_str(word: &str) -> Result<Self, FlagError> {
        if word.len() > Self::OCTETS_MAX {
            return Err(FlagError::TooLong);
        }
        let atom = |octet: u8| octet.is_ascii_graphic() && !b"(){%*\"\\]".contains(&octet);
        if word.is_empty() || !word.bytes().all(atom) {
            return Err(FlagError::NotAnAtom);
        }
        Ok(Self(word.to_owned()))
    }
}

impl PartialEq for Keyword {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}
impl Eq for Keyword {}
impl PartialOrd for Keyword {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Keyword {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let lower = |word: &Self| word.0.bytes().map(|b| b.to_ascii_lowercase()).collect::<Vec<_>>();
        lower(self).cmp(&lower(other))
    }
}
impl std::hash::Hash for Keyword {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        for octet in self.0.bytes() {
            state.write_u8(octet.to_ascii_lowercase());
        }
    }
}

/// The flags of one message.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlagSet {
    system: u8,
    keywords: Vec<Keyword>,
}

impl FlagSet {
    /// Most keywords of one message.
    pub const KEYWORDS_MAX: usize = 32;

    /// No flag.
    pub const fn new() -> Self {
        Self { system: 0, keywords: Vec::new() }
    }
    /// From the bits of [`FlagSet::system_bits`]; unknown bits are dropped.
    pub const fn from_system_bits(bits: u8) -> Self {
        Self { system: bits & 31, keywords: Vec::new() }
    }
    /// One bit for each [`SystemFlag`], as its number says.
    pub const fn system_bits(&self) -> u8 {
        self.system
    }
    /// True without flags.
    pub fn is_empty(&self) -> bool {
        self.system == 0 && self.keywords.is_empty()
    }
    /// Is it set?
    pub const fn has(&self, flag: SystemFlag) -> bool {
        self.system & flag as u8 != 0
    }
    /// Sets a system flag.
    pub fn set(&mut self, flag: SystemFlag) {
        self.system |= flag as u8;
    }
    /// Keywords, sorted.
    pub fn keywords(&self) -> &[Keyword] {
        &self.keywords
    }
    /// Is this keyword set?
    pub fn has_keyword(&self, keyword: &Keyword) -> bool {
        self.keywords.binary_search(keyword).is_ok()
    }
    /// Adds a keyword unless it is there.
    ///
    /// # Errors
    /// [`FlagError::TooMany`] over [`FlagSet::KEYWORDS_MAX`]; nothing is changed.
    pub fn insert_keyword(&mut self, keyword: Keyword) -> Result<(), FlagError> {
        if let Err(place) = self.keywords.binary_search(&keyword) {
            if self.keywords.len() >= Self::KEYWORDS_MAX {
                return Err(FlagError::TooMany);
            }
            self.keywords.insert(place, keyword);
        }
        Ok(())
    }
    /// What this set becomes under `patch`.
    ///
    /// # Errors
    /// [`FlagError::TooMany`] if it would have too many keywords.
    pub fn patched(&self, patch: &FlagPatch) -> Result<Self, FlagError> {
        match patch {
            FlagPatch::Replace(flags) => Ok(flags.clone()),
            FlagPatch::Add(flags) => {
                let mut result = self.clone();
                result.system |= flags.system;
                for keyword in &flags.keywords {
                    result.insert_keyword(keyword.clone())?;
                }
                Ok(result)
            }
            FlagPatch::Remove(flags) => Ok(Self {
                system: self.system & !flags.system,
                keywords: self.keywords.iter().filter(|word| !flags.has_keyword(word)).cloned().collect(),
            }),
        }
    }
}

impl FromIterator<SystemFlag> for FlagSet {
    fn from_iter<I: IntoIterator<Item = SystemFlag>>(flags: I) -> Self {
        let mut set = Self::new();
        flags.into_iter().for_each(|flag| set.set(flag));
        set
    }
}

/// As inside the parentheses of FLAGS: `\Seen $Forwarded`.
impl fmt::Display for FlagSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut space = "";
        for flag in SystemFlag::ALL.into_iter().filter(|flag| self.has(*flag)) {
            write!(f, "{space}{}", flag.name())?;
            space = " ";
        }
        for keyword in &self.keywords {
            write!(f, "{space}{}", keyword.0)?;
            space = " ";
        }
        Ok(())
    }
}

/// What STORE does to flags (RFC 3501 §6.4.6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FlagPatch {
    /// `FLAGS`
    Replace(FlagSet),
    /// `+FLAGS`
    Add(FlagSet),
    /// `-FLAGS`
    Remove(FlagSet),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_ignore_case_and_keep_their_first_spelling() {
        let mut flags: FlagSet = [SystemFlag::Seen].into_iter().collect();
        flags.insert_keyword("$Forwarded".parse().unwrap()).unwrap();
        flags.insert_keyword("$FORWARDED".parse().unwrap()).unwrap();
        assert_eq!(flags.to_string(), "\\Seen $Forwarded");
        let mut less = FlagSet::new();
        less.insert_keyword("$forwarded".parse().unwrap()).unwrap();
        assert_eq!(flags.patched(&FlagPatch::Remove(less)).unwrap().to_string(), "\\Seen");
    }

    #[test]
    fn words_that_are_no_keywords() {
        for word in ["", "a b", "a(", "\\Seen", "å", "a]"] {
            assert_eq!(word.parse::<Keyword>(), Err(FlagError::NotAnAtom), "{word}");
        }
        assert_eq!("x".repeat(65).parse::<Keyword>(), Err(FlagError::TooLong));
    }

    #[test]
    fn a_message_has_a_bounded_number_of_keywords() {
        let mut flags = FlagSet::new();
        for number in 0..FlagSet::KEYWORDS_MAX {
            flags.insert_keyword(format!("k{number}").parse().unwrap()).unwrap();
        }
        assert_eq!(flags.insert_keyword("more".parse().unwrap()), Err(FlagError::TooMany));
    }
}
