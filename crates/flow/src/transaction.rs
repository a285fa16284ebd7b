//! One letter between MAIL and its acceptance.
//!
//! RFC 5321 §3.3 (RCPT, DATA), §4.4 (Return-Path, Received), §4.5.3.1.8 and §4.5.3.1.10 (too many recipients: 452), §6.3
//! (hops); RFC 6409 §8.2, §8.3 (Date and Message-ID are added if they are missing).

use std::io;
use std::sync::Arc;

use directory::AccountEntry;
use message::{
    Added, MissingFields, Received, claimed_senders, hops, missing_fields, received_header,
    return_path_header, without_private_fields,
};
use model::{EmailAddress, LocalPart, QueueId, ReversePath, TenantId, UnixMillis};
use store::{SpoolWriter, StoreError};

use crate::accept::{self, Letter};
use crate::header_tap::HeaderTap;
use crate::intake::Road;
use crate::limits::SenderLimits;
use crate::log::{RefusedLetter, Verdict};
use crate::recipient::{Facts, Recipient, judge};
use crate::recipients::{Recipients, Refused, verdict};
use crate::sender::{self, Sender};
use crate::{MailParams, Origin, Refusal};

/// The letter is ours: durable, and filed or queued for each of its recipients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Its name in our log and in its Received line.
    pub queue_id: QueueId,
}

/// A letter in progress. Dropped, it leaves nothing behind but a line about refused recipients in the delivery log.
pub struct Transaction {
    road: Arc<Road>,
    origin: Origin,
    /// Of somebody who has logged in.
    account: Option<AccountEntry>,
    from: ReversePath,
    params: MailParams,
    limits: SenderLimits,
    began: UnixMillis,
    queue_id: QueueId,
    recipients: Recipients,
    refused: Refused,
    /// Octets of the content so far.
    came: u64,
    spool: SpoolWriter,
    header: HeaderTap,
    fault: Option<Refusal>,
}

impl Transaction {
    pub(crate) fn new(
        road: Arc<Road>,
        origin: Origin,
        account: Option<AccountEntry>,
        from: ReversePath,
        params: MailParams,
        limits: SenderLimits,
        now: UnixMillis,
    ) -> Self {
        let queue_id = road.ids.next(now);
        let letter = RefusedLetter {
            queue_id,
            at: now,
            source: origin.source(),
            from: from.clone(),
            refused: Vec::new(),
            unlisted: 0,
        };
        let refused = Refused::new(letter, road.limits.log.refusals_max, road.refused.clone());
        let spool = SpoolWriter::new(road.spool_folder.clone(), road.limits.spool_memory_bytes_max);
        let header = HeaderTap::new(road.limits.header_bytes_max);
        let (recipients, fault, began) = (Recipients::default(), None, now);
        Self {
            road,
            origin,
            account,
            from,
            params,
            limits,
            began,
            queue_id,
            recipients,
            refused,
            came: 0,
            spool,
            header,
            fault,
        }
    }

    /// RCPT: may it go there? The letter goes on without a recipient that is refused.
    ///
    /// # Errors
    /// 550 5.1.1 unknown or removed, 550 5.2.1 locked, 450 4.2.1 nobody there yet, 452 4.2.2 and 552 5.2.2 no room, 550
    /// 5.7.1 not a domain of ours, 452 4.5.3 too many.
    pub async fn rcpt(&mut self, to: EmailAddress) -> Result<(), Refusal> {
        if self.recipients.has_address(&to) {
            return Ok(());
        }
        let refusal = match self.try_rcpt(&to).await {
            Ok(()) => return Ok(()),
            Err(refusal) => refusal,
        };
        let tenant = self.tenant_of_refused(&to).await;
        self.refused.add(tenant, &to, verdict(&refusal));
        Err(refusal)
    }

    async fn try_rcpt(&mut self, to: &EmailAddress) -> Result<(), Refusal> {
        if !self.recipients.has_room(to, self.limits.recipients_max) {
            return Err(Refusal::too_many_recipients(self.recipients.addresses()));
        }
        let recipient = self.judge(to, self.params.size.unwrap_or_default()).await?;
        let (tenant, tenants) = (recipient.tenant, self.recipients.tenants());
        if !tenants.contains(&tenant) && tenants.len() >= self.road.limits.tenants_max {
            return Err(Refusal::too_many_tenants());
        }
        if !self.recipients.add(recipient) {
            self.refused.add(tenant, to, Verdict::SameAccount);
        }
        Ok(())
    }

