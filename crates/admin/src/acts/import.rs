//! A school's file: planned whole, then done in chunks. With one problem nothing is done.
//!
//! Each chunk is one commit: some accounts with their mailboxes and one audit row. Its first passwords are told when it is
//! durable, and before the next begins. Broken off half-way, it is simply done again: who is there is passed over.

use admin_api::{Answer, FirstPassword, ImportProblem, ImportReport, Password};
use directory::{Draft, PasswordHash};
use model::Text;
use roster::{File, Plan, Planned};
use store::{Batch, Lane};

use super::Acts;
use crate::AdminError;
use crate::audit::Act;
use crate::rights::{Operation, Target};

/// Accounts in one commit: some 25 rows each, with their mailboxes.
const CHUNK: usize = 8;
/// A chunk that conflicts is planned again so often.
const TRIES: usize = 8;

impl Acts<'_> {
    pub(super) async fn import(&self, bytes: &[u8], dry_run: bool) -> Result<Answer, AdminError> {
        let file = roster::read(bytes, &self.admin.import_limits);
        self.lines.progress(Text::new("Planerar", "Planning"), 0, Some(file.rows.len() as u64));
        let plan = roster::plan(&self.admin.directory, self.tenant, &file, self.now).await?;
        self.may_import(&file, &plan).await?;
        let mut report = report(&file, &plan, dry_run);
        let only = self.actor.only_school(Operation::Import);
        report.notes.extend(roster::notes(&self.admin.directory, self.tenant, &plan, only, self.now).await?);
        if dry_run || !report.problems.is_empty() {
            return Ok(Answer::Import(report));
        }
        report.created = 0;
        let total = plan.create.len() as u64;
        for chunk in plan.create.chunks(CHUNK) {
            self.lines.listening()?;
            let passwords = self.hashed(chunk).await?;
            let created = self.create(chunk, &passwords).await?;
            report.created += created.len();
            self.lines.created(created).await?;
            let step = Text::new("Skapar konton", "Creating accounts");
            self.lines.progress(step, report.created as u64, Some(total));
        }
        Ok(Answer::Import(report))
    }

    /// A right to import holds for the own schools, and for those whom one may create.
    async fn may_import(&self, file: &File, plan: &Plan) -> Result<(), AdminError> {
        let mut codes: Vec<_> = file.rows.iter().map(|row| row.school).collect();
        codes.sort_unstable();
        codes.dedup();
        for code in codes {
            // A code that nobody has is a problem of its rows.
            if let Some(school) = self.admin.directory.school_by_code(self.tenant, code).await? {
                self.may(Operation::Import, Target::school(school))?;
            }
        }
        for planned in &plan.create {
            let role = planned.row.role;
            let target = Target { school: Some(planned.school), class: None, role: Some(role) };
            self.may(Operation::create(role), target)?;
        }
        // A file without one sound row is still somebody's act.
        let own = self.actor.only_school(Operation::Import);
        self.may(Operation::Import, Target { school: own, ..Target::default() })
    }

    async fn hashed(&self, chunk: &[Planned]) -> Result<Vec<(Password, PasswordHash)>, AdminError> {
        let mut passwords = Vec::with_capacity(chunk.len());
        for _ in chunk {
            if let (Some(told), hash) = self.password(None, Lane::Bulk).await? {
                passwords.push((told, hash));
            }
        }
        Ok(passwords)
    }

    async fn create(
        &self,
        chunk: &[Planned],
        passwords: &[(Password, PasswordHash)],
    ) -> Result<Vec<FirstPassword>, AdminError> {
        for _ in 1..TRIES {
            match self.create_once(chunk, passwords).await {
                Err(error) if error.is_conflict() => {}
                result => return result,
            }
        }
        self.create_once(chunk, passwords).await
    }

    async fn create_once(
        &self,
        chunk: &[Planned],
        passwords: &[(Password, PasswordHash)],
    ) -> Result<Vec<FirstPassword>, AdminError> {
        let mut batch = Batch { lane: Lane::Bulk, ..Batch::new(self.now) };
        let (mut draft, mut created, mut ids) = (Draft::default(), Vec::new(), Vec::new());
        for (planned, (told, hash)) in chunk.iter().zip(passwords) {
            let new = directory::NewAccount { password: Some(hash.clone()), ..planned.new_account() };
            let plan = self.admin.directory.plan_account(self.tenant, new, &mut draft, self.now).await?;
            batch.extend(plan.batch);
            batch.extend(mailbox::provision(self.tenant, plan.account, self.now));
            ids.push(plan.account.to_string());
            created.push(FirstPassword {
                school: Some(planned.row.school.to_string()),
                role: plan.entry.role,
                class: plan.entry.class.map(|class| class.label),
                first: plan.entry.first,
                last: plan.entry.last,
                address: plan.entry.address,
                login: plan.entry.login,
                password: told.clone(),
            });
        }
        self.commit(Act::new("import", ids.join(" ")), batch).await?;
        Ok(created)
    }
}

fn report(file: &File, plan: &Plan, dry_run: bool) -> ImportReport {
    let problem = |problem: &roster::Problem| ImportProblem {
        row: problem.row,
        column: problem.column.clone(),
        text: problem.text.clone(),
    };
    ImportReport {
        dry_run,
        read_as: file.read_as.clone(),
        samples: file.samples.clone(),
        created: if plan.problems.is_empty() { plan.create.len() } else { 0 },
        present: plan.present.len(),
        held: file.held,
        notes: file.notes.clone(),
        problems: plan.problems.iter().map(problem).collect(),
    }
}
