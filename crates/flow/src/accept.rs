//! The accepting commit: body, message rows or routes, delivery log, all or nothing.
//!
//! RFC 5321 §6.1. A letter to few is filed in this commit; a letter to many gets one route for each page of recipients,
//! and the dispatcher files them, even if a mailbox has become full meanwhile. If a mailbox vanishes between RCPT and
//! here, the others still get the letter and the log says so; a submitted letter is refused as a whole instead, naming
//! who, so that its sender can decide.

use std::collections::BTreeMap;

use mailbox::{Prepared, inbox, special};
use model::{
    AccountId, EmailAddress, FlagSet, MailboxRef, QueueId, ReversePath, SpecialUse, SystemFlag, TenantId,
    UnixMillis, Zone,
};
use queue::{Queue, Route};
use store::{Batch, CommitError, MessageEntry, NewMessage, Op, Spool};

use crate::Refusal;
use crate::intake::Road;
use crate::log::{LogKey, LogRow, LogSecret, Source, Verdict, index, paginate, sender};
use crate::recipient::Recipient;

/// A letter that has passed all checks.
pub(crate) struct Letter {
    pub(crate) queue_id: QueueId,
    pub(crate) at: UnixMillis,
    pub(crate) source: Source,
    pub(crate) from: ReversePath,
    /// Municipality of the person who sent it.
    pub(crate) sender_tenant: Option<TenantId>,
    /// One recipient who is gone refuses the whole letter.
    pub(crate) strict: bool,
    pub(crate) recipients: Vec<Recipient>,
    /// The function that it is from: its sent mail gets a copy in the same commit.
    pub(crate) copy_for: Option<Recipient>,
    /// Others for the log.
    pub(crate) extras: Vec<(TenantId, EmailAddress, Verdict)>,
    pub(crate) unlisted: u32,
}

/// Its part in one municipality.
#[derive(Default)]
struct Share {
    recipients: Vec<Recipient>,
    /// Others for the log, findable by their address.
    extras: Vec<(EmailAddress, Verdict)>,
    /// Addresses in other municipalities, for the sender's log.
    elsewhere: Vec<(EmailAddress, Verdict)>,
    /// Whose sent mail gets a copy.
    copy_for: Option<AccountId>,
    unlisted: u32,
}

/// A share with all that its rows need.
struct ReadyShare {
    share: Share,
    secret: LogSecret,
    /// None if nobody there gets the letter.
    prepared: Option<Prepared>,
}

struct Ready {
    queue_id: QueueId,
    at: UnixMillis,
    zone: Zone,
    heading: LogRow,
    shares: BTreeMap<TenantId, ReadyShare>,
}

/// Is there room? RCPT has asked before, by the size that the sender had announced. A submitted letter must fit for all;
/// after that only a letter that fits for nobody is refused, since one answer goes for all recipients.
pub(crate) fn room(recipients: &[Recipient], size: u64, strict: bool) -> Result<(), Refusal> {
    let mut refusals = recipients.iter().filter_map(|recipient| recipient.takes(size).err());
    let Some(first) = refusals.next() else { return Ok(()) };
    if strict || 1 + refusals.count() == recipients.len() { Err(first) } else { Ok(()) }
}

/// Prepares the letter and commits it.
pub(crate) async fn accept(road: &Road, letter: Letter, content: Spool) -> Result<(), Refusal> {
    let (queue_id, strict) = (letter.queue_id, letter.strict);
    let failed = |error: CommitError| {
        tracing::error!(%queue_id, %error, "letter not accepted");
        Refusal::of_commit(&error)
    };
    let mut ready = prepare(road, letter, content).await.map_err(failed)?;
    loop {
        match road.store.commit(ready.batch(road.limits.direct_recipients_max)).await {
            Ok(_) => return Ok(()),
            Err(CommitError::NoMailbox(mailbox) | CommitError::UsedUp(mailbox)) if ready.has(mailbox) => {
                let gone = ready.remove(mailbox);
                if strict || !ready.has_recipients() {
                    return Err(Refusal::gone_meanwhile(&gone));
                }
            }
            Err(error) => return Err(failed(error)),
        }
    }
}

async fn prepare(road: &Road, letter: Letter, content: Spool) -> Result<Ready, CommitError> {
    let (queue_id, at) = (letter.queue_id, letter.at);
    // Message-ID is hashed with each municipality's own key, later.
    let heading = LogRow {
        at,
        source: letter.source,
        from: letter.from.clone(),
        size: content.len(),
        message_id: None,
        recipients: Vec::new(),
        unlisted: 0,
        filed: None,
    };
    let mut shares = BTreeMap::new();
    for (tenant, share) in letter.shares() {
        let secret = road.secrets.of(tenant, at).await?;
        let prepared = match share.recipients.is_empty() && share.copy_for.is_none() {
            true => None,
            false => Some(road.letters.prepare(tenant, content.clone()).await?),
        };
        shares.insert(tenant, ReadyShare { share, secret, prepared });
    }
    Ok(Ready { queue_id, at, zone: road.zone.at(at), heading, shares })
}

