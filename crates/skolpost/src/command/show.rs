//! Answers in words and tables.

use admin_api::{Account, Answer, DeliveryStatus, Function, Letter, Quota, Status};
use model::{Language, Role, UnixMillis};

use super::shown;
use crate::output::Output;

/// Any answer.
pub(super) fn answer(answer: &Answer, output: Output) -> String {
    match answer {
        Answer::Done => output.word("Klart.", "Done.").to_owned(),
        Answer::Municipalities(list) => {
            let rows =
                list.iter().map(|m| vec![m.number.to_string(), m.name.clone(), m.domain.clone()]).collect();
            let head = [("Nr", "No"), ("Kommun", "Municipality"), ("Domän", "Domain")];
            output.table(&head, rows, ("Ingen kommun.", "No municipality."))
        }
        Answer::Domains(list) => {
            let mark = |primary| if primary { output.word("ja", "yes") } else { "" };
            let rows = list.iter().map(|d| vec![d.domain.clone(), mark(d.primary).to_owned()]).collect();
            output.table(
                &[("Domän", "Domain"), ("Nya adresser här", "New addresses here")],
                rows,
                ("Ingen domän.", "No domain."),
            )
        }
        Answer::Schools(list) => {
            let rows =
                list.iter().map(|s| vec![s.code.clone(), s.name.clone(), s.accounts.to_string()]).collect();
            let head = [("Kod", "Code"), ("Skola", "School"), ("Konton", "Accounts")];
            output.table(
                &head,
                rows,
                ("Ingen skola ännu: skolpost school add", "No school yet: skolpost school add"),
            )
        }
        Answer::Classes(list) => {
            let rows =
                list.iter().map(|c| vec![c.label.clone(), c.year.clone(), c.accounts.to_string()]).collect();
            let head = [("Klass", "Class"), ("Läsår", "School year"), ("Konton", "Accounts")];
            output.table(&head, rows, ("Ingen klass ännu.", "No class yet."))
        }
        Answer::Account(one) => account(one, output),
        Answer::NewAccount(new) => {
            let mut text = account(&new.account, output);
            if let Some(password) = &new.password {
                text.push_str(&format!("\n{}: {}", output.word("Lösenord", "Password"), password.expose()));
            }
            text
        }
        Answer::Accounts { accounts: list, .. } => accounts(list, output),
        Answer::Functions(list) => functions(list, output),
        Answer::Function(one) => function(one, output),
        Answer::Quotas(lines) => {
            let own = |own| if own { output.word("egen", "own") } else { output.word("ärvd", "inherited") };
            let rows = lines.iter().map(|line| {
                let used = line.used.map_or_else(String::new, |used| quota(used, output));
                let of = line
                    .of
                    .parse()
                    .map_or_else(|_| line.of.clone(), |role: Role| role.label(output.language).into());
                vec![of, quota(line.quota, output), used, own(line.own).to_owned()]
            });
            let head = [("För", "For"), ("Utrymme", "Space"), ("Använt", "Used"), ("", "")];
            output.table(&head, rows.collect(), ("Ingen kvot.", "No quota."))
        }
        Answer::Letters(list) => letters(list, output),
        Answer::Audit(list) => {
            let rows = list.iter().map(|entry| {
                vec![
                    time(entry.at),
                    entry.actor.clone(),
                    entry.op.clone(),
                    entry.target.clone(),
                    entry.detail.clone(),
                ]
            });
            let head =
                [("När (UTC)", "When (UTC)"), ("Vem", "Who"), ("Vad", "What"), ("Till", "To"), ("", "")];
            output.table(&head, rows.collect(), ("Inget i loggen.", "Nothing in the log."))
        }
        Answer::Status(one) => status(one, output),
        Answer::Export(report) => match output.language {
            Language::Sv => format!(
                "{}: {} rader och {} brev, {}. Flytta kopian till en annan maskin.",
                report.path,
                report.rows,
                report.bodies,
                shown(report.octets)
            ),
            Language::En => format!(
                "{}: {} rows and {} letters, {}. Move the copy to another machine.",
                report.path,
                report.rows,
                report.bodies,
                shown(report.octets)
            ),
        },
        Answer::SearchIndex(report) => match output.language {
            Language::Sv => format!("{} brev i {} konton.", report.letters, report.accounts),
            Language::En => format!("{} letters in {} accounts.", report.letters, report.accounts),
        },
        Answer::Import(_) | Answer::Check(_) => output.word("Klart.", "Done.").to_owned(),
    }
}

