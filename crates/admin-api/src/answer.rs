//! What was found or done.

use model::{EmailAddress, Language, ReversePath, Role, Text, UnixMillis};
use serde::{Deserialize, Serialize};

use crate::{Function, Password};

/// The content of an `ok` line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// Done, and there is nothing to say.
    Done,
    /// Municipalities.
    Municipalities(Vec<Municipality>),
    /// Mail domains.
    Domains(Vec<Domain>),
    /// Schools.
    Schools(Vec<School>),
    /// Classes.
    Classes(Vec<Class>),
    /// One account.
    Account(Account),
    /// A new account or a new password.
    NewAccount(NewAccount),
    /// A page of accounts.
    Accounts {
        /// The page.
        accounts: Vec<Account>,
        /// Ask again `after` this; none if it was the last page.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        next: Option<String>,
    },
    /// Functions, without their members.
    Functions(Vec<Function>),
    /// One function.
    Function(Box<Function>),
    /// Quotas.
    Quotas(Vec<QuotaLine>),
    /// An import, done or only planned.
    Import(ImportReport),
    /// Letters, the newest first.
    Letters(Vec<Letter>),
    /// Audit records, the newest first.
    Audit(Vec<AuditEntry>),
    /// How the service is.
    Status(Status),
    /// What the check of the store found.
    Check(CheckReport),
    /// The backup.
    Export(ExportReport),
    /// The search index, made again.
    SearchIndex(SearchIndexReport),
}

/// A municipality.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Municipality {
    /// Its number.
    pub number: u32,
    /// Its name.
    pub name: String,
    /// Where its addresses are made, as people write it.
    pub domain: String,
}

/// A mail domain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Domain {
    /// As people write it.
    pub domain: String,
    /// Are new addresses made here?
    pub primary: bool,
}

/// A school.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct School {
    /// Skolenhetskod.
    pub code: String,
    /// Its name.
    pub name: String,
    /// People whose home school it is.
    pub accounts: usize,
}

/// A class.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Class {
    /// Its label.
    pub label: String,
    /// The school year, as in `2026/27`.
    pub year: String,
    /// Its members.
    pub accounts: usize,
}

/// An account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Its id.
    pub id: String,
    /// Log-in name.
    pub login: String,
    /// What the person is.
    pub role: Role,
    /// First name.
    pub first: String,
    /// Last name.
    pub last: String,
    /// `active` or `locked`.
    pub state: String,
    /// School code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub school: Option<String>,
    /// Class label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// The address that others see.
    pub address: EmailAddress,
    /// Further addresses that work.
    pub aliases: Vec<EmailAddress>,
    /// Addresses of before that still receive.
    pub former: Vec<EmailAddress>,
    /// Has it a password?
    pub password_set: bool,
    /// How much it may keep.
    pub quota: Quota,
    /// How much it keeps; only where one account is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used: Option<Quota>,
    /// IMAP capabilities that its programs are not shown; only where one account is shown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub denied_capabilities: Vec<String>,
    /// What its holder reads.
    pub language: Language,
    /// Since when.
    pub created: UnixMillis,
}

/// An account that was made or given a password; the password stands here if the service made it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewAccount {
    /// The account.
    #[serde(flatten)]
    pub account: Account,
    /// Told once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<Password>,
}

/// Room for mail, or how much of it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quota {
    /// Octets.
    pub octets: u64,
    /// Messages.
    pub messages: u64,
}

/// Whose quota.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuotaLine {
    /// An account's address or a role's name.
    pub of: String,
    /// How much may be kept.
    pub quota: Quota,
    /// How much is kept; of accounts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used: Option<Quota>,
    /// Is it its own, and not inherited?
    pub own: bool,
}

/// What an import does or would do. With problems nothing is done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportReport {
    /// Was it only planned?
    pub dry_run: bool,
    /// Encoding and separator that the file was read with.
    pub read_as: String,
    /// Names with letters beyond a-z, to be looked at: they show whether the file was read rightly.
    pub samples: Vec<String>,
    /// Accounts that were made, or would be.
    pub created: usize,
    /// Rows whose account was there already.
    pub present: usize,
    /// Rows with protected identity: nothing is made of them, and they are not named.
    pub held: usize,
    /// What is noteworthy and no problem.
    pub notes: Vec<Text>,
    /// What must be corrected first.
    pub problems: Vec<ImportProblem>,
}

/// Something wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportProblem {
    /// Line of the file, from one; zero for the file as a whole.
    pub row: u64,
    /// Column, by its header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// What is wrong and what to do.
    pub text: Text,
}

/// A letter in the delivery log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// Queue id, as in its Received line.
    pub id: String,
    /// When it was taken or refused.
    pub at: UnixMillis,
    /// How it came: a server's address, `submission` or `local`.
    pub source: String,
    /// MAIL FROM.
    pub from: ReversePath,
    /// Whose account sent it, if it was submitted here: its address, or its id if it is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub submitter: Option<String>,
    /// Octets.
    pub size: u64,
    /// Hash of its Message-ID: equal for equal ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id_hash: Option<String>,
    /// What became of it.
    pub recipients: Vec<Recipient>,
    /// More refused recipients that were only counted.
    pub unlisted: u32,
}

/// One recipient of a letter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipient {
    /// RCPT TO.
    pub address: EmailAddress,
    /// What became of it.
    pub status: DeliveryStatus,
    /// The reply, if it was refused: `550 5.1.1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply: Option<String>,
    /// When it was filed, if later than taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filed: Option<UnixMillis>,
}

/// What became of a letter to one recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeliveryStatus {
    /// In the mailbox.
    Filed,
    /// Taken, being filed with many others.
    Waiting,
    /// Taken, and the account was removed before it could be filed.
    Gone,
    /// The same person had it under another address.
    SameAccount,
    /// In another municipality of this installation.
    Elsewhere,
    /// Not taken.
    Refused,
}

/// Who did what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// When.
    pub at: UnixMillis,
    /// `console:uid` or `account:id`.
    pub actor: String,
    /// The operation.
    pub op: String,
    /// What it was done to, by ids and codes.
    pub target: String,
    /// More, without names and content.
    pub detail: String,
}

/// How the service is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// Of the program.
    pub version: String,
    /// Since when it serves.
    pub started: UnixMillis,
    /// Takes it mail and changes?
    pub writable: bool,
    /// If not, why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<Text>,
    /// Municipalities, schools and accounts.
    pub municipalities: usize,
    /// Schools of the municipality.
    pub schools: usize,
    /// Accounts of the municipality, by role.
    pub accounts: Vec<(Role, usize)>,
    /// Numbers of the parts of the service: open sessions, routes that wait, disk.
    pub numbers: Vec<(String, u64)>,
}

/// What a check of the store found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckReport {
    /// Rows that were read.
    pub rows: u64,
    /// Letters that were read.
    pub bodies: u64,
    /// What is wrong; empty is good.
    pub findings: Vec<Finding>,
}

/// Something wrong in the store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Where.
    pub at: String,
    /// What, in both languages.
    pub text: Text,
}

/// A search index that was made again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchIndexReport {
    /// Whose mailboxes.
    pub accounts: u64,
    /// Letters in it.
    pub letters: u64,
}

/// A backup that was written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportReport {
    /// Where.
    pub path: String,
    /// How large.
    pub octets: u64,
    /// Rows in it.
    pub rows: u64,
    /// Letters in it.
    pub bodies: u64,
}
