//! What can be asked: delivery log, status, and the store itself.

use std::path::Path;

use admin_api::{Answer, DeliveryStatus, Letter, Recipient, SearchIndexReport, Status};
use directory::{AccountState, Group};
use flow::{LogEntry, LoggedRecipient, Query, Source, Verdict};
use model::{EmailAddress, ReversePath, Role, Text};
use store::Health;

use super::Acts;
use crate::actor::Actor;
use crate::admin::console_only;
use crate::audit::Act;
use crate::rights::{Operation, Target};
use crate::{Admin, AdminError};

impl Acts<'_> {
    /// Everybody may ask for their own letters, and then sees no other recipient's part of what came to them.
    pub(super) async fn trace(&self, what: &str, limit: usize) -> Result<Answer, AdminError> {
        let query = match (what.parse::<EmailAddress>(), what.parse()) {
            (Ok(address), _) => Query::Address(address),
            (_, Ok(id)) => Query::Letter(id),
            _ => {
                return Err(AdminError::request(
                    "Ange ett kö-id eller en adress.",
                    "Give a queue id or an address.",
                ));
            }
        };
        let all = self.may(Operation::TraceOthers, Target::default()).is_ok();
        if !all && !self.is_own(&query) {
            return Err(AdminError::Forbidden);
        }
        let store = self.admin.directory.store();
        let found = flow::trace(store, self.tenant, &query, limit.clamp(1, 1000)).await?;
        let mut letters = Vec::with_capacity(found.len());
        for entry in found {
            let whole = all || self.sent(&entry);
            let submitter = if whole { self.submitter(&entry).await? } else { None };
            letters.push(Letter { submitter, ..letter(entry, whole, |address| self.owns(address)) });
        }
        Ok(Answer::Letters(letters))
    }

    /// Somebody may send as a function: whose hand it was says the account.
    async fn submitter(&self, entry: &LogEntry) -> Result<Option<String>, AdminError> {
        let Source::Submission { account } = entry.source else { return Ok(None) };
        let sender = self.admin.directory.account(self.tenant, account).await?;
        let address = sender.filter(|sender| sender.state != AccountState::Removed);
        Ok(Some(address.map_or_else(|| account.to_string(), |sender| sender.address.to_string())))
    }

    fn is_own(&self, query: &Query) -> bool {
        matches!(query, Query::Address(address) if self.owns(address))
    }
    fn owns(&self, address: &EmailAddress) -> bool {
        matches!(self.actor, Actor::Person { entry, .. } if entry.owns_live(address))
    }
    fn sent(&self, entry: &LogEntry) -> bool {
        matches!(&entry.from, ReversePath::Address(address) if self.owns(address))
            && matches!(entry.source, Source::Submission { account } if self.is_actor(account))
    }

    pub(super) async fn status(&self) -> Result<Answer, AdminError> {
        self.may(Operation::ReadStatus, Target::default())?;
        let (directory, operations) = (&self.admin.directory, &self.admin.operations);
        let health = directory.store().health();
        let mut accounts = Vec::new();
        for role in Role::ALL {
            match directory.count(self.tenant, Group::Role(role)).await? {
                0 => {}
                count => accounts.push((role, count)),
            }
        }
        Ok(Answer::Status(Status {
            version: operations.version(),
            started: operations.started(),
            writable: health == Health::Writable,
            trouble: trouble(health),
            municipalities: directory.tenants().await?.len(),
            schools: directory.schools(self.tenant).await?.len(),
            accounts,
            numbers: operations.numbers().await,
        }))
    }

    pub(super) async fn store_check(&self) -> Result<Answer, AdminError> {
        console_only(self.actor)?;
        let report = self.admin.operations.check(self.lines).await.map_err(AdminError::Operation)?;
        Ok(Answer::Check(report))
    }

    /// Of all municipalities: it belongs to the machine, as the store does.
    pub(super) async fn store_rebuild_search(&self) -> Result<Answer, AdminError> {
        const PAGE: usize = 500;
        console_only(self.actor)?;
        self.commit(Act::new("store-rebuild-search", ""), store::Batch::new(self.now)).await?;
        let Admin { directory, mailboxes, .. } = self.admin;
        let mut report = SearchIndexReport::default();
        for (tenant, _) in directory.tenants().await? {
            let mut after = None;
            loop {
                let page = directory.accounts(tenant, after, PAGE).await?;
                let Some((last, _)) = page.last() else { break };
                after = Some(*last);
                for (account, _) in page {
                    report.letters += mailboxes.rebuild_search(tenant, account, self.now).await? as u64;
                    report.accounts += 1;
                    let step = Text::new("Sökindex, konton", "Search index, accounts");
                    self.lines.progress(step, report.accounts, None);
                }
            }
        }
        Ok(Answer::SearchIndex(report))
    }

    /// A backup holds everything: who took one is written down first.
    pub(super) async fn store_export(&self, to: &str) -> Result<Answer, AdminError> {
        console_only(self.actor)?;
        let path = Path::new(to);
        if !path.is_absolute() {
            return Err(AdminError::request(
                "Ange filens fullständiga sökväg.",
                "Give the file's absolute path.",
            ));
        }
        self.commit(Act::new("store-export", ""), store::Batch::new(self.now)).await?;
        let report = self.admin.operations.export(path, self.lines).await.map_err(AdminError::Operation)?;
        Ok(Answer::Export(report))
    }
}

fn trouble(health: Health) -> Option<model::Text> {
    match health {
        Health::Writable => None,
        Health::Full => Some(model::Text::new("Disken är nästan full.", "The disk is nearly full.")),
        Health::ReadOnly(why) => Some(why),
    }
}

fn letter(entry: LogEntry, whole: bool, own: impl Fn(&EmailAddress) -> bool) -> Letter {
    let source = match entry.source {
        Source::Remote { peer, tls } => format!("{peer}{}", if tls { " (TLS)" } else { "" }),
        Source::Submission { .. } => "submission".to_owned(),
        Source::Local => "local".to_owned(),
    };
    let kept = entry.recipients.into_iter().filter(|recipient| whole || own(&recipient.address));
    Letter {
        id: entry.queue_id.to_string(),
        at: entry.at,
        source,
        from: entry.from,
        submitter: None,
        size: entry.size,
        message_id_hash: entry.message_id_hash.map(|hash| hash.iter().map(|b| format!("{b:02x}")).collect()),
        recipients: kept.map(recipient).collect(),
        unlisted: if whole { entry.unlisted } else { 0 },
    }
}

fn recipient(logged: LoggedRecipient) -> Recipient {
    let (status, reply) = match logged.verdict {
        Verdict::Filed => (DeliveryStatus::Filed, None),
        Verdict::Waiting => (DeliveryStatus::Waiting, None),
        Verdict::Gone => (DeliveryStatus::Gone, None),
        Verdict::SameAccount => (DeliveryStatus::SameAccount, None),
        Verdict::Elsewhere => (DeliveryStatus::Elsewhere, None),
        Verdict::Refused { code, enhanced: (class, subject, detail) } => {
            (DeliveryStatus::Refused, Some(format!("{code} {class}.{subject}.{detail}")))
        }
    };
    Recipient { address: logged.address, status, reply, filed: logged.filed }
}
