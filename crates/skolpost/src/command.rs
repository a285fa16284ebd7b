//! The subcommands that ask the running service: words in, a call out, its answer shown.

mod import;
mod show;

use std::io::{IsTerminal, Read, stdin};
use std::path::{Path, PathBuf};

use admin_api::{Answer, Call, Password, Request};
use model::{Text, UnixMillis};

use crate::cli::{Account, Alias, Class, Command, Function, Quota, School, Store};
use crate::client;
use crate::failure::Failure;
use crate::output::{Output, octets, parse_octets};

/// Longest password taken, in octets.
const PASSWORD_OCTETS_MAX: u64 = 1024;
/// Accounts asked for at a time.
const PAGE: usize = 500;

/// `--dir` is needed and not there.
pub(crate) fn missing_dir() -> Failure {
    Failure::usage(Text::new(
        "Ange tjänstens mapp: --dir DIR. (skolpost --help visar alla kommandon.)",
        "Name the service's folder: --dir DIR. (skolpost --help shows all commands.)",
    ))
}

/// The folder of `--dir`.
///
/// # Errors
/// [`missing_dir`].
pub(crate) fn required_dir(dir: Option<PathBuf>) -> Result<PathBuf, Failure> {
    dir.ok_or_else(missing_dir)
}

/// Asks the service and shows its answer.
///
/// # Errors
/// [`Failure`]: the words, the service or its refusal.
pub(crate) fn run(dir: &Path, act_as: Option<String>, asked: Command, output: Output) -> Result<(), Failure> {
    let ask = Ask { dir, act_as, output };
    match asked {
        Command::Import { file, dry_run, secrets_out } => {
            import::run(&ask, &file, dry_run, secrets_out.as_deref())
        }
        Command::Account(Account::List { school, class }) => ask.accounts(school, class),
        asked => {
            let answer = ask.ask(request(asked, output)?)?;
            output.answer(&answer, |output| show::answer(&answer, output));
            Ok(())
        }
    }
}

/// Where calls go, and as whom.
struct Ask<'a> {
    dir: &'a Path,
    act_as: Option<String>,
    output: Output,
}

impl Ask<'_> {
    fn call(&self, request: Request) -> Call {
        let mut call = Call::new(self.output.language, request);
        call.acting_as.clone_from(&self.act_as);
        call
    }

    fn ask(&self, request: Request) -> Result<Answer, Failure> {
        client::call(self.dir, &self.call(request), self.output, |_| Ok(()))
    }

    /// All pages as one answer.
    fn accounts(&self, school: Option<String>, class: Option<String>) -> Result<(), Failure> {
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let (school, class) = (school.clone(), class.clone());
            let request = Request::AccountList { school, class, role: None, after, limit: PAGE };
            let Answer::Accounts { accounts, next } = self.ask(request)? else { return Err(unexpected()) };
            all.extend(accounts);
            after = next;
            if after.is_none() {
                break;
            }
        }
        // As a class list is read; the store keeps them by id.
        all.sort_by_cached_key(|one: &admin_api::Account| {
            (one.school.clone(), one.class.clone(), one.last.to_lowercase(), one.first.to_lowercase())
        });
        self.output.answer(&all, |output| show::accounts(&all, output));
        Ok(())
    }
}

fn unexpected() -> Failure {
    Failure::new(Text::new(
        "Tjänsten svarade på något annat än frågan. Är den av samma version?",
        "The service answered something else than was asked. Is it of the same version?",
    ))
}

fn request(asked: Command, output: Output) -> Result<Request, Failure> {
    Ok(match asked {
        Command::School(School::Add { code, name }) => Request::SchoolAdd { code, name },
        Command::School(School::List) => Request::SchoolList,
        Command::Class(Class::Add { school, label }) => Request::ClassAdd { school, label },
        Command::Class(Class::List { school }) => Request::ClassList { school },
        Command::Account(account) => account_request(account, output)?,
        Command::Alias(Alias::Add { account, alias }) => Request::AliasAdd { account, address: alias },
        Command::Alias(Alias::List { account }) => Request::AliasList { account },
        Command::Alias(Alias::Remove { account, alias }) => Request::AliasRemove { account, address: alias },
        Command::Function(function) => function_request(function),
        Command::Quota(Quota::Show { account }) => Request::QuotaShow { account, role: None },
        Command::Quota(Quota::Set { whom, storage, messages }) => {
            if storage.is_none() && messages.is_none() {
                return Err(Failure::usage(Text::new(
                    "Ange --storage, --messages eller båda. --storage default går tillbaka till det ärvda.",
                    "Say --storage, --messages or both. --storage default goes back to what is inherited.",
                )));
            }
            let (octets, messages) = quota(storage.as_deref(), messages.as_deref())?;
            Request::QuotaSet { account: whom.account, role: whom.role, octets, messages }
        }
        Command::Trace { what, limit } => Request::Trace { what, limit: limit.min(1000) as usize },
        Command::Audit { from, to, account, limit } => {
            let from = from.as_deref().map(|day| begin(day, 0)).transpose()?;
            let to = to.as_deref().map(|day| begin(day, 1)).transpose()?;
            Request::AuditList { limit: limit.min(1000) as usize, from, to, account }
        }
        Command::Status => Request::Status,
        Command::Store(Store::RebuildSearch) => Request::StoreRebuildSearch,
        Command::Store(Store::Export { file }) => {
            let to = std::path::absolute(&file).map_err(|error| Failure::file(&file, &error))?;
            Request::StoreExport { to: to.to_string_lossy().into_owned() }
        }
        Command::Demo { .. } | Command::Init { .. } | Command::Serve { .. } | Command::Import { .. } => {
            return Err(missing_dir());
        }
        Command::Store(Store::Check { .. } | Store::Rebuild { .. }) => return Err(missing_dir()),
    })
}