fn quota(quota: Quota, output: Output) -> String {
    format!("{}, {} {}", shown(quota.octets), quota.messages, output.word("brev", "letters"))
}

fn account(account: &Account, output: Output) -> String {
    let state = match account.state.as_str() {
        "active" => output.word("öppet", "active"),
        "locked" => output.word("låst", "locked"),
        other => other,
    };
    let mut lines = vec![
        (output.word("Namn", "Name"), format!("{} {}", account.first, account.last)),
        (output.word("Adress", "Address"), account.address.to_string()),
        (output.word("Roll", "Role"), account.role.label(output.language).to_owned()),
        (output.word("Konto", "Account"), format!("{} ({})", account.id, account.login)),
        (output.word("Tillstånd", "State"), state.to_owned()),
    ];
    let school =
        [account.school.clone(), account.class.clone()].into_iter().flatten().collect::<Vec<_>>().join(" ");
    lines.push((output.word("Skola", "School"), school));
    if !account.aliases.is_empty() {
        let aliases: Vec<_> = account.aliases.iter().map(ToString::to_string).collect();
        lines.push((output.word("Även", "Also"), aliases.join(", ")));
    }
    lines.push((output.word("Utrymme", "Space"), quota(account.quota, output)));
    if let Some(used) = account.used {
        lines.push((output.word("Använt", "Used"), quota(used, output)));
    }
    if !account.denied_capabilities.is_empty() {
        lines.push((output.word("Inte i IMAP", "Not in IMAP"), account.denied_capabilities.join(" ")));
    }
    lines.iter().map(|(name, value)| format!("{name:<10} {value}")).collect::<Vec<_>>().join("\n")
}

/// Accounts, one a line.
pub(super) fn accounts(list: &[Account], output: Output) -> String {
    let rows = list.iter().map(|one| {
        let optional = |text: &Option<String>| text.clone().unwrap_or_default();
        let locked = if one.state == "active" { "" } else { output.word("låst", "locked") };
        vec![
            one.address.to_string(),
            format!("{} {}", one.first, one.last),
            one.role.label(output.language).to_owned(),
            optional(&one.school),
            optional(&one.class),
            locked.to_owned(),
        ]
    });
    let head = [
        ("Adress", "Address"),
        ("Namn", "Name"),
        ("Roll", "Role"),
        ("Skola", "School"),
        ("Klass", "Class"),
        ("", ""),
    ];
    output.table(&head, rows.collect(), ("Inga konton.", "No accounts."))
}

fn functions(list: &[Function], output: Output) -> String {
    let rows = list.iter().map(|one| {
        vec![
            one.address.to_string(),
            one.name.clone(),
            one.school.clone().unwrap_or_default(),
            one.manager.as_ref().map(ToString::to_string).unwrap_or_default(),
            confidential(one, output).to_owned(),
        ]
    });
    let head = [
        ("Adress", "Address"),
        ("Funktion", "Function"),
        ("Skola", "School"),
        ("Ansvarig", "Manager"),
        ("", ""),
    ];
    let none = ("Ingen funktion ännu: skolpost function add", "No function yet: skolpost function add");
    output.table(&head, rows.collect(), none)
}

fn confidential(function: &Function, output: Output) -> &'static str {
    if function.confidential { output.word("sekretess", "confidential") } else { "" }
}

fn function(function: &Function, output: Output) -> String {
    let mut lines = vec![
        (output.word("Funktion", "Function"), function.name.clone()),
        (output.word("Adress", "Address"), function.address.to_string()),
        (output.word("Skola", "School"), function.school.clone().unwrap_or_default()),
    ];
    if function.confidential {
        lines.push((output.word("Skydd", "Guard"), confidential(function, output).to_owned()));
    }
    if let Some(manager) = &function.manager {
        lines.push((output.word("Ansvarig", "Manager"), manager.to_string()));
    }
    lines.push((output.word("Utrymme", "Space"), quota(function.quota, output)));
    if let Some(used) = function.used {
        lines.push((output.word("Använt", "Used"), quota(used, output)));
    }
    for member in &function.members {
        let rights = match member.preset {
            Some(preset) => preset.label(output.language).to_owned(),
            None => member.rights.clone(),
        };
        let who = format!("{} ({}): {rights}", member.name, member.address);
        lines.push((output.word("Medlem", "Member"), who));
    }
    for note in &function.notes {
        lines.push((output.word("Obs", "Note"), output.say(note).to_owned()));
    }
    lines.iter().map(|(name, value)| format!("{name:<10} {value}")).collect::<Vec<_>>().join("\n")
}

