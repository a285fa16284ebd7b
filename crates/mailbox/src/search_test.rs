//! A search as a question to one message, answered from what is known of it so far: yes, no, or "not from what I have".

use bytes::Bytes;
use memchr::memmem::Finder;
use message::DerivedView;
use model::{ModSeq, SeqNo, UidSet, UnixMillis};
use store::MessageEntry;

use crate::object_id::{email_id, thread_id_of};
use crate::query::{Day, Query};
use crate::search_index::{Docs, Field, Grams, Head};
use crate::search_needles::Needles;
use crate::search_pace::{Pace, Place};
use crate::table::{MessageRow, Table};

/// Fields that programs search all the time; their folded text is kept in memory and in the index.
const HEAD_FIELDS: [&str; 6] = ["subject", "from", "to", "cc", "bcc", "message-id"];
/// Header text this long may have been cut.
pub(crate) const HEADERS_SURE: usize = 200 << 10;
/// Words that the index is asked for; a search with more of them reads letters for the others.
const WORDS_MAX: usize = 32;

/// What a message must be.
pub(crate) enum Test {
    Known(bool),
    Not(Box<Test>),
    Or(Box<Test>, Box<Test>),
    And(Vec<Test>),
    /// By the number of the set of flags.
    Flags(Vec<bool>),
    Recent,
    Seqs(Vec<(u32, u32)>),
    Uids(UidSet),
    Larger(u64),
    Smaller(u64),
    /// From, below.
    Days(i32, i32),
    ArrivedBefore(UnixMillis),
    SentDays(i32, i32),
    SavedDays(i32, i32),
    Header(String, Word),
    Body(Word),
    Text(Word),
    ModSeq(ModSeq),
    EmailId(String),
    ThreadId(String),
}

/// A word to look for, folded.
pub(crate) struct Word {
    finder: Finder<'static>,
    /// Its number among those of the search.
    id: usize,
    /// Its number among those that the index is asked for.
    number: Option<usize>,
}

/// What is known of one message so far.
pub(crate) struct Facts<'a> {
    pub(crate) seq: SeqNo,
    pub(crate) row: MessageRow<'a>,
    pub(crate) recent: bool,
    /// Who may hold each word, and the message's number among them.
    pub(crate) index: Option<(&'a [Docs], usize)>,
    pub(crate) head: Option<&'a [u8]>,
    pub(crate) sent_day: Option<Option<i32>>,
    pub(crate) entry: Option<&'a MessageEntry>,
    pub(crate) derived: Option<DerivedView<'a>>,
    /// Of the whole letter, if its row does not have it.
    pub(crate) lineage: Option<&'a [u8]>,
    /// Header and text of the whole letter, folded.
    pub(crate) whole: Option<(&'a str, &'a str)>,
    pub(crate) pace: &'a Pace<'a>,
    pub(crate) needles: &'a Needles,
}

/// Makes tests of queries and notes the words that the index is to be asked for.
pub(crate) struct Maker<'a> {
    pub(crate) table: &'a Table,
    pub(crate) words: Vec<Grams>,
    /// Words of the search, and everything that it asks.
    pub(crate) count: usize,
    pub(crate) weight: usize,
    /// Those that are looked for in texts.
    pub(crate) needles: Needles,
}

