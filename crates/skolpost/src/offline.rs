//! `store check` and `store rebuild`: with the service stopped on its folder, or on an export.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use indicatif::{ProgressBar, ProgressStyle};
use mailbox::Mailboxes;
use model::{AccountId, Language, MailboxName, TenantId, Text, UnixMillis};
use queue::RouteKey;
use serde_json::json;
use store::{BodyKey, Key, Keyspace, Record, RecordError, Store, TypedKey};
use store_sled::{Finding, OpenError, RebuildHooks, Recovered, Severity};

use crate::config::Config;
use crate::failure::Failure;
use crate::output::Output;
use crate::{command, serve, service};

/// The folder in which letters lie whose row was damaged.
const RECOVERED: &str = "Recovered";

/// Verifies every reference, counter and checksum. Exit status 1 on any error that is found.
///
/// # Errors
/// [`Failure`]: the store cannot be opened, or an export cannot be read.
pub(crate) fn check(
    dir: Option<PathBuf>,
    export: Option<&Path>,
    output: Output,
) -> Result<ExitCode, Failure> {
    let bar = bar(output);
    let mut progress = |done, total| show(&bar, done, total);
    let report = match export {
        Some(file) => {
            store_sled::check_export(file, &references, &mut progress).map_err(|error| failure(&error))?
        }
        None => {
            let dir = command::required_dir(dir)?;
            let config = Config::load(&dir.join("skolpost.toml"))?;
            let data = service::data_folder(&dir, &config);
            store_sled::check(&data, config.store, &references, &mut progress)
                .map_err(|error| failure(&error))?
        }
    };
    bar.finish_and_clear();
    let findings: Vec<_> = report.findings.iter().map(finding).collect();
    let value = json!({ "clean": report.errors == 0, "rows": report.rows, "bodies": report.bodies,
        "errors": report.errors, "findings": findings, "more": report.more });
    output.answer(&value, |output| {
        let mut lines = words(&report.findings, report.more, output);
        let (rows, bodies, errors) = (report.rows, report.bodies, report.errors);
        lines.push(match (errors, output.language) {
            (0, Language::Sv) => format!("Allt stämmer: {rows} rader och {bodies} brev kontrollerade."),
            (0, Language::En) => format!("All is well: {rows} rows and {bodies} letters checked."),
            (_, Language::Sv) => {
                format!("{errors} fel. Gör en kopia av mappen, kör sedan: skolpost store rebuild")
            }
            (_, Language::En) => {
                format!("{errors} errors. Make a copy of the folder, then run: skolpost store rebuild")
            }
        });
        lines.join("\n")
    });
    Ok(if report.errors == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Builds the index again from base and journal, or everything from an export.
///
/// # Errors
/// [`Failure`]: what could not be opened or written.
pub(crate) fn rebuild(dir: &Path, from: Option<&Path>, output: Output) -> Result<(), Failure> {
    let config = Config::load(&dir.join("skolpost.toml"))?;
    let data = service::data_folder(dir, &config);
    let (bar, now) = (bar(output), service::now());
    let aside = if from.is_some() { set_aside(&data, now)? } else { None };
    let runtime = serve::runtime()?;
    let mut file = |store: &Store, letters: &[Recovered]| {
        runtime.block_on(file_recovered(store, letters, &config, now)).map_err(|error| error.to_string())
    };
    let hooks = RebuildHooks { inspect: &references, raise: &mailbox::raise_uid_validity, file: &mut file };
    let done = store_sled::rebuild(&data, config.store.clone(), from, now, hooks, &mut |done, total| {
        show(&bar, done, total);
    });
    bar.finish_and_clear();
    let report = done.map_err(|error| failure(&error))?;
    let findings: Vec<_> = report.findings.iter().map(finding).collect();
    let value = json!({ "rows": report.rows, "bodies": report.bodies, "recovered": report.recovered.len(),
        "findings": findings, "more": report.more });
    output.answer(&value, |output| {
        let mut lines = words(&report.findings, report.more, output);
        if let Some(aside) = &aside {
            let aside = aside.display();
            lines.push(match output.language {
                Language::Sv => format!("Det som fanns förut ligger kvar i {aside}; ta bort det när allt fungerar."),
                Language::En => format!("What was there before is kept in {aside}; remove it when all is well."),
            });
        }
        let (rows, bodies, recovered) = (report.rows, report.bodies, report.recovered.len());
        lines.push(match output.language {
            Language::Sv => format!("Återställt: {rows} rader och {bodies} brev; {recovered} brev lagda i mappen {RECOVERED}."),
            Language::En => format!("Restored: {rows} rows and {bodies} letters; {recovered} letters put into the folder {RECOVERED}."),
        });
        lines.join("\n")
    });
    Ok(())
}

/// Makes room for a restore: what lies in the data folder is renamed, never removed. `None` if nothing was there.
fn set_aside(data: &Path, now: UnixMillis) -> Result<Option<PathBuf>, Failure> {
    let wrong = |error: std::io::Error| Failure::file(data, &error);
    if !fs::read_dir(data).is_ok_and(|mut entries| entries.next().is_some()) {
        return Ok(None);
    }
    if let Ok(lock) = File::open(data.join("lock")) {
        let free = rustix::fs::flock(&lock, rustix::fs::FlockOperation::NonBlockingLockExclusive);
        free.map_err(|_| failure(&OpenError::Locked(data.to_owned())))?;
    }
    let mut name = data.as_os_str().to_owned();
    name.push(format!(".before-{}", now.seconds()));
    let aside = PathBuf::from(name);
    fs::rename(data, &aside).map_err(wrong)?;
    Ok(Some(aside))
}

/// What rows beyond the store's own refer to: a route keeps its letter.
fn references(key: &Key, value: &[u8]) -> Result<Vec<BodyKey>, RecordError> {
    if key.space() != Some(Keyspace::Route) {
        return Ok(Vec::new());
    }
    let Some(RouteKey { tenant, .. }) = RouteKey::from_key(key) else {
        return Err(RecordError::Damaged("not a key of a route"));
    };
    let route = queue::Route::decode(value)?;
    Ok(vec![BodyKey { tenant, body: route.body }])
}

/// Puts letters into their owners' folder for recovered letters, account by account.
async fn file_recovered(
    store: &Store,
    letters: &[Recovered],
    config: &Config,
    now: UnixMillis,
) -> Result<(), Box<dyn std::error::Error>> {
    let reading = config.limits.message.clone();
    let mailboxes = Mailboxes::new(store.clone(), config.limits.mailbox.clone(), reading, now);
    let name = MailboxName::parse(RECOVERED)?;
    let mut by_account: BTreeMap<(TenantId, AccountId), Vec<Recovered>> = BTreeMap::new();
    for letter in letters {
        by_account.entry((letter.mailbox.tenant, letter.mailbox.account)).or_default().push(letter.clone());
    }
    for ((tenant, account), letters) in by_account {
        let folder = match mailboxes.find(tenant, account, &name).await {
            Ok(folder) => folder,
            Err(_) => {
                mailboxes.create(tenant, account, &name, now).await?;
                mailboxes.subscribe(tenant, account, &name, now).await?;
                mailboxes.find(tenant, account, &name).await?
            }
        };
        store_sled::file_recovered(store, &letters, folder, now).await?;
    }
    Ok(())
}

fn failure(error: &OpenError) -> Failure {
    let text = match error {
        OpenError::Locked(_) => Text::new(
            "Tjänsten använder mappen. Stoppa den först (systemctl stop skolpost).",
            "The service uses the folder. Stop it first (systemctl stop skolpost).",
        ),
        OpenError::NoStore(path) => Text::new(
            format!("Det finns inget lager i {}. Kontrollera --dir.", path.display()),
            format!("There is no store in {}. Check --dir.", path.display()),
        ),
        OpenError::Export { file, why } => Text::new(
            format!(
                "Kopian {} är inte hel eller ingen kopia alls; inget är ändrat. Ta en äldre, eller hämta den igen. Orsak: {why}",
                file.display()
            ),
            format!(
                "The copy {} is not whole or none at all; nothing was changed. Take an older one, or fetch it again. Cause: {why}",
                file.display()
            ),
        ),
        OpenError::NotEmpty(path) => Text::new(
            format!("{} är inte tom. Flytta undan mappen först.", path.display()),
            format!("{} is not empty. Move the folder aside first.", path.display()),
        ),
        OpenError::Io { source, .. } => Text::new(
            format!(
                "Filerna går inte att läsa eller skriva. Kontrollera namn, ägare och plats på disken. Orsak: {source}"
            ),
            format!(
                "The files cannot be read or written. Check name, owner and room on the disk. Cause: {source}"
            ),
        ),
        OpenError::Journal(why) | OpenError::Base(why) => Text::new(
            format!("Data är skadade. Ta en kopia av mappen, kör sedan skolpost store rebuild. Orsak: {why}"),
            format!(
                "The data are damaged. Make a copy of the folder, then run skolpost store rebuild. Cause: {why}"
            ),
        ),
        error @ OpenError::Store(_) => Text::new(
            format!("Lagret går inte att läsa. Orsak: {error}"),
            format!("The store cannot be read. Cause: {error}"),
        ),
    };
    let code = if matches!(error, OpenError::Locked(_)) { "in_use" } else { "store" };
    Failure::with_code(text, code)
}

fn finding(finding: &Finding) -> serde_json::Value {
    let severity = match finding.severity {
        Severity::Note => "note",
        Severity::Error => "error",
    };
    json!({ "severity": severity, "at": finding.at, "sv": finding.text.sv, "en": finding.text.en })
}

fn words(findings: &[Finding], more: u64, output: Output) -> Vec<String> {
    let mut lines: Vec<_> = findings
        .iter()
        .map(|finding| {
            let severity = match finding.severity {
                Severity::Note => output.word("notera", "note"),
                Severity::Error => output.word("fel", "error"),
            };
            format!("{severity}: {}: {}", finding.at, output.say(&finding.text))
        })
        .collect();
    if more > 0 {
        lines.push(format!("… {more} {}", output.word("till", "more")));
    }
    lines
}

fn bar(output: Output) -> ProgressBar {
    if output.json {
        return ProgressBar::hidden();
    }
    let style =
        ProgressStyle::with_template("[{bar:40}] {bytes}/{total_bytes} {eta}").expect("a sound template");
    ProgressBar::new(0).with_style(style)
}

fn show(bar: &ProgressBar, done: u64, total: u64) {
    bar.set_length(total);
    bar.set_position(done);
}
