//! The work of a search: questions to messages, asked where they hold up nobody.
//!
//! Little work is done where it comes up. More of it goes to a thread beside the async ones, in pieces: how many threads
//! search at one time is bounded, an account has one of them at most, and accounts take turns piece by piece.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use message::Derived;
use model::{MailboxRef, SeqNo, Uid};
use store::{MessageEntry, StoreError};
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::spawn_blocking;

use crate::fetch::Content;
use crate::search::Progress;
use crate::search_index::{Docs, Head};
use crate::search_needles::Needles;
use crate::search_pace::{Answers, Pace};
use crate::search_test::{Facts, Test};
use crate::table::Table;
use crate::{MailboxError, Mailboxes};

/// Octets that may be looked through at once on an async thread, half a millisecond at worst.
const INLINE_OCTETS: u64 = 64 << 10;
/// The same for all of one search.
const INLINE_OCTETS_ALL: u64 = 8 << 20;
/// What asking a message costs beside its text, in octets looked through.
const ASKING_OCTETS: u64 = 8;

/// A message that is not decided yet.
#[derive(Clone, Copy)]
pub(crate) struct Open {
    pub(crate) seq: SeqNo,
    pub(crate) uid: Uid,
    /// Its place in the table.
    pub(crate) place: usize,
    pub(crate) recent: bool,
}

/// A message with what is known of it so far.
pub(crate) struct Known {
    pub(crate) open: Open,
    pub(crate) index: Option<(Arc<Vec<Docs>>, usize)>,
    pub(crate) head: Option<Head>,
    pub(crate) entry: Option<MessageEntry>,
    pub(crate) content: Option<Content>,
    pub(crate) whole: Option<Box<Derived>>,
}

/// Messages that are asked together.
pub(crate) struct Batch {
    known: Vec<Known>,
    /// Of the first ones.
    decided: Vec<Option<bool>>,
    /// Of the next one.
    answers: Answers,
    octets: u64,
    /// The room that they take.
    _room: Option<OwnedSemaphorePermit>,
}

/// What is asked.
pub(crate) struct Question {
    pub(crate) table: Arc<Table>,
    pub(crate) test: Test,
    pub(crate) needles: Needles,
    /// Words in it, and everything in it.
    pub(crate) words: u64,
    pub(crate) weight: u64,
}

/// Who asks, and how much it may.
pub(crate) struct Work<'a> {
    progress: &'a Progress,
    mailboxes: Mailboxes,
    mailbox: MailboxRef,
    question: Arc<Question>,
    abandoned: Arc<AtomicBool>,
    inline_left: u64,
    left: u64,
}

impl Drop for Work<'_> {
    fn drop(&mut self) {
        self.abandoned.store(true, Ordering::Relaxed);
    }
}

impl Known {
    pub(crate) const fn new(open: Open) -> Self {
        Self { open, index: None, head: None, entry: None, content: None, whole: None }
    }

    /// Octets that one word is looked for in.
    fn octets(&self) -> u64 {
        let whole = self.whole.as_ref().map(|whole| whole.headers.len() + whole.text.len());
        let content = || {
            let view = self.content.as_ref()?.view();
            Some(view.headers().len() + view.text().len())
        };
        let head = || self.head.as_ref().map(|head| head.fields.len());
        whole.or_else(content).or_else(head).unwrap_or(0) as u64
    }

    fn holds(&self, question: &Question, pace: &Pace<'_>) -> Option<bool> {
        let mut facts = question.facts(self.open, pace);
        facts.index = self.index.as_ref().map(|(holders, doc)| (holders.as_slice(), *doc));
        facts.head = self.head.as_ref().map(|head| &*head.fields);
        facts.sent_day = self.head.as_ref().map(|head| head.sent_day);
        facts.entry = self.entry.as_ref();
        facts.derived = self.content.as_ref().map(Content::view);
        if let Some(whole) = &self.whole {
            facts.sent_day = Some(whole.sent.map(|sent| sent.day));
            facts.lineage = Some(whole.lineage.as_octets());
            facts.whole = Some((&whole.headers, &whole.text));
        }
        question.test.holds(&facts)
    }
}

impl Batch {
    pub(crate) fn new(known: Vec<Known>, room: Option<OwnedSemaphorePermit>) -> Self {
        Self {
            decided: Vec::with_capacity(known.len()),
            known,
            answers: Answers::default(),
            octets: 0,
            _room: room,
        }
    }

    fn is_done(&self) -> bool {
        self.decided.len() == self.known.len()
    }

    /// Asks until the pace says that it is enough.
    fn go_on(&mut self, question: &Question, pace: Pace<'_>) {
        while let Some(known) = self.known.get(self.decided.len()) {
            let answer = known.holds(question, &pace);
            if answer.is_none() && pace.is_over() {
                break;
            }
            self.decided.push(answer);
            pace.next_letter();
            if pace.is_over() {
                break;
            }
        }
        self.octets += pace.counted();
        self.answers = pace.into_answers();
    }
}

