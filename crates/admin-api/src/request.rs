//! Requests.

use model::{Domain, EmailAddress, Language, Role, UnixMillis};
use serde::{Deserialize, Serialize};

use crate::{FileBytes, MemberRights, Password};

/// A request with everything around it: one line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// What the caller reads.
    #[serde(default)]
    pub lang: Language,
    /// Act with the rights of this account, an address or log-in name.
    #[serde(default, rename = "as", skip_serializing_if = "Option::is_none")]
    pub acting_as: Option<String>,
    /// Which municipality: its number or one of its domains. May be left out if there is only one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub municipality: Option<String>,
    /// What to do.
    #[serde(flatten)]
    pub request: Request,
}

impl Call {
    /// A plain call.
    pub const fn new(lang: Language, request: Request) -> Self {
        Self { lang, acting_as: None, municipality: None, request }
    }
}

/// What to do. `account` is always an address, a log-in name or an account id; `school` a school code.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "kebab-case")]
pub enum Request {
    /// A new municipality with its first domain.
    MunicipalityAdd {
        /// Its name.
        name: String,
        /// Where its addresses are made.
        domain: Domain,
    },
    /// All municipalities.
    MunicipalityList,
    /// One more mail domain.
    DomainAdd {
        /// The domain.
        domain: Domain,
    },
    /// All mail domains of the municipality.
    DomainList,
    /// A new school.
    SchoolAdd {
        /// Skolenhetskod, eight digits.
        code: String,
        /// Its name.
        name: String,
    },
    /// All schools.
    SchoolList,
    /// A class of the current school year.
    ClassAdd {
        /// The school.
        school: String,
        /// Its label.
        label: String,
    },
    /// The classes of a school in the current school year.
    ClassList {
        /// The school.
        school: String,
    },
    /// A new account.
    AccountAdd {
        /// The home school.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        school: Option<String>,
        /// What the person is.
        role: Role,
        /// First name.
        first: String,
        /// Last name, maybe empty.
        #[serde(default)]
        last: String,
        /// Class label.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        class: Option<String>,
        /// A chosen address.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        address: Option<EmailAddress>,
        /// The password; one is made if there is none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        password: Option<Password>,
    },
    /// A page of accounts, by id.
    AccountList {
        /// Of this school.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        school: Option<String>,
        /// Of this class of that school.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        class: Option<String>,
        /// With this role.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        role: Option<Role>,
        /// After this account id, as `next` of the answer before said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<String>,
        /// At most so many, up to 1,000.
        #[serde(default = "page")]
        limit: usize,
    },
    /// One account.
    AccountShow {
        /// Whose.
        account: String,
    },
    /// A new password; ends all sessions.
    AccountPasswd {
        /// Whose.
        account: String,
        /// The password; one is made if there is none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        password: Option<Password>,
    },
    /// Nobody logs in any more; ends all sessions. Senders are told that the mailbox is closed.
    AccountLock {
        /// Whose.
        account: String,
    },
    /// The holder can log in again.
    AccountUnlock {
        /// Whose.
        account: String,
    },
    /// A new name and address; the old address receives for a while.
    AccountRename {
        /// Whose.
        account: String,
        /// First name.
        first: String,
        /// Last name.
        #[serde(default)]
        last: String,
        /// A chosen address.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        address: Option<EmailAddress>,
    },
    /// Deletes the account and all its mail. Its addresses are never given again.
    AccountRemove {
        /// Whose.
        account: String,
    },
    /// The account's mail programs are no longer shown an IMAP capability, from their next log-in.
    AccountDenyCapability {
        /// Whose.
        account: String,
        /// A word of the answer to CAPABILITY.
        capability: String,
    },
    /// They are shown it again.
    AccountAllowCapability {
        /// Whose.
        account: String,
        /// The word.
        capability: String,
    },
    /// One more address.
    AliasAdd {
        /// Whose.
        account: String,
        /// The address.
        address: EmailAddress,
    },
    /// Takes an address away.
    AliasRemove {
        /// Whose.
        account: String,
        /// The address.
        address: EmailAddress,
    },
    /// All addresses of an account.
    AliasList {
        /// Whose.
        account: String,
    },
    /// A new function of a school. The manager becomes a member with all rights.
    FunctionAdd {
        /// The school.
        school: String,
        /// Where it receives.
        address: EmailAddress,
        /// What people call it.
        name: String,
        /// Only the head teacher and the manager say who is a member. Always so for pupil health.
        #[serde(default)]
        confidential: bool,
        /// Who answers for it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        manager: Option<String>,
    },
    /// The functions of a school, or of all.
    FunctionList {
        /// Of this school.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        school: Option<String>,
    },
    /// One function with its members.
    FunctionShow {
        /// Its address.
        function: String,
    },
    /// Gives a function another name, and makes it confidential; never less confidential.
    FunctionSet {
        /// Its address.
        function: String,
        /// What people call it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        /// Only the head teacher and the manager say who is a member.
        #[serde(default)]
        confidential: bool,
    },
    /// Makes somebody a member, or changes what a member may do.
    FunctionMemberAdd {
        /// Its address.
        function: String,
        /// Who.
        account: String,
        /// What the member may do.
        rights: MemberRights,
    },
    /// Ends a membership, in open sessions too.
    FunctionMemberRemove {
        /// Its address.
        function: String,
        /// Who.
        account: String,
    },
    /// Says who answers for a function; without an account nobody does.
    FunctionManager {
        /// Its address.
        function: String,
        /// Who.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        account: Option<String>,
    },
    /// Removes a function. With letters in it only the console does, and they go too.
    FunctionRemove {
        /// Its address.
        function: String,
    },
    /// How much may be kept: of an account, of a role, or of all roles.
    QuotaShow {
        /// This account.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        account: Option<String>,
        /// This role.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        role: Option<Role>,
    },
    /// Sets how much an account or a role may keep. Without both numbers it goes back to what it inherits.
    QuotaSet {
        /// This account.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        account: Option<String>,
        /// Or this role.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        role: Option<Role>,
        /// Octets.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        octets: Option<u64>,
        /// Messages.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        messages: Option<u64>,
    },
    /// Accounts from a school's CSV file. `created` lines bring the first passwords.
    Import {
        /// The file as it is.
        file: FileBytes,
        /// Only say what would happen.
        #[serde(default)]
        dry_run: bool,
    },
    /// The delivery log of a letter or an address.
    Trace {
        /// A queue id or an address.
        what: String,
        /// At most so many letters, up to 1,000.
        #[serde(default = "page")]
        limit: usize,
    },
    /// The newest audit records.
    AuditList {
        /// At most so many, up to 1,000.
        #[serde(default = "page")]
        limit: usize,
        /// From then on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<UnixMillis>,
        /// Before then.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<UnixMillis>,
        /// By or to this account or function.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        account: Option<String>,
    },
    /// How the service is.
    Status,
    /// Counts everything again and compares.
    StoreCheck,
    /// Makes the search index of every account again.
    StoreRebuildSearch,
    /// Writes a backup.
    StoreExport {
        /// A file on the machine of the service, an absolute path.
        to: String,
    },
}