    /// In whose log a refusal stands: that of the address, else of the sender, else of the installation.
    async fn tenant_of_refused(&self, to: &EmailAddress) -> TenantId {
        let own = self.road.directory.tenant_of(to.domain()).await.ok().flatten();
        own.or(self.sender_tenant()).unwrap_or(TenantId::INSTALLATION)
    }

    fn sender_tenant(&self) -> Option<TenantId> {
        match &self.origin {
            Origin::Submission { login, .. } => Some(login.tenant),
            Origin::Remote(_) | Origin::Local => None,
        }
    }

    fn failed(&self, error: &StoreError) -> Refusal {
        tracing::error!(queue_id = %self.queue_id, %error, "letter not taken");
        Refusal::of_store(error)
    }

    /// The next octets of the content, as they will be kept: dots unstuffed, lines ending in CRLF.
    ///
    /// # Errors
    /// 552 5.3.4 too large, 452 4.3.1 no room. All further octets are dropped, and [`Transaction::finish`] says the same.
    pub fn append(&mut self, chunk: &[u8]) -> Result<(), Refusal> {
        if self.fault.is_none() {
            self.fault = self.take_in(chunk).err();
        }
        self.fault.clone().map_or(Ok(()), Err)
    }

    fn take_in(&mut self, chunk: &[u8]) -> Result<(), Refusal> {
        self.came += chunk.len() as u64;
        if self.came > self.limits.message_bytes_max {
            return Err(Refusal::too_large(self.limits.message_bytes_max));
        }
        let waits = self.header_waits();
        let behind = self.header.append(chunk);
        if !waits {
            return self.spool(chunk);
        }
        if self.header.has_ended() {
            self.spool_header()?;
        }
        self.spool(behind)
    }

    /// A submitted letter's header is kept back until it is whole, since not all of it is stored.
    fn header_waits(&self) -> bool {
        self.origin.is_submission() && !self.header.has_ended()
    }

    fn spool_header(&mut self) -> Result<(), Refusal> {
        let header = without_private_fields(self.header.header());
        self.spool(&header)
    }