impl Question {
    fn facts<'a>(&'a self, open: Open, pace: &'a Pace<'a>) -> Facts<'a> {
        Facts::new(open.seq, self.table.row_at(open.place), open.recent, (pace, &self.needles))
    }

    /// Asks the table alone: those that match, and those that are still open.
    fn ask_table(&self, asked: &[Open], found: &mut Vec<Open>, left: &mut Vec<Open>) {
        let pace = Pace::short();
        for open in asked {
            match self.test.holds(&self.facts(*open, &pace)) {
                Some(true) => found.push(*open),
                Some(false) => {}
                None => left.push(*open),
            }
        }
    }
}

impl<'a> Work<'a> {
    pub(crate) fn new(
        mailboxes: &Mailboxes,
        mailbox: MailboxRef,
        question: Question,
        progress: &'a Progress,
    ) -> Self {
        Self {
            progress,
            mailbox,
            question: Arc::new(question),
            abandoned: Arc::default(),
            inline_left: INLINE_OCTETS_ALL,
            left: mailboxes.limits().search_work_max,
            mailboxes: mailboxes.clone(),
        }
    }
    pub(crate) fn question(&self) -> &Question {
        &self.question
    }

    /// Asks each of them; one answer for each, none where it cannot be told from what is known.
    pub(crate) async fn ask(&mut self, mut batch: Batch) -> Result<Vec<(Known, Option<bool>)>, MailboxError> {
        let Question { words, weight, .. } = *self.question;
        let asking = batch.known.len() as u64 * weight * ASKING_OCTETS;
        let looking: u64 = batch.known.iter().map(Known::octets).sum::<u64>().saturating_mul(words);
        let octets = asking.saturating_add(looking);
        if octets <= INLINE_OCTETS.min(self.inline_left) {
            self.inline_left -= octets;
            batch.go_on(&self.question, Pace::short());
        }
        while !batch.is_done() {
            let before = batch.decided.len();
            batch = self.piece(batch).await?;
            self.progress.more(batch.decided[before..].iter().flatten().count());
            if batch.octets > self.left {
                break;
            }
        }
        self.spend(batch.octets)?;
        Ok(batch.known.into_iter().zip(batch.decided).collect())
    }

    async fn piece(&self, mut batch: Batch) -> Result<Batch, MailboxError> {
        let (question, abandoned) = (self.question.clone(), self.abandoned.clone());
        self.aside(move || {
            let answers = std::mem::take(&mut batch.answers);
            batch.go_on(&question, Pace::piece(&abandoned, answers));
            batch
        })
        .await
    }

    async fn aside<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, MailboxError> {
        self.mailboxes.search_aside(self.mailbox, work).await
    }

    /// Notes work that was done; an error if it was too much.
    pub(crate) fn spend(&mut self, octets: u64) -> Result<(), MailboxError> {
        self.left = self.left.checked_sub(octets).ok_or(MailboxError::SearchTooLarge)?;
        Ok(())
    }

    /// Asks the table alone: those that match, and those that are still open.
    pub(crate) async fn ask_table(
        &mut self,
        asked: Vec<Open>,
    ) -> Result<(Vec<Open>, Vec<Open>), MailboxError> {
        /// Steps on an async thread, and in one piece.
        const STEPS_INLINE: u64 = 1 << 18;
        const STEPS: u64 = 1 << 22;
        let weight = self.question.weight.max(1);
        let (mut found, mut left) = (Vec::new(), Vec::new());
        if asked.len() as u64 * weight <= STEPS_INLINE {
            self.question.ask_table(&asked, &mut found, &mut left);
            return Ok((found, left));
        }
        let (asked, at_once) = (Arc::new(asked), usize::try_from(STEPS / weight).unwrap_or(1).max(64));
        let mut from = 0;
        while from < asked.len() {
            let to = (from + at_once).min(asked.len());
            let (question, asked) = (self.question.clone(), asked.clone());
            (found, left) = self
                .aside(move || {
                    question.ask_table(&asked[from..to], &mut found, &mut left);
                    (found, left)
                })
                .await?;
            from = to;
        }
        Ok((found, left))
    }
}

impl Mailboxes {
    /// Does work on a thread beside the async ones, in the account's turn.
    pub(crate) async fn search_aside<T: Send + 'static>(
        &self,
        mailbox: MailboxRef,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, MailboxError> {
        let thread = self.inner.searches.thread(mailbox.tenant, mailbox.account).await?;
        // The turn lasts as long as the work, whoever still waits for it.
        let work = move || {
            let done = work();
            drop(thread);
            done
        };
        spawn_blocking(work).await.map_err(|_| StoreError::Closed.into())
    }
}
