//! What was found, bounded, and how far the work is.

use model::{MailboxRef, Text, Uid};

use super::{CheckReport, Finding, Progress, Severity};

/// Findings as they come.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(crate) list: Vec<Finding>,
    pub(crate) more: u64,
    pub(crate) errors: u64,
}

impl Findings {
    pub(crate) fn error(&mut self, at: impl Into<String>, sv: impl Into<String>, en: impl Into<String>) {
        self.errors += 1;
        self.push(Severity::Error, at.into(), Text::new(sv, en));
    }
    pub(crate) fn note(&mut self, at: impl Into<String>, sv: impl Into<String>, en: impl Into<String>) {
        self.push(Severity::Note, at.into(), Text::new(sv, en));
    }
    fn push(&mut self, severity: Severity, at: String, text: Text) {
        if self.list.len() < CheckReport::FINDINGS_MAX {
            self.list.push(Finding { severity, at, text });
        } else {
            self.more += 1;
        }
    }
}

/// Tells how far the work is, not too often.
pub(crate) struct Meter<'a> {
    done: u64,
    told: u64,
    total: u64,
    tell: &'a mut Progress<'a>,
}

impl<'a> Meter<'a> {
    pub(crate) fn new(total: u64, tell: &'a mut Progress<'a>) -> Self {
        tell(0, total);
        Self { done: 0, told: 0, total, tell }
    }
    pub(crate) fn add(&mut self, octets: u64) {
        self.reach(self.done.saturating_add(octets));
    }
    /// A part is done, however much it was.
    pub(crate) fn reach(&mut self, done: u64) {
        self.done = self.done.max(done).min(self.total);
        if self.done - self.told > self.total / 1000 || self.done == self.total && self.told < self.total {
            self.told = self.done;
            (self.tell)(self.done, self.total);
        }
    }
}

pub(crate) fn mailbox_place(mailbox: MailboxRef) -> String {
    let MailboxRef { tenant, account, mailbox } = mailbox;
    format!("tenant {tenant}, account {account}, mailbox {mailbox}")
}

pub(crate) fn message_place(mailbox: MailboxRef, uid: Uid) -> String {
    format!("{}, UID {uid}", mailbox_place(mailbox))
}
