//! How long one piece of a search may go on, and which words it has looked for in the letter at hand.
//!
//! What is looked through is counted; a piece that has gone on for long enough stops between two words, and goes on later
//! where it was.

use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// So long a piece goes on before others have a turn.
pub(crate) const PIECE: Duration = Duration::from_millis(40);

/// What words have answered for one letter, by their number; none if they have not been looked for.
pub(crate) type Answers = Vec<Option<Option<bool>>>;

pub(crate) struct Pace<'a> {
    until: Option<Instant>,
    /// Nobody waits for the search any more.
    abandoned: Option<&'a AtomicBool>,
    is_over: Cell<bool>,
    octets: Cell<u64>,
    answers: RefCell<Answers>,
}

impl<'a> Pace<'a> {
    /// For work that is known to be short.
    pub(crate) fn short() -> Self {
        Self::new(None, None, Answers::new())
    }
    /// A piece from now on, with the answers of the letter that the last one stopped at.
    pub(crate) fn piece(abandoned: &'a AtomicBool, answers: Answers) -> Self {
        Self::new(Some(Instant::now() + PIECE), Some(abandoned), answers)
    }
    fn new(until: Option<Instant>, abandoned: Option<&'a AtomicBool>, answers: Answers) -> Self {
        let answers = RefCell::new(answers);
        Self { until, abandoned, is_over: Cell::new(false), octets: Cell::new(0), answers }
    }

    /// Is it enough for now?
    pub(crate) fn is_over(&self) -> bool {
        let late = || self.until.is_some_and(|until| Instant::now() >= until);
        let abandoned = || self.abandoned.is_some_and(|abandoned| abandoned.load(Ordering::Relaxed));
        if !self.is_over.get() && (abandoned() || late()) {
            self.is_over.set(true);
        }
        self.is_over.get()
    }
    /// Octets were looked through.
    pub(crate) fn count(&self, octets: usize) {
        self.octets.set(self.octets.get().saturating_add(octets as u64));
    }
    /// How many were.
    pub(crate) fn counted(&self) -> u64 {
        self.octets.get()
    }

    /// Looks for a word once in each letter; `None` without looking when the piece is over.
    pub(crate) fn once(&self, number: usize, look: impl FnOnce() -> Option<bool>) -> Option<bool> {
        if let Some(Some(answer)) = self.answers.borrow().get(number) {
            return *answer;
        }
        if self.is_over.get() {
            return None;
        }
        let before = self.octets.get();
        let answer = look();
        // Who looked through nothing is asked again for less than it costs to remember.
        if self.until.is_some() && self.octets.get() > before {
            let mut answers = self.answers.borrow_mut();
            if answers.len() <= number {
                answers.resize(number + 1, None);
            }
            answers[number] = Some(answer);
            drop(answers);
            self.is_over();
        }
        answer
    }

    /// The next letter is another one.
    pub(crate) fn next_letter(&self) {
        self.answers.borrow_mut().clear();
    }
    pub(crate) fn into_answers(self) -> Answers {
        self.answers.into_inner()
    }
}
