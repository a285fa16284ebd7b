//! A file against the directory: who is new, who is there, and what the directory would refuse.

use std::collections::{BTreeSet, HashSet};

use directory::{Directory, DirectoryError, Draft, Group, NewAccount, SchoolYear};
use model::{AccountId, EmailAddress, Language, SchoolId, TenantId, Text, UnixMillis};

use crate::{Difference, File, Match, Problem, Row, Snapshot, compare};

/// Somebody who will be made.
#[derive(Clone, Debug)]
pub struct Planned {
    /// The row.
    pub row: Row,
    /// The school.
    pub school: SchoolId,
    /// The address that the person would have today; random endings are drawn anew when it is done.
    pub address: EmailAddress,
}

impl Planned {
    /// What the directory is asked for.
    pub fn new_account(&self) -> NewAccount {
        new_account(&self.row, self.school)
    }
}

/// What an import would do. With problems it does nothing.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// New people, by school.
    pub create: Vec<Planned>,
    /// Rows whose account is there; none of them is changed.
    pub present: Vec<AccountId>,
    /// Those of them of whom the file says something else.
    pub differing: Vec<Differing>,
    /// What must be corrected first: of the file, and what the directory would refuse.
    pub problems: Vec<Problem>,
}

/// A row whose account says something else; it is told and not applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Differing {
    /// Row of the file.
    pub line: u64,
    /// The account.
    pub account: AccountId,
    /// In what.
    pub differs: Vec<Difference>,
}

impl Differing {
    /// For the reader.
    pub fn text(&self) -> Text {
        let words = self.differs.iter().map(words).map(|text| (text.sv, text.en));
        let (sv, en): (Vec<_>, Vec<_>) = words.unzip();
        Text::new(
            format!("Rad {}: finns redan, men med {}: inte ändrad.", self.line, sv.join(", ")),
            format!("Row {}: is there already, but with {}: not changed.", self.line, en.join(", ")),
        )
    }
}

fn words(difference: &Difference) -> Text {
    match difference {
        Difference::School => Text::new("annan skola", "another school"),
        Difference::Role { has, says } => Text::new(
            format!("annan roll ({}, filen säger {})", has.label(Language::Sv), says.label(Language::Sv)),
            format!("another role ({}, the file says {})", has.label(Language::En), says.label(Language::En)),
        ),
        Difference::Class { has, says } => {
            let says = says.as_deref().unwrap_or("–");
            Text::new(
                format!("annan klass ({}, filen säger {says})", has.as_deref().unwrap_or("ingen i år")),
                format!(
                    "another class ({}, the file says {says})",
                    has.as_deref().unwrap_or("none this year")
                ),
            )
        }
        Difference::Address => Text::new("annan adress", "another address"),
    }
}

/// Plans an import.
///
/// # Errors
/// Only if the directory cannot be read; what it refuses is a problem of a row.
pub async fn plan(
    directory: &Directory,
    tenant: TenantId,
    file: &File,
    now: UnixMillis,
) -> Result<Plan, DirectoryError> {
    let snapshot = snapshot(directory, tenant, &file.rows, now).await?;
    let mut plan = Plan { problems: file.problems.clone(), ..Plan::default() };
    let mut draft = Draft::default();
    for (row, found) in file.rows.iter().zip(compare(&file.rows, &snapshot)) {
        let school = match found {
            Match::New(school) => school,
            Match::Present { account, differs } => {
                plan.present(row.line, account, differs);
                continue;
            }
            Match::Wrong(problem) => {
                plan.problems.push(problem);
                continue;
            }
        };
        match directory.plan_account(tenant, new_account(row, school), &mut draft, now).await {
            Ok(new) => plan.create.push(Planned { row: row.clone(), school, address: new.entry.address }),
            Err(error @ (DirectoryError::Store(_) | DirectoryError::Busy)) => return Err(error),
            Err(error) => plan.problems.push(problem(row, &error)),
        }
    }
    plan.problems.sort_by_key(|problem| problem.row);
    plan.create.sort_by_key(|planned| planned.row.school);
    Ok(plan)
}

/// The schools of the rows with their people, and those who have an address that a row asks for.
async fn snapshot(
    directory: &Directory,
    tenant: TenantId,
    rows: &[Row],
    now: UnixMillis,
) -> Result<Snapshot, DirectoryError> {
    let mut snapshot = Snapshot::new(SchoolYear::at(now));
    for code in rows.iter().map(|row| row.school).collect::<BTreeSet<_>>() {
        let Some(school) = directory.school_by_code(tenant, code).await? else { continue };
        snapshot.add_school(code, school);
        let mut after = None;
        loop {
            let page = directory.accounts_of(tenant, Group::School(school), after, 500).await?;
            let Some((last, _)) = page.last() else { break };
            after = Some(*last);
            page.iter().for_each(|(account, entry)| snapshot.add_account(*account, entry));
        }
    }
    for address in rows.iter().filter_map(|row| row.address.as_ref()) {
        match directory.find_account(tenant, &address.to_string()).await {
            Ok((account, entry)) => snapshot.add_account(account, &entry),
            Err(DirectoryError::NotFound(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(snapshot)
}

fn new_account(row: &Row, school: SchoolId) -> NewAccount {
    NewAccount {
        role: row.role,
        name: row.name.clone(),
        school: Some(school),
        class: row.class.clone(),
        address: row.address.clone(),
        password: None,
        language: None,
    }
}

fn problem(row: &Row, error: &DirectoryError) -> Problem {
    let column = match error {
        DirectoryError::NotFound(_) => Some("Skolenhetskod"),
        DirectoryError::NoAutomaticAddress => Some("E-post"),
        _ if row.address.is_some() => Some("E-post"),
        _ => None,
    };
    let text = match error {
        DirectoryError::NoAutomaticAddress => Text::new(
            "Namnet ger ingen adress med a–z. Fyll i E-post på raden.",
            "The name gives no address in a–z. Fill in E-post in the row.",
        ),
        error => error.text(),
    };
    Problem { row: row.line, column: column.map(str::to_owned), text }
}

impl Plan {
    fn present(&mut self, line: u64, account: AccountId, differs: Vec<Difference>) {
        self.present.push(account);
        if !differs.is_empty() {
            self.differing.push(Differing { line, account, differs });
        }
    }
    /// Every school in which somebody is made.
    pub fn schools(&self) -> HashSet<SchoolId> {
        self.create.iter().map(|planned| planned.school).collect()
    }
}
