//! The recipients of a letter in progress, and those that were refused.

use std::collections::{BTreeSet, HashSet};

use model::{AccountId, EmailAddress, TenantId};
use tokio::sync::mpsc;

use crate::Refusal;
use crate::log::{RefusedLetter, Verdict};
use crate::recipient::Recipient;

/// Who gets the letter: each account once, however many of its addresses were named.
#[derive(Debug, Default)]
pub(crate) struct Recipients {
    accepted: Vec<Recipient>,
    accounts: HashSet<(TenantId, AccountId)>,
    addresses: HashSet<String>,
    tenants: BTreeSet<TenantId>,
    octets: usize,
}

impl Recipients {
    /// Octets of all addresses, so that the rows of one letter fit into one commit however long its addresses are.
    /// Leaves 130 for each of a thousand.
    pub(crate) const OCTETS_MAX: usize = 130_000;

    /// Is there room for one more address, among at most so many?
    pub(crate) fn has_room(&self, to: &EmailAddress, addresses_max: usize) -> bool {
        self.addresses.len() < addresses_max && self.octets + to.to_string().len() <= Self::OCTETS_MAX
    }
    /// Was this address accepted already?
    pub(crate) fn has_address(&self, address: &EmailAddress) -> bool {
        self.addresses.contains(&address.folded())
    }
    /// True if the account is new.
    pub(crate) fn add(&mut self, recipient: Recipient) -> bool {
        self.addresses.insert(recipient.address.folded());
        self.octets += recipient.address.to_string().len();
        let new = self.accounts.insert((recipient.tenant, recipient.account));
        if new {
            self.tenants.insert(recipient.tenant);
            self.accepted.push(recipient);
        }
        new
    }
    /// Addresses so far; each one that was accepted counts.
    pub(crate) fn addresses(&self) -> usize {
        self.addresses.len()
    }
    pub(crate) const fn tenants(&self) -> &BTreeSet<TenantId> {
        &self.tenants
    }
    pub(crate) fn accepted(&self) -> &[Recipient] {
        &self.accepted
    }
}

/// Remembers what was refused of a letter. Dropped before the letter is accepted, it sends that to the delivery log.
#[derive(Debug)]
pub(crate) struct Refused {
    letter: Option<RefusedLetter>,
    listed_max: usize,
    log: mpsc::Sender<RefusedLetter>,
}

impl Refused {
    pub(crate) const fn new(
        letter: RefusedLetter,
        listed_max: usize,
        log: mpsc::Sender<RefusedLetter>,
    ) -> Self {
        Self { letter: Some(letter), listed_max, log }
    }

    /// Writes down one recipient; the first ones by their address, the others only count.
    pub(crate) fn add(&mut self, tenant: TenantId, address: &EmailAddress, verdict: Verdict) {
        let Some(letter) = &mut self.letter else { return };
        if letter.refused.len() < self.listed_max {
            letter.refused.push((tenant, address.clone(), verdict));
        } else {
            letter.unlisted = letter.unlisted.saturating_add(1);
        }
    }
    /// The whole letter was refused: with it all its recipients.
    pub(crate) fn add_all(&mut self, recipients: &[Recipient], refusal: &Refusal) {
        for recipient in recipients {
            self.add(recipient.tenant, &recipient.address, verdict(refusal));
        }
    }
    /// Takes out what was refused so far, for the rows of the accepted letter; dropped now, this sends nothing. So a
    /// dialogue that ends in the middle of the commit writes no second entry.
    pub(crate) const fn take(&mut self) -> Option<RefusedLetter> {
        self.letter.take()
    }
    /// The letter was not accepted after all.
    pub(crate) fn put_back(&mut self, letter: Option<RefusedLetter>) {
        self.letter = letter;
    }
}

pub(crate) const fn verdict(refusal: &Refusal) -> Verdict {
    Verdict::Refused { code: refusal.code, enhanced: refusal.enhanced }
}

impl Drop for Refused {
    fn drop(&mut self) {
        let refused = |verdict: &Verdict| matches!(verdict, Verdict::Refused { .. });
        let tells = |letter: &RefusedLetter| letter.refused.iter().any(|(.., verdict)| refused(verdict));
        if let Some(letter) = self.letter.take().filter(tells) {
            // Full: a flood. What came before it is enough.
            let _ = self.log.try_send(letter);
        }
    }
}