impl Letter {
    fn shares(self) -> BTreeMap<TenantId, Share> {
        let mut shares: BTreeMap<TenantId, Share> = BTreeMap::new();
        for recipient in self.recipients {
            if let Some(own) = self.sender_tenant.filter(|own| *own != recipient.tenant) {
                let elsewhere = &mut shares.entry(own).or_default().elsewhere;
                elsewhere.push((recipient.address.clone(), Verdict::Elsewhere));
            }
            shares.entry(recipient.tenant).or_default().recipients.push(recipient);
        }
        if let Some(function) = self.copy_for {
            shares.entry(function.tenant).or_default().copy_for = Some(function.account);
        }
        for (tenant, address, verdict) in self.extras {
            shares.entry(tenant).or_default().extras.push((address, verdict));
        }
        if let Some(share) = shares.values_mut().next() {
            share.unlisted = self.unlisted;
        }
        shares
    }
}

impl Ready {
    fn has_recipients(&self) -> bool {
        self.shares.values().any(|ready| !ready.share.recipients.is_empty())
    }

    fn has(&self, mailbox: MailboxRef) -> bool {
        let share = self.shares.get(&mailbox.tenant);
        share.is_some_and(|ready| ready.share.recipients.iter().any(|one| one.account == mailbox.account))
    }

    /// Takes the owner of a mailbox off the letter; the log says that the account is gone.
    fn remove(&mut self, mailbox: MailboxRef) -> Vec<EmailAddress> {
        let Some(ready) = self.shares.get_mut(&mailbox.tenant) else { return Vec::new() };
        let gone = ready.share.recipients.extract_if(.., |recipient| recipient.account == mailbox.account);
        let gone: Vec<_> = gone.map(|recipient| recipient.address).collect();
        ready.share.extras.extend(gone.iter().map(|address| (address.clone(), Verdict::Gone)));
        gone
    }

    fn batch(&self, direct_recipients_max: usize) -> Batch {
        let recipients: usize = self.shares.values().map(|ready| ready.share.recipients.len()).sum();
        if recipients <= direct_recipients_max {
            let batch = self.compose(true);
            if batch.ops.len() <= Batch::OPS_MAX {
                return batch;
            }
        }
        self.compose(false)
    }

    fn compose(&self, direct: bool) -> Batch {
        let mut batch = Batch::new(self.at);
        for (tenant, ready) in &self.shares {
            self.compose_share(&mut batch, *tenant, ready, direct);
        }
        batch
    }

    fn compose_share(&self, batch: &mut Batch, tenant: TenantId, ready: &ReadyShare, direct: bool) {
        let ReadyShare { share, secret, prepared } = ready;
        let message_id = prepared.as_ref().and_then(|prepared| prepared.derived.message_id.as_deref());
        let heading =
            LogRow { message_id: message_id.map(|id| secret.message_id(id)), ..self.heading.clone() };
        let mut rows: Vec<Vec<(EmailAddress, Verdict)>> = Vec::new();
        let kept = share.copy_for.is_some() || !share.recipients.is_empty();
        if let Some(prepared) = prepared.as_ref().filter(|_| kept) {
            batch.bodies.push(prepared.staged.clone());
            if let Some(function) = share.copy_for {
                let seen = FlagSet::from_iter([SystemFlag::Seen]);
                let copy = self.message(prepared, seen);
                batch.ops.push(Op::Append(special(tenant, function, SpecialUse::Sent), copy));
            }
        }
        if let Some(prepared) = prepared.as_ref().filter(|_| !share.recipients.is_empty()) {
            let verdict = if direct { Verdict::Filed } else { Verdict::Waiting };
            let pages = paginate(share.recipients.clone(), |recipient| &recipient.address);
            for page in &pages {
                rows.push(page.iter().map(|recipient| (recipient.address.clone(), verdict)).collect());
            }
            if direct {
                self.file(batch, tenant, prepared, &share.recipients);
                let addresses = share.recipients.iter().map(|recipient| &recipient.address);
                index(batch, secret, tenant, self.queue_id, addresses);
            } else {
                let routes = (0..).zip(pages).map(|(part, page)| (part, self.route(prepared, &page)));
                Queue::put(batch, tenant, self.queue_id, routes.collect());
            }
        }
        index(batch, secret, tenant, self.queue_id, share.extras.iter().map(|(address, _)| address));
        index(batch, secret, tenant, self.queue_id, sender(&self.heading.from));
        rows.extend(paginate([&share.extras[..], &share.elsewhere].concat(), |(address, _)| address));
        let mut unlisted = share.unlisted;
        for (part, recipients) in (0..).zip(rows) {
            let unlisted = std::mem::take(&mut unlisted);
            let key = LogKey { tenant, queue_id: self.queue_id, part };
            if part == 0 {
                batch.require_absent(&key);
            }
            batch.put(&key, &LogRow { recipients, unlisted, ..heading.clone() });
        }
    }

