//! Sentences for people, in the two languages of the service.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The language that a reader gets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Swedish, the language of the schools.
    #[default]
    Sv,
    /// English.
    En,
}

impl Language {
    /// Swedish for every locale that begins with `sv`, English for all others (POSIX `LC_ALL`, `LC_MESSAGES`, `LANG`).
    pub fn from_locale(locale: &str) -> Self {
        if locale.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("sv")) {
            Self::Sv
        } else {
            Self::En
        }
    }
}

/// One sentence in both languages; both are written where the sentence is, so that none can be missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// The Swedish sentence.
    pub sv: String,
    /// The English sentence.
    pub en: String,
}

impl Text {
    /// Both sentences.
    pub fn new(sv: impl Into<String>, en: impl Into<String>) -> Self {
        Self { sv: sv.into(), en: en.into() }
    }
    /// The sentence in one language.
    pub fn get(&self, language: Language) -> &str {
        match language {
            Language::Sv => &self.sv,
            Language::En => &self.en,
        }
    }
}

/// Both, Swedish first: for peers whose language is unknown, as in an SMTP reply.
impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} / {}", self.sv, self.en)
    }
}