    fn spool(&mut self, octets: &[u8]) -> Result<(), Refusal> {
        self.spool.append(octets).map_err(|error| {
            tracing::error!(queue_id = %self.queue_id, %error, "spool failed");
            match error.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Refusal::full(),
                _ => Refusal::try_again(),
            }
        })
    }

    /// The end of the content. When this returns `Ok` the letter is durable and ours.
    ///
    /// # Errors
    /// Those of [`Transaction::append`]; 554 5.4.6 after too many hops; 550 5.7.1 and 5.6.0 if From or Sender are not the
    /// sender's own or cannot be read, or are ours without a log-in where that is refused; 452 and 552 if no recipient has room; 550 5.2.1 if a recipient of a submitted
    /// letter is gone meanwhile; 451 and 452 if the store does not take it. Nothing is kept then.
    pub async fn finish(mut self, now: UnixMillis) -> Result<Accepted, Refusal> {
        let queue_id = self.queue_id;
        let mut checked = self.check().await;
        let copy_for = checked.as_mut().map_or(None, Option::take);
        if checked.is_ok() && self.header_waits() {
            // A letter without a body.
            checked = self.spool_header().map(|()| None);
        }
        if let Err(refusal) = checked {
            return Err(self.refuse(refusal));
        }
        let refused = self.refused.take();
        match self.accept(refused.as_ref(), copy_for, now).await {
            Ok(()) => Ok(Accepted { queue_id }),
            Err(refusal) => {
                self.refused.put_back(refused);
                Err(self.refuse(refusal))
            }
        }
    }

    fn refuse(&mut self, refusal: Refusal) -> Refusal {
        self.refused.add_all(self.recipients.accepted(), &refusal);
        refusal
    }

    /// Whose sent mail keeps a copy, besides.
    async fn check(&self) -> Result<Option<Recipient>, Refusal> {
        if let Some(fault) = &self.fault {
            return Err(fault.clone());
        }
        if self.recipients.accepted().is_empty() {
            return Err(Refusal::no_recipients());
        }
        let header = self.header.header();
        let hops = hops(header);
        if hops > self.road.limits.hops_max {
            return Err(Refusal::loops(hops));
        }
        if self.origin.begins_here() && self.header.is_too_long() {
            return Err(Refusal::header_too_large(self.road.limits.header_bytes_max));
        }
        if self.refuses_own_senders() {
            sender::stranger(&self.road.directory, &claimed_senders(header)).await?;
        }
        let (Some(account), Origin::Submission { login, .. }) = (&self.account, &self.origin) else {
            return Ok(None);
        };
        let Road { store, directory, .. } = &*self.road;
        match (Sender { store, directory, login, account }).authors(header).await? {
            Some(function) => {
                let judged = self.judge(&function, self.came).await;
                judged.map(Some).map_err(|refusal| refusal.or_full_function(&function))
            }
            None => Ok(None),
        }
    }

    /// Would this address get a letter of this size?
    async fn judge(&self, to: &EmailAddress, size: u64) -> Result<Recipient, Refusal> {
        let locked_receive = self.road.limits.locked_receive;
        let facts = Facts { origin: &self.origin, size, locked_receive };
        let judged = judge(&self.road.store, &self.road.directory, &facts, to, self.began).await;
        judged.map_err(|error| self.failed(&error))?
    }

    fn refuses_own_senders(&self) -> bool {
        matches!(self.origin, Origin::Remote(_)) && self.road.limits.refuse_own_senders
    }

    async fn accept(
        &mut self,
        refused: Option<&RefusedLetter>,
        copy_for: Option<Recipient>,
        now: UnixMillis,
    ) -> Result<(), Refusal> {
        let head = self.head(now);
        let size = self.spool.len() + head.len() as u64;
        accept::room(self.recipients.accepted(), size, self.origin.is_submission())?;
        if let Some(function) = &copy_for {
            function.takes(size).map_err(|refusal| refusal.or_full_function(&function.address))?;
        }
        let spool = std::mem::replace(&mut self.spool, SpoolWriter::new(self.road.spool_folder.clone(), 0));
        let letter = Letter {
            queue_id: self.queue_id,
            at: now,
            source: self.origin.source(),
            from: self.from.clone(),
            sender_tenant: self.sender_tenant(),
            strict: self.origin.is_submission(),
            recipients: self.recipients.accepted().to_vec(),
            copy_for,
            extras: refused.map(|letter| letter.refused.clone()).unwrap_or_default(),
            unlisted: refused.map_or(0, |letter| letter.unlisted),
        };
        accept::accept(&self.road, letter, spool.finish().with_head(&head)).await
    }

    /// What stands in front of the letter: trace headers, and what its sender left out.
    fn head(&self, now: UnixMillis) -> Vec<u8> {
        let (helo, peer) = match &self.origin {
            Origin::Remote(peer) => (peer.helo.as_str(), Some(peer.address)),
            // From which home and on which computer a letter was written is nobody's business.
            Origin::Submission { .. } | Origin::Local => (self.road.hostname.as_str(), None),
        };
        let only_recipient = match self.recipients.accepted() {
            [one] if self.recipients.addresses() == 1 => Some(&one.address),
            _ => None,
        };
        let received = Received {
            helo,
            peer,
            by: self.road.hostname.as_str(),
            with: self.origin.with(self.params.smtputf8),
            id: self.queue_id,
            only_recipient,
            at: now,
            zone: self.road.zone.at(now),
        };
        [return_path_header(&self.from), received_header(&received), self.missing(now)].concat()
    }

    fn missing(&self, now: UnixMillis) -> Vec<u8> {
        if !self.origin.begins_here() {
            return Vec::new();
        }
        let own;
        let from = match (&self.account, &self.from) {
            (Some(account), from) => sender::address(account, from),
            (None, ReversePath::Address(address)) => address,
            (None, ReversePath::Null) => {
                let local: LocalPart = "postmaster".parse().expect("an atom is a local part");
                own = EmailAddress::new(local, self.road.hostname.clone());
                &own
            }
        };
        let id_left = self.queue_id.to_string();
        let missing = MissingFields { from: false, ..missing_fields(self.header.header()) };
        Added { at: now, zone: self.road.zone.at(now), id_left: &id_left, from }.fields(missing)
    }
}