fn letters(list: &[Letter], output: Output) -> String {
    let mut rows = Vec::new();
    for letter in list {
        for (place, to) in letter.recipients.iter().enumerate() {
            let became = match to.status {
                DeliveryStatus::Filed => output.word("i brevlådan", "in the mailbox"),
                DeliveryStatus::Waiting => output.word("på väg", "on its way"),
                DeliveryStatus::Gone => output.word("kontot borttaget", "account removed"),
                DeliveryStatus::SameAccount => output.word("samma person", "same person"),
                DeliveryStatus::Elsewhere => output.word("annan kommun", "other municipality"),
                DeliveryStatus::Refused => output.word("avvisad", "refused"),
            };
            let reply = to.reply.as_deref().unwrap_or_default();
            let first = |text: String| if place == 0 { text } else { String::new() };
            rows.push(vec![
                first(letter.id.clone()),
                first(time(letter.at)),
                first(from(letter, output)),
                to.address.to_string(),
                format!("{became} {reply}").trim_end().to_owned(),
                first(shown(letter.size)),
            ]);
        }
        if letter.unlisted > 0 {
            let more = format!("+ {} {}", letter.unlisted, output.word("avvisade till", "more refused"));
            rows.push(vec![String::new(), String::new(), String::new(), more, String::new(), String::new()]);
        }
    }
    let head = [
        ("Kö-id", "Queue id"),
        ("När (UTC)", "When (UTC)"),
        ("Från", "From"),
        ("Till", "To"),
        ("Blev", "Became"),
        ("Storlek", "Size"),
    ];
    output.table(&head, rows, ("Inga brev i leveransloggen.", "No letters in the delivery log."))
}

/// MAIL FROM, and whose account it was where that is another.
fn from(letter: &Letter, output: Output) -> String {
    let from = letter.from.to_string();
    match letter.submitter.as_deref() {
        Some(account) if !from.trim_matches(['<', '>']).eq_ignore_ascii_case(account) => {
            format!("{from} ({} {account})", output.word("konto", "account"))
        }
        _ => from,
    }
}

fn status(status: &Status, output: Output) -> String {
    let working = if status.writable {
        output.word("E-posten fungerar.", "Mail is working.").to_owned()
    } else {
        let trouble = status.trouble.as_ref().map(|text| output.say(text)).unwrap_or_default();
        format!(
            "{} {trouble}",
            output.word("Tar inte emot nya brev just nu.", "Not taking new mail just now.")
        )
    };
    let mut lines = vec![
        working,
        format!(
            "{:<28} {} ({})",
            output.word("Igång sedan (UTC)", "Running since (UTC)"),
            time(status.started),
            status.version
        ),
        format!("{:<28} {}", output.word("Skolor", "Schools"), status.schools),
    ];
    for (role, count) in &status.accounts {
        lines.push(format!(
            "{:<28} {count}",
            format!("{} {}", output.word("Konton:", "Accounts:"), role.label(output.language))
        ));
    }
    lines.extend(status.numbers.iter().map(|(name, number)| {
        let (word, octets) = match name.as_str() {
            "connections" => (output.word("Anslutningar", "Connections"), false),
            "open_mailboxes" => (output.word("Öppna brevlådor", "Open mailboxes"), false),
            "commits" => (output.word("Skrivningar", "Commits"), false),
            "syncs" => (output.word("Synkningar", "Syncs"), false),
            "journal_octets" => (output.word("Journal", "Journal"), true),
            "body_octets" => (output.word("Brev på disken", "Letters on disk"), true),
            "free_octets" => (output.word("Ledigt på disken", "Free on disk"), true),
            other => (other, false),
        };
        if octets { format!("{word:<28} {}", shown(*number)) } else { format!("{word:<28} {number}") }
    }));
    lines.join("\n")
}

/// `2026-10-05 08:30:00`, in UTC.
fn time(at: UnixMillis) -> String {
    let (days, seconds) = (at.seconds() / 86_400, at.seconds() % 86_400);
    // Days to a civil date: years begin in March, so that the leap day comes last (H. Hinnant, chrono algorithms).
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_as_people_write_them() {
        for (seconds, text) in [
            (0, "1970-01-01 00:00:00"),
            (951_782_399, "2000-02-28 23:59:59"),
            (951_782_400, "2000-02-29 00:00:00"),
            (1_791_189_000, "2026-10-05 08:30:00"),
        ] {
            assert_eq!(time(UnixMillis(seconds * 1000)), text);
        }
    }
}