fn account_request(account: Account, output: Output) -> Result<Request, Failure> {
    Ok(match account {
        Account::Add { school, role, first, last, class, address, .. } => Request::AccountAdd {
            school: Some(school),
            role,
            first,
            last,
            class,
            address,
            password: Some(password(output)?),
        },
        Account::List { school, class } => {
            Request::AccountList { school, class, role: None, after: None, limit: PAGE }
        }
        Account::Show { account } => Request::AccountShow { account },
        Account::Passwd { account, .. } => {
            Request::AccountPasswd { account, password: Some(password(output)?) }
        }
        Account::Lock { account } => Request::AccountLock { account },
        Account::Unlock { account } => Request::AccountUnlock { account },
        Account::DenyCapability { account, capability } => {
            Request::AccountDenyCapability { account, capability }
        }
        Account::AllowCapability { account, capability } => {
            Request::AccountAllowCapability { account, capability }
        }
        Account::Remove { account } => Request::AccountRemove { account },
    })
}

fn function_request(function: Function) -> Request {
    match function {
        Function::Add { school, address, name, confidential, manager } => {
            Request::FunctionAdd { school, address, name, confidential, manager }
        }
        Function::List { school } => Request::FunctionList { school },
        Function::Show { function } => Request::FunctionShow { function },
        Function::Set { function, name, confidential } => {
            Request::FunctionSet { function, name, confidential }
        }
        Function::Join { function, account, rights } => {
            Request::FunctionMemberAdd { function, account, rights }
        }
        Function::Leave { function, account } => Request::FunctionMemberRemove { function, account },
        Function::Manager { function, account } => Request::FunctionManager { function, account },
        Function::Remove { function } => Request::FunctionRemove { function },
    }
}

/// A line typed at the terminal, which does not show it.
fn unseen(output: Output) -> std::io::Result<String> {
    use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
    let shown = tcgetattr(stdin())?;
    let mut hidden = shown.clone();
    hidden.local_modes.remove(LocalModes::ECHO);
    eprint!("{}: ", output.word("Lösenord", "Password"));
    tcsetattr(stdin(), OptionalActions::Now, &hidden)?;
    let mut text = String::new();
    let read = stdin().read_line(&mut text);
    tcsetattr(stdin(), OptionalActions::Now, &shown)?;
    eprintln!();
    read.map(|_| text)
}

/// One line of standard input, without its line end.
fn password(output: Output) -> Result<Password, Failure> {
    let mut text = String::new();
    let unreadable = |error: std::io::Error| {
        Failure::new(Text::new(
            format!("Lösenordet på standard in går inte att läsa: {error}. Skriv det i UTF-8."),
            format!("The password on standard input cannot be read: {error}. Write it in UTF-8."),
        ))
    };
    if stdin().is_terminal() {
        text = unseen(output).map_err(unreadable)?;
    } else {
        let mut input = stdin().take(PASSWORD_OCTETS_MAX + 2);
        input.read_to_string(&mut text).map_err(unreadable)?;
    }
    let line = text.strip_suffix('\n').unwrap_or(&text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    if line.contains(['\n', '\r']) || line.len() as u64 > PASSWORD_OCTETS_MAX {
        return Err(Failure::new(Text::new(
            format!("Lösenordet ska vara en rad på standard in, högst {PASSWORD_OCTETS_MAX} oktetter."),
            format!("The password is one line on standard input, at most {PASSWORD_OCTETS_MAX} octets."),
        )));
    }
    Ok(Password::new(line.to_owned()))
}

/// Space and number. `default` is none: both go back to what is inherited.
fn quota(storage: Option<&str>, messages: Option<&str>) -> Result<(Option<u64>, Option<u64>), Failure> {
    let given = [storage, messages];
    if given.contains(&Some("default")) {
        if given.iter().flatten().any(|word| *word != "default") {
            return Err(Failure::usage(Text::new(
                "”default” tar tillbaka både utrymme och antal. Ange det ensamt, eller två värden.",
                "“default” takes back both space and number. Say it alone, or give two values.",
            )));
        }
        return Ok((None, None));
    }
    Ok((storage.map(size).transpose()?, messages.map(number).transpose()?))
}

/// When a day begins, or the one so many days later.
fn begin(day: &str, later: i64) -> Result<UnixMillis, Failure> {
    let date = day.parse::<jiff::civil::Date>().ok();
    let moment = date.and_then(|date| {
        let date = date.checked_add(jiff::Span::new().days(later)).ok()?;
        let moment = date.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp();
        u64::try_from(moment.as_millisecond()).ok().map(UnixMillis)
    });
    moment.ok_or_else(|| {
        Failure::usage(Text::new(
            format!("“{day}” är ingen dag; skriv till exempel 2026-11-24."),
            format!("“{day}” is not a day; write for example 2026-11-24."),
        ))
    })
}

fn number(text: &str) -> Result<u64, Failure> {
    text.parse().map_err(|_| {
        Failure::usage(Text::new(
            format!("“{text}” är inget antal brev; skriv till exempel 20000, eller default."),
            format!("“{text}” is not a number of messages; write for example 20000, or default."),
        ))
    })
}

fn size(text: &str) -> Result<u64, Failure> {
    parse_octets(text).ok_or_else(|| {
        Failure::usage(Text::new(
            format!("“{text}” är ingen storlek; skriv till exempel 500M eller 2G."),
            format!("“{text}” is not a size; write for example 500M or 2G."),
        ))
    })
}

/// Octets as people say them, for the views below.
fn shown(count: u64) -> String {
    octets(count)
}
