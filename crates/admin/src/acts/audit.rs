//! Reading the audit: all of it centrally, a school's part by those who answer for the school.
//!
//! What belongs to a school is what was done by or to somebody who belongs to it now; people who are gone are seen only
//! centrally. Who is in a confidential function is no more to be read here than from the function itself.

use std::collections::HashMap;

use admin_api::{Answer, AuditEntry};
use directory::{AccountState, DirectoryError, Thing};
use model::{AccountId, SchoolId, UnixMillis};

use super::Acts;
use super::function::Found;
use crate::AdminError;
use crate::actor::Actor;
use crate::audit;
use crate::rights::{Operation, Target};

/// Rows looked at for one answer, however few of them are in it.
const ROWS_MAX: usize = 50_000;
const PAGE: usize = 1000;

impl Acts<'_> {
    /// The newest first.
    pub(super) async fn audit_list(
        &self,
        limit: usize,
        (from, to): (Option<UnixMillis>, Option<UnixMillis>),
        account: Option<&str>,
    ) -> Result<Answer, AdminError> {
        let own = self.actor.only_school(Operation::ReadAudit);
        self.may(Operation::ReadAudit, Target { school: own, ..Target::default() })?;
        let about = match account {
            Some(word) => Some(self.somebody(word).await?.to_string()),
            None => None,
        };
        let (limit, store) = (limit.clamp(1, 1000), self.admin.directory.store());
        let (mut shown, mut schools, mut looked) = (Vec::new(), HashMap::new(), 0);
        let mut rows = audit::Rows::new(self.tenant, from, to);
        while shown.len() < limit && looked < ROWS_MAX {
            let page = rows.next(store, PAGE).await?;
            if page.is_empty() {
                break;
            }
            looked += page.len();
            for mut entry in page {
                if let Some(own) = own
                    && !self.concerns(&entry, own, &mut schools).await?
                {
                    continue;
                }
                self.veil(&mut entry).await?;
                if about.as_ref().is_none_or(|about| names(&entry, about)) && shown.len() < limit {
                    shown.push(entry);
                }
            }
        }
        Ok(Answer::Audit(shown))
    }

    /// An account, a function that the actor sees, or the id of what may be gone.
    async fn somebody(&self, word: &str) -> Result<AccountId, AdminError> {
        if let Ok(id) = word.trim().parse() {
            return Ok(id);
        }
        let (account, entry) = self.find_receiving(word).await?;
        if entry.state == AccountState::Function {
            let seen = self.may(Operation::ReadFunctions, Target::of(&entry));
            seen.map_err(|_| DirectoryError::NotFound(Thing::Account))?;
        }
        Ok(account)
    }

    async fn concerns(
        &self,
        entry: &AuditEntry,
        school: SchoolId,
        schools: &mut HashMap<AccountId, Option<SchoolId>>,
    ) -> Result<bool, AdminError> {
        for person in [actor_of(entry), entry.target.parse().ok()].into_iter().flatten() {
            let of = match schools.get(&person) {
                Some(of) => *of,
                None => {
                    let found = self.admin.directory.account(self.tenant, person).await?;
                    let of = found.and_then(|entry| entry.school);
                    schools.insert(person, of);
                    of
                }
            };
            if of == Some(school) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn veil(&self, row: &mut AuditEntry) -> Result<(), AdminError> {
        if matches!(self.actor, Actor::Console(_)) || !row.op.starts_with("function-") {
            return Ok(());
        }
        let directory = &self.admin.directory;
        let open = match row.target.parse() {
            Ok(account) => {
                let entry = directory.account(self.tenant, account).await?;
                let function = directory.function(self.tenant, account).await?;
                let found = entry.zip(function).map(|(entry, function)| Found { account, entry, function });
                found.is_some_and(|found| self.sees_members(&found))
            }
            Err(_) => false,
        };
        if !open {
            row.detail.clear();
        }
        Ok(())
    }
}

/// The person in `account:ID console:UID`.
fn actor_of(entry: &AuditEntry) -> Option<AccountId> {
    entry.actor.split(' ').find_map(|word| word.strip_prefix("account:"))?.parse().ok()
}

fn names(entry: &AuditEntry, id: &str) -> bool {
    let words = entry.target.split(' ').chain(entry.detail.split(' ')).chain(entry.actor.split([' ', ':']));
    words.into_iter().any(|word| word == id)
}
