//! Lines of an answer.

use model::{EmailAddress, Language, Role, Text};
use serde::{Deserialize, Serialize};

use crate::{Answer, Password};

/// One line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reply {
    /// Still at it.
    Progress(Progress),
    /// Accounts that exist from now on, with their first passwords. Whoever reads this keeps them: they are told once.
    Created(Vec<FirstPassword>),
    /// Done. The last line.
    Ok(Box<Answer>),
    /// Not done. The last line.
    Error(Failure),
}

impl Reply {
    /// Does it end the answer?
    pub const fn is_last(&self) -> bool {
        matches!(self, Self::Ok(_) | Self::Error(_))
    }
}

/// How far a long work has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// What is being done.
    pub step: Text,
    /// So much is done.
    pub done: u64,
    /// Of so much, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
}

/// How somebody logs in for the first time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirstPassword {
    /// School code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub school: Option<String>,
    /// What the person is.
    pub role: Role,
    /// Class label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// First name.
    pub first: String,
    /// Last name.
    pub last: String,
    /// Address.
    pub address: EmailAddress,
    /// Log-in name.
    pub login: String,
    /// The password.
    pub password: Password,
}

/// Why nothing was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// A word that programs can rely on.
    pub code: String,
    /// In Swedish, with what to do.
    pub sv: String,
    /// In English, with what to do.
    pub en: String,
}

impl Failure {
    /// With its sentence.
    pub fn new(code: &str, text: Text) -> Self {
        Self { code: code.to_owned(), sv: text.sv, en: text.en }
    }
    /// The sentence in one language.
    pub fn get(&self, language: Language) -> &str {
        match language {
            Language::Sv => &self.sv,
            Language::En => &self.en,
        }
    }
}