impl Maker<'_> {
    pub(crate) fn test(&mut self, query: &Query) -> Test {
        self.weight += match query {
            Query::Seqs(ranges) => 1 + ranges.len() / 4,
            _ => 1,
        };
        match query {
            Query::All => Test::Known(true),
            Query::Not(query) => Test::Not(Box::new(self.test(query))),
            Query::Or(one, other) => Test::Or(Box::new(self.test(one)), Box::new(self.test(other))),
            Query::And(all) => Test::And(all.iter().map(|query| self.test(query)).collect()),
            Query::Flag(flag) => Test::Flags(self.table.having(|set| set.has(*flag))),
            Query::Keyword(word) => Test::Flags(self.table.having(|set| set.has_keyword(word))),
            Query::Recent => Test::Recent,
            Query::Seqs(ranges) => Test::Seqs(ranges.clone()),
            Query::Uids(uids) => Test::Uids(uids.clone()),
            Query::Larger(octets) => Test::Larger(*octets),
            Query::Smaller(octets) => Test::Smaller(*octets),
            Query::Before(Day(day)) => Test::Days(i32::MIN, *day),
            Query::On(Day(day)) => Test::Days(*day, day.saturating_add(1)),
            Query::Since(Day(day)) => Test::Days(*day, i32::MAX),
            Query::ArrivedBefore(moment) => Test::ArrivedBefore(*moment),
            Query::SentBefore(Day(day)) => Test::SentDays(i32::MIN, *day),
            Query::SentOn(Day(day)) => Test::SentDays(*day, day.saturating_add(1)),
            Query::SentSince(Day(day)) => Test::SentDays(*day, i32::MAX),
            Query::SavedBefore(Day(day)) => Test::SavedDays(i32::MIN, *day),
            Query::SavedOn(Day(day)) => Test::SavedDays(*day, day.saturating_add(1)),
            Query::SavedSince(Day(day)) => Test::SavedDays(*day, i32::MAX),
            Query::Header(name, text) => {
                let name = message::fold(name);
                let word = self.word(Field::named(&name), text);
                Test::Header(name, word)
            }
            Query::Body(text) => Test::Body(self.word_of_text(text)),
            Query::Text(text) => Test::Text(self.word_of_text(text)),
            Query::EmailId(id) => Test::EmailId(id.clone()),
            Query::ThreadId(id) => Test::ThreadId(id.clone()),
            Query::ModSeq(mod_seq) => Test::ModSeq(*mod_seq),
        }
    }

    fn word_of_text(&mut self, text: &str) -> Word {
        let word = self.word(Field::Any, text);
        self.needles.add(word.id, word.finder.needle());
        word
    }

    fn word(&mut self, field: Field, text: &str) -> Word {
        let folded = message::fold(text);
        let grams = Grams::of(field, folded.as_bytes()).filter(|_| self.words.len() < WORDS_MAX);
        let number = grams.map(|grams| {
            self.words.push(grams);
            self.words.len() - 1
        });
        self.count += 1;
        Word { finder: Finder::new(folded.as_bytes()).into_owned(), id: self.count - 1, number }
    }
}

impl Test {
    /// `None` if the facts do not tell.
    pub(crate) fn holds(&self, facts: &Facts<'_>) -> Option<bool> {
        let row = &facts.row;
        match self {
            Self::Known(answer) => Some(*answer),
            Self::Not(test) => test.holds(facts).map(|answer| !answer),
            Self::Or(one, other) => match one.holds(facts) {
                Some(true) => Some(true),
                Some(false) => other.holds(facts),
                None => other.holds(facts).filter(|answer| *answer),
            },
            Self::And(all) => all_hold(all, facts),
            Self::Flags(having) => Some(having[row.flag_set as usize]),
            Self::Recent => Some(facts.recent),
            Self::Seqs(ranges) => {
                Some(ranges.iter().any(|(low, high)| (*low..=*high).contains(&facts.seq.get())))
            }
            Self::Uids(uids) => Some(uids.contains(row.uid)),
            Self::Larger(octets) => Some(row.size > *octets),
            Self::Smaller(octets) => Some(row.size < *octets),
            Self::Days(from, below) => {
                Some((*from..*below).contains(&Day::in_zone(row.internal_date, row.zone).0))
            }
            Self::ArrivedBefore(moment) => Some(row.internal_date < *moment),
            Self::SentDays(from, below) => {
                // Without a Date that reads there is nothing to compare: no match.
                let day = facts.sent_day()?;
                Some(day.is_some_and(|day| (*from..*below).contains(&day)))
            }
            Self::SavedDays(from, below) => {
                facts.entry.map(|entry| (*from..*below).contains(&Day::of(entry.saved).0))
            }
            Self::Header(name, word) => facts.pace.once(word.id, || facts.header_holds(name, word)),
            Self::Body(word) => facts.pace.once(word.id, || facts.body_holds(word)),
            Self::Text(word) => facts.pace.once(word.id, || facts.text_holds(word)),
            Self::ModSeq(mod_seq) => Some(row.mod_seq >= *mod_seq),
            Self::EmailId(id) => facts.entry.map(|entry| email_id(&entry.body) == *id),
            Self::ThreadId(id) => {
                let (lineage, entry) = (facts.lineage()?, facts.entry?);
                Some(thread_id_of(lineage, &entry.body) == *id)
            }
        }
    }

    /// Do the usual fields of the header help?
    pub(crate) fn asks_heads(&self) -> bool {
        match self {
            Self::Not(test) => test.asks_heads(),
            Self::Or(one, other) => one.asks_heads() || other.asks_heads(),
            Self::And(all) => all.iter().any(Self::asks_heads),
            Self::Header(name, _) => is_head_field(name),
            Self::SentDays(..) => true,
            _ => false,
        }
    }
}

