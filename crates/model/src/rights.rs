//! What an access control list lets somebody do with a mailbox.
//!
//! RFC 4314 §2.1 (rights), §2.1.1 (the old `c` and `d`, read as what they stood for).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// One right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u16)]
pub enum Right {
    /// `l`: the mailbox shows in LIST.
    Lookup = 1,
    /// `r`: it can be selected and read.
    Read = 1 << 1,
    /// `s`: \Seen is kept.
    KeepSeen = 1 << 2,
    /// `w`: other flags can be set.
    Write = 1 << 3,
    /// `i`: messages can be put into it.
    Insert = 1 << 4,
    /// `p`: mail can be sent as it.
    Post = 1 << 5,
    /// `k`: mailboxes can be made below it.
    Create = 1 << 6,
    /// `x`: it can be deleted and renamed.
    Delete = 1 << 7,
    /// `t`: \Deleted can be set.
    DeleteMessages = 1 << 8,
    /// `e`: EXPUNGE.
    Expunge = 1 << 9,
    /// `a`: the list itself can be changed.
    Administer = 1 << 10,
}

impl Right {
    /// All, in the order in which lists are written.
    pub const ALL: [Self; 11] = [
        Self::Lookup,
        Self::Read,
        Self::KeepSeen,
        Self::Write,
        Self::Insert,
        Self::Post,
        Self::Create,
        Self::Delete,
        Self::DeleteMessages,
        Self::Expunge,
        Self::Administer,
    ];
    /// Its letter.
    pub const fn letter(self) -> char {
        match self {
            Self::Lookup => 'l',
            Self::Read => 'r',
            Self::KeepSeen => 's',
            Self::Write => 'w',
            Self::Insert => 'i',
            Self::Post => 'p',
            Self::Create => 'k',
            Self::Delete => 'x',
            Self::DeleteMessages => 't',
            Self::Expunge => 'e',
            Self::Administer => 'a',
        }
    }
}

/// A set of rights.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Rights(u16);

/// A letter that names no right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("“{0}” is no right; known are l r s w i p k x t e a")]
pub struct RightsError(pub char);

impl Rights {
    /// None.
    pub const NONE: Self = Self(0);
    /// All.
    pub const ALL: Self = Self((1 << 11) - 1);

    /// Is the right among them?
    pub const fn has(self, right: Right) -> bool {
        self.0 & right as u16 != 0
    }
    /// None at all?
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
    /// With one more.
    #[must_use]
    pub const fn with(self, right: Right) -> Self {
        Self(self.0 | right as u16)
    }
    /// Those of either.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
    /// Without those of the other.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}

impl FromIterator<Right> for Rights {
    fn from_iter<I: IntoIterator<Item = Right>>(rights: I) -> Self {
        rights.into_iter().fold(Self::NONE, Self::with)
    }
}

impl FromStr for Rights {
    type Err = RightsError;
    fn from_str(letters: &str) -> Result<Self, RightsError> {
        letters.chars().try_fold(Self::NONE, |rights, letter| {
            Ok(match letter {
                // RFC 4314 §2.1.1: RFC 2086 had one right where there are several now.
                'c' => rights.with(Right::Create).with(Right::Delete),
                'd' => rights.with(Right::DeleteMessages).with(Right::Expunge),
                _ => {
                    let right = Right::ALL.into_iter().find(|right| right.letter() == letter);
                    rights.with(right.ok_or(RightsError(letter))?)
                }
            })
        })
    }
}

/// The letters, as `lrswi`.
impl fmt::Display for Rights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write;
        Right::ALL
            .into_iter()
            .filter(|right| self.has(*right))
            .try_for_each(|right| f.write_char(right.letter()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_read_back_in_their_order() {
        let rights: Rights = "awl".parse().unwrap();
        assert_eq!(rights.to_string(), "lwa");
        assert_eq!(Rights::ALL.to_string(), "lrswipkxtea");
        assert_eq!("lrswipkxtea".parse(), Ok(Rights::ALL));
        assert_eq!("cd".parse::<Rights>().unwrap().to_string(), "kxte");
        assert_eq!("lrq".parse::<Rights>(), Err(RightsError('q')));
        assert_eq!(Rights::ALL.without(rights).to_string(), "rsipkxte");
        assert!("".parse::<Rights>().unwrap().is_empty());
    }
}
