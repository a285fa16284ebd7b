//! The command line: what can be said. Outside scripts rely on every name here.

use std::path::PathBuf;

use admin_api::MemberRights;
use clap::{Args, Parser, Subcommand};
use model::{EmailAddress, Language, Role};

/// E-mail for schools.
#[derive(Debug, Parser)]
#[command(name = "skolpost", version, disable_help_subcommand = true, max_term_width = 110)]
pub(crate) struct Cli {
    /// The service's folder (data, tls and socket below it)
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
    /// Answers as JSON, one value
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Act with this person's rights instead of the console's
    #[arg(long = "as", global = true, value_name = "ACCOUNT")]
    pub(crate) act_as: Option<String>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Start a complete fictitious municipality to try a mail program with
    Demo {
        /// First port: base + 25, 143, 465, 587, 993 on loopback
        #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u16).range(0..=64_000))]
        port_base: u16,
    },
    /// Make the folder of a new service
    Init {
        /// Name of the municipality
        #[arg(long)]
        name: String,
        /// Its mail domain
        #[arg(long)]
        domain: String,
        /// Language of its texts: sv or en
        #[arg(long, default_value = "sv", value_parser = parse_language)]
        lang: Language,
        /// Ports are base + 25, 143, 465, 587, 993; with a base, on loopback only
        #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u16).range(0..=64_000))]
        port_base: u16,
    },
    /// Run the service in the foreground
    Serve {
        /// Configuration; without it DIR/skolpost.toml
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
    /// Schools
    #[command(subcommand)]
    School(School),
    /// Classes
    #[command(subcommand)]
    Class(Class),
    /// Accounts of pupils and staff
    #[command(subcommand)]
    Account(Account),
    /// Further addresses of accounts
    #[command(subcommand)]
    Alias(Alias),
    /// Functions of a school, such as expedition@, and their members
    #[command(subcommand)]
    Function(Function),
    /// Space in mailboxes
    #[command(subcommand)]
    Quota(Quota),
    /// Make accounts from a school's CSV file
    Import {
        /// The file, as Excel or the register writes it
        file: PathBuf,
        /// Show what would be done and change nothing
        #[arg(long)]
        dry_run: bool,
        /// New file (mode 0600) for the first passwords of new accounts
        #[arg(long, value_name = "FILE")]
        secrets_out: Option<PathBuf>,
    },
    /// Check, save and restore the data
    #[command(subcommand)]
    Store(Store),
    /// What became of a letter: by its id, or all letters of an address
    Trace {
        /// Queue id (as in `Received:`) or address
        what: String,
        /// Most letters shown
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// Who did what in administration, the newest first; no content
    Audit {
        /// First day, as 2026-11-24 (UTC)
        #[arg(long, value_name = "DAY")]
        from: Option<String>,
        /// Last day
        #[arg(long, value_name = "DAY")]
        to: Option<String>,
        /// Only what was done by or to this account or function: address or id
        #[arg(long)]
        account: Option<String>,
        /// Most records shown
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// Is mail working?
    Status,
}

/// Schools.
#[derive(Debug, Subcommand)]
pub(crate) enum School {
    /// Add a school
    Add {
        /// School unit code, eight digits
        #[arg(long)]
        code: String,
        /// Its name
        #[arg(long)]
        name: String,
    },
    /// All schools
    List,
}

/// Classes.
#[derive(Debug, Subcommand)]
pub(crate) enum Class {
    /// Add a class for the current school year
    Add {
        /// School unit code
        #[arg(long)]
        school: String,
        /// Label, such as 4B
        #[arg(long)]
        label: String,
    },
    /// Classes of a school
    List {
        /// School unit code
        #[arg(long)]
        school: String,
    },
}

/// A password on standard input: one line.
#[derive(Debug, Args)]
pub(crate) struct PasswordInput {
    /// Read the password from standard input (one line, 8 octets or more)
    #[arg(long, required = true)]
    password_stdin: bool,
}

/// Accounts.
#[derive(Debug, Subcommand)]
pub(crate) enum Account {
    /// Add a person
    Add {
        /// School unit code
        #[arg(long)]
        school: String,
        /// Role: pupil, teacher, mentor, staff, secretary, …
        #[arg(long)]
        role: Role,
        /// First name
        #[arg(long)]
        first: String,
        /// Last name
        #[arg(long)]
        last: String,
        /// Class label
        #[arg(long)]
        class: Option<String>,
        /// Address; without it one is made from the name
        #[arg(long)]
        address: Option<EmailAddress>,
        #[command(flatten)]
        password: PasswordInput,
    },
    /// Accounts, all or of one school or class
    List {
        /// School unit code
        #[arg(long)]
        school: Option<String>,
        /// Class label
        #[arg(long, requires = "school")]
        class: Option<String>,
    },
    /// One account
    Show {
        /// Address or account id
        account: String,
    },
    /// Set a new password; open sessions end
    Passwd {
        /// Address or account id
        account: String,
        #[command(flatten)]
        password: PasswordInput,
    },
    /// Lock: no log-in; open sessions end
    Lock {
        /// Address or account id
        account: String,
    },
    /// Unlock
    Unlock {
        /// Address or account id
        account: String,
    },
    /// Do not show the account's mail programs an IMAP capability, from the next log-in
    DenyCapability {
        /// Address or account id
        account: String,
        /// A word of the answer to CAPABILITY, such as NOTIFY
        capability: String,
    },
    /// Show it again
    AllowCapability {
        /// Address or account id
        account: String,
        /// The word
        capability: String,
    },
    /// Remove with all mail; the address is never given again
    Remove {
        /// Address or account id
        account: String,
    },
}

/// Aliases.
#[derive(Debug, Subcommand)]
pub(crate) enum Alias {
    /// Give an account a further address
    Add {
        /// Address or account id
        account: String,
        /// The new address
        alias: EmailAddress,
    },
    /// Addresses of one account
    List {
        /// Address or account id
        account: String,
    },
    /// Take an alias away; it is never given again to anybody else
    Remove {
        /// Address or account id
        account: String,
        /// The alias
        alias: EmailAddress,
    },
}

/// Functions.
#[derive(Debug, Subcommand)]
pub(crate) enum Function {
    /// Add a function to a school
    Add {
        /// School unit code
        #[arg(long)]
        school: String,
        /// Where it receives, such as expedition@skola.example
        #[arg(long)]
        address: EmailAddress,
        /// What people call it
        #[arg(long)]
        name: String,
        /// Only the head teacher and the manager choose members (always so for pupil health)
        #[arg(long)]
        confidential: bool,
        /// Who answers for it, with all rights: address or account id
        #[arg(long, value_name = "ACCOUNT")]
        manager: Option<String>,
    },
    /// Functions, all or of one school
    List {
        /// School unit code
        #[arg(long)]
        school: Option<String>,
    },
    /// One function with its members
    Show {
        /// Its address
        function: String,
    },
    /// Give it another name, or make it confidential; that is never taken back
    Set {
        /// Its address
        function: String,
        /// What people call it
        #[arg(long)]
        name: Option<String>,
        /// Only the head teacher and the manager choose members
        #[arg(long, required_unless_present = "name")]
        confidential: bool,
    },
    /// Make somebody a member, or change a member's rights
    Join {
        /// Its address
        function: String,
        /// Who: address or account id
        account: String,
        /// read (läsa), reply (läsa och svara) or full (allt)
        #[arg(long)]
        rights: MemberRights,
    },
    /// End a membership; open sessions lose sight of it at once
    Leave {
        /// Its address
        function: String,
        /// Who: address or account id
        account: String,
    },
    /// Say who answers for it; without an account nobody does
    Manager {
        /// Its address
        function: String,
        /// Who: address or account id
        account: Option<String>,
    },
    /// Remove with all its mail; only its own school can make a function with that address again
    ///
    /// With letters in it, only whoever runs the server removes it. A new function of the same school and address begins
    /// empty: no letters and no members come back. The address is never given to a person or to another school.
    Remove {
        /// Its address
        function: String,
    },
}

/// For whom a quota is.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct QuotaFor {
    /// All accounts with this role
    #[arg(long)]
    pub(crate) role: Option<Role>,
    /// One account: address or id
    #[arg(long)]
    pub(crate) account: Option<String>,
}

/// Quotas.
#[derive(Debug, Subcommand)]
pub(crate) enum Quota {
    /// Quota and use
    Show {
        /// One account; without it the quotas of all roles
        account: Option<String>,
    },
    /// Set a quota
    Set {
        #[command(flatten)]
        whom: QuotaFor,
        /// Space, as 500M or 2G; `default` takes space and number back to what is inherited
        #[arg(long, value_name = "SIZE")]
        storage: Option<String>,
        /// Number of messages, or `default` as above
        #[arg(long, value_name = "NUMBER")]
        messages: Option<String>,
    },
}

/// The store.
#[derive(Debug, Subcommand)]
pub(crate) enum Store {
    /// Verify every reference, counter and checksum (server stopped, or on an export)
    Check {
        /// Check this export instead of the service's data
        #[arg(long, value_name = "FILE")]
        export: Option<PathBuf>,
    },
    /// Make the search index of all mailboxes again, as after a large import; the service runs
    RebuildSearch,
    /// Write index and bodies to one file; the service may run
    Export {
        /// The new file
        file: PathBuf,
    },
    /// Restore the index from base or export, journal and bodies (server stopped)
    Rebuild {
        /// Restore everything from this export into an empty folder
        #[arg(long, value_name = "FILE")]
        from: Option<PathBuf>,
    },
}

fn parse_language(word: &str) -> Result<Language, String> {
    match word {
        "sv" => Ok(Language::Sv),
        "en" => Ok(Language::En),
        other => Err(format!("“{other}”: sv or en")),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound_and_takes_what_scripts_say() {
        Cli::command().debug_assert();
        for line in [
            "skolpost demo --port-base 20000",
            "skolpost init --dir d --name K --domain skola.test --lang sv --port-base 20000",
            "skolpost serve --dir d",
            "skolpost --dir d school add --code 99900001 --name Åsaskolan",
            "skolpost --dir d account add --school 99900001 --role pupil --first Åsa --last Öqvist --class 4B --password-stdin",
            "skolpost --dir d account list --json",
            "skolpost --dir d function add --school 99900001 --address expedition@skola.test --name Expeditionen",
            "skolpost --dir d function set expedition@skola.test --confidential",
            "skolpost --dir d function join expedition@skola.test a@skola.test --rights svara --as r@skola.test",
            "skolpost --dir d import f.csv --dry-run",
            "skolpost --dir d store check",
            "skolpost --dir d store rebuild-search",
            "skolpost --dir d audit --from 2026-11-01 --to 2026-11-24 --account a@skola.test",
            "skolpost --dir d status --json",
        ] {
            Cli::try_parse_from(line.split(' ')).unwrap_or_else(|error| panic!("{line}: {error}"));
        }
        for line in [
            "skolpost",
            "skolpost account add",
            "skolpost --dir d account passwd a@b.test",
            "skolpost demo --port-base 64001",
        ] {
            assert_eq!(Cli::try_parse_from(line.split(' ')).unwrap_err().exit_code(), 2, "{line}");
        }
    }
}