fn all_hold(all: &[Test], facts: &Facts<'_>) -> Option<bool> {
    let mut open = false;
    for test in all {
        match test.holds(facts) {
            Some(false) => return Some(false),
            Some(true) => {}
            None => open = true,
        }
    }
    (!open).then_some(true)
}

fn is_head_field(name: &str) -> bool {
    HEAD_FIELDS.contains(&name)
}

impl<'a> Facts<'a> {
    /// What the table knows.
    pub(crate) const fn new(
        seq: SeqNo,
        row: MessageRow<'a>,
        recent: bool,
        (pace, needles): (&'a Pace<'a>, &'a Needles),
    ) -> Self {
        Self {
            seq,
            row,
            recent,
            index: None,
            head: None,
            sent_day: None,
            entry: None,
            derived: None,
            lineage: None,
            whole: None,
            pace,
            needles,
        }
    }

    fn has(&self, place: Place, text: &[u8], word: &Word) -> bool {
        self.pace.has(place, text, &word.finder, (word.id, self.needles))
    }

    /// Does a field of that name hold the text? `headers` has one folded `name: value` a line.
    fn field_holds(&self, headers: &[u8], name: &str, word: &Word) -> bool {
        self.pace.count(headers.len());
        headers.split(|octet| *octet == b'\n').any(|line| {
            let value = line.strip_prefix(name.as_bytes()).and_then(|rest| rest.strip_prefix(b":"));
            value.is_some_and(|value| word.finder.find(value.trim_ascii_start()).is_some())
        })
    }

    fn ruled_out(&self, word: &Word) -> bool {
        let ruled_out = |(holders, doc): (&[Docs], usize)| {
            let holders = word.number.and_then(|number| holders.get(number));
            holders.is_some_and(|docs| docs[doc / 64] & 1 << (doc % 64) == 0)
        };
        self.index.is_some_and(ruled_out)
    }

    fn sent_day(&self) -> Option<Option<i32>> {
        self.sent_day.or_else(|| self.derived.as_ref().map(|derived| derived.sent().map(|sent| sent.day)))
    }

    fn lineage(&self) -> Option<&[u8]> {
        let kept = self.entry.map(|entry| &*entry.lineage).filter(|lineage| !lineage.is_empty());
        kept.or(self.lineage).or_else(|| self.derived.as_ref()?.lineage())
    }

    fn header_holds(&self, name: &str, word: &Word) -> Option<bool> {
        if self.ruled_out(word) {
            return Some(false);
        }
        if let Some((headers, _)) = self.whole {
            return Some(self.field_holds(headers.as_bytes(), name, word));
        }
        if let Some(head) = self.head.filter(|_| is_head_field(name)) {
            return Some(self.field_holds(head, name, word));
        }
        let derived = self.derived.as_ref()?;
        let found = self.field_holds(derived.headers(), name, word);
        (found || headers_sure(derived)).then_some(found)
    }

    fn body_holds(&self, word: &Word) -> Option<bool> {
        if self.ruled_out(word) {
            return Some(false);
        }
        if let Some((_, text)) = self.whole {
            return Some(self.has(Place::Text, text.as_bytes(), word));
        }
        let derived = self.derived.as_ref()?;
        let found = self.has(Place::Text, derived.text(), word);
        (found || derived.text_complete()).then_some(found)
    }

    fn text_holds(&self, word: &Word) -> Option<bool> {
        if self.ruled_out(word) {
            return Some(false);
        }
        let headers = match self.whole {
            Some((headers, _)) => headers.as_bytes(),
            None => self.derived.as_ref()?.headers(),
        };
        if self.has(Place::Headers, headers, word) { Some(true) } else { self.body_holds(word) }
    }
}

/// Is all of the header there, as this program folds it?
pub(crate) fn headers_sure(derived: &DerivedView<'_>) -> bool {
    derived.text_current() && derived.headers().len() < HEADERS_SURE
}

/// What of a header is kept in memory and in the index.
pub(crate) fn head_of(headers: &[u8], sent_day: Option<i32>) -> Head {
    let usual = |line: &&[u8]| {
        let name = line.split(|octet| *octet == b':').next().unwrap_or_default();
        HEAD_FIELDS.iter().any(|field| field.as_bytes() == name)
    };
    let lines: Vec<&[u8]> = headers.split(|octet| *octet == b'\n').filter(usual).collect();
    Head { fields: Bytes::from(lines.join(&b'\n')), sent_day }
}
