//! How long one piece of a search may go on, and which words it has looked for in the letter at hand.
//!
//! What is looked through is counted; a piece that has gone on for long enough stops between two words, and goes on later
//! where it was.

use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use memchr::memmem::Finder;

use crate::search_needles::{Needles, Scan};

/// So long a piece goes on before others have a turn.
pub(crate) const PIECE: Duration = Duration::from_millis(40);
/// Octets that all words together are looked for in, in a microsecond; slower than that, one by one does not pay.
const OCTETS_A_MICROSECOND: u128 = 64;

/// Where words are looked for in a letter.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place {
    Headers,
    Text,
}

/// What is known of the words in one letter.
#[derive(Default)]
pub(crate) struct Answers {
    /// By the number of the word; none if it has not been looked for.
    words: Vec<Option<Option<bool>>>,
    /// By place.
    scans: [Looked; 2],
}

#[derive(Default)]
struct Looked {
    one_by_one: Duration,
    at_once: Option<Option<Scan>>,
}

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
        Self::new(None, None, Answers::default())
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
        if let Some(Some(answer)) = self.answers.borrow().words.get(number) {
            return *answer;
        }
        if self.is_over.get() {
            return None;
        }
        let before = self.octets.get();
        let answer = look();
        // Who looked through nothing is asked again for less than it costs to remember.
        if self.until.is_some() && self.octets.get() > before {
            let words = &mut self.answers.borrow_mut().words;
            if words.len() <= number {
                words.resize(number + 1, None);
            }
            words[number] = Some(answer);
            self.is_over();
        }
        answer
    }

    /// Is the word in this text of the letter? The others are looked for with it once that is faster.
    pub(crate) fn has(
        &self,
        place: Place,
        text: &[u8],
        finder: &Finder<'_>,
        (number, needles): (usize, &Needles),
    ) -> bool {
        let mut answers = self.answers.borrow_mut();
        let looked = &mut answers.scans[place as usize];
        if self.until.is_some()
            && looked.at_once.is_none()
            && looked.one_by_one.as_micros() * OCTETS_A_MICROSECOND > text.len() as u128
        {
            self.count(text.len());
            looked.at_once = Some(needles.scan(text));
        }
        let known = looked.at_once.as_ref().and_then(|scan| scan.as_ref()?.has(number));
        known.unwrap_or_else(|| {
            self.count(text.len());
            let begun = self.until.map(|_| Instant::now());
            let found = finder.find(text).is_some();
            looked.one_by_one += begun.map(|begun| begun.elapsed()).unwrap_or_default();
            found
        })
    }

    /// The next letter is another one.
    pub(crate) fn next_letter(&self) {
        let mut answers = self.answers.borrow_mut();
        answers.words.clear();
        answers.scans = Default::default();
    }
    pub(crate) fn into_answers(self) -> Answers {
        self.answers.into_inner()
    }
}