impl Request {
    /// What it is called, as on the wire: for a log that must not say more.
    pub const fn op(&self) -> &'static str {
        match self {
            Self::MunicipalityAdd { .. } => "municipality-add",
            Self::MunicipalityList => "municipality-list",
            Self::DomainAdd { .. } => "domain-add",
            Self::DomainList => "domain-list",
            Self::SchoolAdd { .. } => "school-add",
            Self::SchoolList => "school-list",
            Self::ClassAdd { .. } => "class-add",
            Self::ClassList { .. } => "class-list",
            Self::AccountAdd { .. } => "account-add",
            Self::AccountList { .. } => "account-list",
            Self::AccountShow { .. } => "account-show",
            Self::AccountPasswd { .. } => "account-passwd",
            Self::AccountLock { .. } => "account-lock",
            Self::AccountUnlock { .. } => "account-unlock",
            Self::AccountRename { .. } => "account-rename",
            Self::AccountRemove { .. } => "account-remove",
            Self::AccountDenyCapability { .. } => "account-deny-capability",
            Self::AccountAllowCapability { .. } => "account-allow-capability",
            Self::AliasAdd { .. } => "alias-add",
            Self::AliasRemove { .. } => "alias-remove",
            Self::AliasList { .. } => "alias-list",
            Self::FunctionAdd { .. } => "function-add",
            Self::FunctionList { .. } => "function-list",
            Self::FunctionShow { .. } => "function-show",
            Self::FunctionSet { .. } => "function-set",
            Self::FunctionMemberAdd { .. } => "function-member-add",
            Self::FunctionMemberRemove { .. } => "function-member-remove",
            Self::FunctionManager { .. } => "function-manager",
            Self::FunctionRemove { .. } => "function-remove",
            Self::QuotaShow { .. } => "quota-show",
            Self::QuotaSet { .. } => "quota-set",
            Self::Import { .. } => "import",
            Self::Trace { .. } => "trace",
            Self::AuditList { .. } => "audit-list",
            Self::Status => "status",
            Self::StoreCheck => "store-check",
            Self::StoreRebuildSearch => "store-rebuild-search",
            Self::StoreExport { .. } => "store-export",
        }
    }
}

const fn page() -> usize {
    100
}
