//! A file against the directory: who is new, who is there, and what the directory would refuse.

use std::collections::{HashMap, HashSet};

use directory::{Directory, DirectoryError, Draft, Group, NewAccount, SchoolCode};
use model::{AccountId, EmailAddress, SchoolId, TenantId, Text, UnixMillis};

use crate::file::key;
use crate::{File, Problem, Row};

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
    /// Rows whose account is there.
    pub present: Vec<AccountId>,
    /// What must be corrected first: of the file, and what the directory would refuse.
    pub problems: Vec<Problem>,
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
    let mut planner = Planner { directory, tenant, draft: Draft::default(), schools: HashMap::new(), now };
    let mut plan = Plan { problems: file.problems.clone(), ..Plan::default() };
    for row in &file.rows {
        match planner.row(row).await {
            Ok(Found::New(planned)) => plan.create.push(planned),
            Ok(Found::Present(account)) => plan.present.push(account),
            Err(error @ (DirectoryError::Store(_) | DirectoryError::Busy)) => return Err(error),
            Err(error) => plan.problems.push(problem(row, &error)),
        }
    }
    plan.problems.sort_by_key(|problem| problem.row);
    plan.create.sort_by_key(|planned| planned.row.school);
    Ok(plan)
}

enum Found {
    New(Planned),
    Present(AccountId),
}

/// A school with those who are there, by what tells them apart.
struct Known {
    school: SchoolId,
    people: HashMap<String, AccountId>,
}

struct Planner<'a> {
    directory: &'a Directory,
    tenant: TenantId,
    draft: Draft,
    schools: HashMap<SchoolCode, Known>,
    now: UnixMillis,
}

impl Planner<'_> {
    async fn row(&mut self, row: &Row) -> Result<Found, DirectoryError> {
        self.load(row.school).await?;
        let known = &self.schools[&row.school];
        let school = known.school;
        match &row.address {
            Some(address) => {
                if let Some(account) = self.holder(row, address).await? {
                    return Ok(Found::Present(account));
                }
            }
            None => {
                if let Some(account) = known.people.get(&row.key()) {
                    return Ok(Found::Present(*account));
                }
            }
        }
        let new = new_account(row, school);
        let plan = self.directory.plan_account(self.tenant, new, &mut self.draft, self.now).await?;
        Ok(Found::New(Planned { row: row.clone(), school, address: plan.entry.address }))
    }

    /// Who has the address, if it is this very person; somebody else is a problem, which planning then finds.
    async fn holder(&self, row: &Row, address: &EmailAddress) -> Result<Option<AccountId>, DirectoryError> {
        let found = self.directory.find_account(self.tenant, &address.to_string()).await;
        let (account, entry) = match found {
            Ok(found) => found,
            Err(DirectoryError::NotFound(_)) => return Ok(None),
            Err(error) => return Err(error),
        };
        let fold = |first: &str, last: &str| format!("{first}\u{1f}{last}").to_lowercase();
        let same = fold(&entry.first, &entry.last) == fold(row.name.first(), row.name.last());
        Ok(same.then_some(account))
    }

    async fn load(&mut self, code: SchoolCode) -> Result<(), DirectoryError> {
        if self.schools.contains_key(&code) {
            return Ok(());
        }
        let school = self.directory.school_by_code(self.tenant, code).await?;
        let school = school.ok_or(DirectoryError::NotFound(directory::Thing::School))?;
        let people = self.people(school, code).await?;
        self.schools.insert(code, Known { school, people });
        Ok(())
    }

    async fn people(
        &self,
        school: SchoolId,
        code: SchoolCode,
    ) -> Result<HashMap<String, AccountId>, DirectoryError> {
        let (mut people, mut after, code) = (HashMap::new(), None, code.to_string());
        loop {
            let page = self.directory.accounts_of(self.tenant, Group::School(school), after, 500).await?;
            let Some((last, _)) = page.last() else { return Ok(people) };
            after = Some(*last);
            for (account, entry) in page {
                let class = entry.class.as_ref().map(|class| class.label.as_str());
                people.insert(key(&code, entry.role, class, &entry.first, &entry.last), account);
            }
        }
    }
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

/// The schools that a plan touches.
impl Plan {
    /// Every school in which somebody is made.
    pub fn schools(&self) -> HashSet<SchoolId> {
        self.create.iter().map(|planned| planned.school).collect()
    }
}