    fn file(&self, batch: &mut Batch, tenant: TenantId, prepared: &Prepared, recipients: &[Recipient]) {
        let message = self.message(prepared, FlagSet::new());
        for recipient in recipients {
            batch.ops.push(Op::Append(inbox(tenant, recipient.account), message.clone()));
        }
    }

    fn message(&self, prepared: &Prepared, flags: FlagSet) -> NewMessage {
        NewMessage { zone: self.zone, ..prepared.message(flags, self.at, self.queue_id) }
    }

    fn route(&self, prepared: &Prepared, page: &[Recipient]) -> Route {
        let envelope = match &prepared.envelope {
            envelope if envelope.len() <= MessageEntry::ENVELOPE_OCTETS_MAX => envelope.to_vec(),
            _ => Vec::new(),
        };
        Route {
            body: prepared.staged.id,
            size: prepared.size,
            internal_date: self.at,
            envelope,
            recipients: page.iter().map(|recipient| recipient.account).collect(),
            attempts: 0,
            zone: self.zone,
            lineage: prepared.lineage.to_vec(),
        }
    }
}

#[cfg(test)]
mod tests {
    use mailbox::Letters;
    use model::AccountId;
    use store::MemoryEngine;

    use super::*;
    use crate::limits::SenderLimits;
    use crate::log::LogSecrets;
    use crate::recipients::Recipients;

    const AT: UnixMillis = UnixMillis(1);

    /// Recipients with addresses of that length, spread over eight municipalities.
    fn recipients(count: u64, octets: usize) -> Vec<Recipient> {
        let domain = format!("{}.{}.{}.test", "a".repeat(63), "b".repeat(63), "c".repeat(63));
        let address = |number: u64| {
            let host = &domain[domain.len().saturating_sub(octets.saturating_sub(5))..];
            let local = format!("{number:04}{}", "x".repeat(octets.saturating_sub(5 + host.len())));
            format!("{local}@{}", host.trim_start_matches('.')).parse().unwrap()
        };
        let tenant = |number| TenantId::new(1 + u32::try_from(number % 8).unwrap());
        let one = |number| Recipient {
            tenant: tenant(number),
            account: AccountId::new(u64::MAX - number),
            address: address(number),
            room: 1,
            octets_max: 1,
        };
        (0..count).map(one).collect()
    }

    async fn batch(recipients: Vec<Recipient>) -> Batch {
        let store = MemoryEngine::store();
        let letters = Letters::new(store.clone(), message::Limits::default(), 1 << 20);
        let secrets = LogSecrets::new(store);
        let refused = Verdict::Refused { code: 550, enhanced: (5, 1, 1) };
        let sender = TenantId::new(9);
        let letter = Letter {
            queue_id: QueueId::new(1),
            at: AT,
            source: Source::Local,
            from: ReversePath::Address("a@b.test".parse().unwrap()),
            sender_tenant: Some(sender),
            strict: true,
            copy_for: recipients.first().cloned(),
            extras: recipients.iter().take(16).map(|one| (sender, one.address.clone(), refused)).collect(),
            recipients,
            unlisted: 9,
        };
        let heading = LogRow {
            at: AT,
            source: letter.source,
            from: letter.from.clone(),
            size: 1,
            message_id: None,
            recipients: Vec::new(),
            unlisted: 0,
            filed: None,
        };
        let mut shares = BTreeMap::new();
        for (tenant, share) in letter.shares() {
            let secret = secrets.of(tenant, AT).await.unwrap();
            let prepared =
                Some(letters.prepare(tenant, Spool::from_bytes("Subject: x\r\n\r\n")).await.unwrap());
            shares.insert(tenant, ReadyShare { share, secret, prepared });
        }
        Ready { queue_id: QueueId::new(1), at: AT, zone: Zone::UTC, heading, shares }
            .batch(Route::RECIPIENTS_MAX)
    }

    #[tokio::test]
    async fn every_letter_that_rcpt_lets_through_fits_into_one_commit() {
        for octets in [15, 40, 130, 200] {
            let count = (Recipients::OCTETS_MAX / octets).min(SenderLimits::RECIPIENTS_MAX);
            for count in [1, 80, 100, count as u64] {
                let batch = batch(recipients(count, octets)).await;
                assert!(batch.ops.len() <= Batch::OPS_MAX, "{count} of {octets}: {}", batch.ops.len());
                let size = |op: &Op| if let Op::Put(_, value) = op { value.len() } else { 0 };
                let values: Vec<_> = batch.ops.iter().map(size).collect();
                assert!(values.iter().all(|size| *size <= Batch::VALUE_OCTETS_MAX));
                assert!(values.iter().sum::<usize>() < Batch::OCTETS_MAX / 2);
            }
        }
    }
}
