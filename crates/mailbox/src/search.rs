//! SEARCH: exact, cheapest things first.
//!
//! A test answers yes, no, or "not from what I have". Every message is first asked with its row of the table alone; what is
//! undecided is asked again with the usual fields of its header (from memory), then with its derived data, and last with
//! the letter itself where its text was too long to be kept.

use std::sync::Arc;

use memchr::memmem::Finder;
use message::DerivedView;
use model::{MailboxRef, ModSeq, SeqNo, Uid, UidSet, UnixMillis};
use store::MessageEntry;

use crate::query::{Day, Query};
use crate::selected::Picked;
use crate::table::{MessageRow, Table};
use crate::{MailboxError, Selected};

/// Fields that programs search all the time; their folded text is kept in memory.
const HEAD_FIELDS: [&str; 6] = ["subject", "from", "to", "cc", "bcc", "message-id"];
/// Header text this long may have been cut.
const HEADERS_SURE: usize = 200 << 10;
const CHUNK: usize = 256;
/// What the derived data of a letter take, mostly much less.
const DERIVED_OCTETS: u64 = 1 << 20;
/// The letter itself, its text as it is decoded, and as it is folded.
const COPIES: u64 = 3;

enum Test {
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
    Header(String, Finder<'static>),
    Body(Finder<'static>),
    Text(Finder<'static>),
    ModSeq(ModSeq),
}

/// What is known of one message so far.
struct Facts<'a> {
    seq: SeqNo,
    row: MessageRow<'a>,
    recent: bool,
    head: Option<&'a str>,
    derived: Option<DerivedView<'a>>,
    /// Header and text of the whole letter, folded.
    whole: Option<(&'a str, &'a str)>,
}

impl Test {
    fn new(query: &Query, table: &Table) -> Self {
        let of = |query: &Query| Box::new(Self::new(query, table));
        match query {
            Query::All => Self::Known(true),
            Query::Not(query) => Self::Not(of(query)),
            Query::Or(one, other) => Self::Or(of(one), of(other)),
            Query::And(all) => Self::And(all.iter().map(|query| Self::new(query, table)).collect()),
            Query::Flag(flag) => Self::Flags(table.having(|set| set.has(*flag))),
            Query::Keyword(word) => Self::Flags(table.having(|set| set.has_keyword(word))),
            Query::Recent => Self::Recent,
            Query::Seqs(ranges) => Self::Seqs(ranges.clone()),
            Query::Uids(uids) => Self::Uids(uids.clone()),
            Query::Larger(octets) => Self::Larger(*octets),
            Query::Smaller(octets) => Self::Smaller(*octets),
            Query::Before(Day(day)) => Self::Days(i32::MIN, *day),
            Query::On(Day(day)) => Self::Days(*day, day.saturating_add(1)),
            Query::Since(Day(day)) => Self::Days(*day, i32::MAX),
            Query::ArrivedBefore(moment) => Self::ArrivedBefore(*moment),
            Query::SentBefore(Day(day)) => Self::SentDays(i32::MIN, *day),
            Query::SentOn(Day(day)) => Self::SentDays(*day, day.saturating_add(1)),
            Query::SentSince(Day(day)) => Self::SentDays(*day, i32::MAX),
            Query::Header(name, text) => Self::Header(message::fold(name), finder(text)),
            Query::Body(text) => Self::Body(finder(text)),
            Query::Text(text) => Self::Text(finder(text)),
            Query::ModSeq(mod_seq) => Self::ModSeq(*mod_seq),
        }
    }

    /// `None` if the facts do not tell.
    fn holds(&self, facts: &Facts<'_>) -> Option<bool> {
        let row = &facts.row;
        match self {
            Self::Known(answer) => Some(*answer),
            Self::Not(test) => test.holds(facts).map(|answer| !answer),
            Self::Or(one, other) => match (one.holds(facts), other.holds(facts)) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
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
            Self::Days(from, below) => Some((*from..*below).contains(&Day::of(row.internal_date).0)),
            Self::ArrivedBefore(moment) => Some(row.internal_date < *moment),
            Self::SentDays(from, below) => {
                // Without a Date that reads there is nothing to compare: no match.
                let sent = facts.derived.as_ref()?.sent();
                Some(sent.is_some_and(|sent| (*from..*below).contains(&sent.day)))
            }
            Self::Header(name, text) => facts.header_holds(name, text),
            Self::Body(text) => facts.body_holds(text),
            Self::Text(text) => facts.text_holds(text),
            Self::ModSeq(mod_seq) => Some(row.mod_seq >= *mod_seq),
        }
    }
}

fn finder(text: &str) -> Finder<'static> {
    Finder::new(message::fold(text).as_bytes()).into_owned()
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

impl Facts<'_> {
    fn header_holds(&self, name: &str, text: &Finder<'_>) -> Option<bool> {
        if let Some((headers, _)) = self.whole {
            return Some(field_holds(headers.as_bytes(), name, text));
        }
        if let Some(head) = self.head.filter(|_| HEAD_FIELDS.contains(&name)) {
            return Some(field_holds(head.as_bytes(), name, text));
        }
        let headers = self.derived.as_ref()?.headers();
        let found = field_holds(headers, name, text);
        (found || headers.len() < HEADERS_SURE).then_some(found)
    }

    fn body_holds(&self, wanted: &Finder<'_>) -> Option<bool> {
        if let Some((_, text)) = self.whole {
            return Some(wanted.find(text.as_bytes()).is_some());
        }
        let derived = self.derived.as_ref()?;
        let found = wanted.find(derived.text()).is_some();
        (found || derived.text_complete()).then_some(found)
    }

    fn text_holds(&self, wanted: &Finder<'_>) -> Option<bool> {
        let headers = match self.whole {
            Some((headers, _)) => headers.as_bytes(),
            None => self.derived.as_ref()?.headers(),
        };
        if wanted.find(headers).is_some() { Some(true) } else { self.body_holds(wanted) }
    }
}

/// Does a field of that name hold the text? `headers` has one folded `name: value` a line.
fn field_holds(headers: &[u8], name: &str, text: &Finder<'_>) -> bool {
    headers.split(|octet| *octet == b'\n').any(|line| {
        let value = line.strip_prefix(name.as_bytes()).and_then(|rest| rest.strip_prefix(b":"));
        value.is_some_and(|value| text.find(value.trim_ascii_start()).is_some())
    })
}

/// The lines of a header that stay in memory.
fn head_of(headers: &[u8]) -> Arc<str> {
    let usual = |line: &&[u8]| {
        let name = line.split(|octet| *octet == b':').next().unwrap_or_default();
        HEAD_FIELDS.iter().any(|field| field.as_bytes() == name)
    };
    let lines: Vec<&[u8]> = headers.split(|octet| *octet == b'\n').filter(usual).collect();
    String::from_utf8_lossy(&lines.join(&b'\n')).into()
}

impl Selected {
    /// The messages that match, ascending. Messages that are gone match nothing.
    ///
    /// # Errors
    /// [`MailboxError::Gone`], [`MailboxError::Store`].
    pub async fn search(&self, query: &Query, now: UnixMillis) -> Result<Picked, MailboxError> {
        let table = self.table(now).await?;
        let test = Test::new(query, &table);
        let (mut found, mut open) = (Picked::new(), Vec::new());
        for (seq, uid) in self.pick_all() {
            let Some(row) = table.row(uid) else { continue };
            match test.holds(&self.facts(seq, row)) {
                Some(true) => found.push((seq, uid)),
                Some(false) => {}
                None => open.push((seq, uid)),
            }
        }
        if open.is_empty() {
            return Ok(found);
        }
        let MailboxRef { tenant, account, .. } = self.mailbox();
        let _turn = self.mailboxes.inner.searches.turn(tenant, account).await?;
        for chunk in open.chunks(CHUNK) {
            let chunk = self.search_heads(&test, &table, chunk, &mut found);
            self.search_letters(&test, &table, &chunk, &mut found).await?;
            tokio::task::yield_now().await;
        }
        found.sort_unstable();
        Ok(found)
    }

    fn facts<'a>(&self, seq: SeqNo, row: MessageRow<'a>) -> Facts<'a> {
        Facts { seq, row, recent: self.is_recent(row.uid), head: None, derived: None, whole: None }
    }

    /// Asks with the header fields that are in memory; returns who is still undecided.
    fn search_heads(&self, test: &Test, table: &Table, chunk: &[(SeqNo, Uid)], found: &mut Picked) -> Picked {
        let (heads, mailbox) = (&self.mailboxes.inner.heads, self.mailbox());
        let mut open = Picked::new();
        for (seq, uid) in chunk {
            let Some(row) = table.row(*uid) else { continue };
            let head = heads.get(&(mailbox, *uid));
            match head.and_then(|head| test.holds(&Facts { head: Some(&head), ..self.facts(*seq, row) })) {
                Some(true) => found.push((*seq, *uid)),
                Some(false) => {}
                None => open.push((*seq, *uid)),
            }
        }
        open
    }

    async fn search_letters(
        &self,
        test: &Test,
        table: &Table,
        chunk: &Picked,
        found: &mut Picked,
    ) -> Result<(), MailboxError> {
        let uids: Vec<Uid> = chunk.iter().map(|(_, uid)| *uid).collect();
        for (uid, entry) in self.entries(&uids).await? {
            let (Some(seq), Some(row)) = (self.seq(uid), table.row(uid)) else { continue };
            if self.letter_holds(test, self.facts(seq, row), &entry).await? {
                found.push((seq, uid));
            }
        }
        Ok(())
    }

    async fn letter_holds(
        &self,
        test: &Test,
        facts: Facts<'_>,
        entry: &MessageEntry,
    ) -> Result<bool, MailboxError> {
        if let Some(answer) = self.derived_holds(test, &facts, entry).await? {
            return Ok(answer);
        }
        // Nothing is held while it waits for this, so that it cannot wait for itself.
        let octets = entry.size.min(self.mailboxes.limits().search_letter_bytes_max);
        let held = octets.saturating_mul(COPIES).saturating_add(DERIVED_OCTETS);
        let _octets = self.mailboxes.inner.searches.octets(held).await?;
        let tenant = self.mailbox().tenant;
        let content = self.mailboxes.read_content(tenant, entry).await?;
        let whole = self.mailboxes.letters().derive_again(tenant, entry.body, octets, true).await?;
        let whole = Some((whole.headers.as_str(), whole.text.as_str()));
        Ok(test.holds(&Facts { derived: Some(content.view()), whole, ..facts }).unwrap_or(false))
    }

    /// Asks with the derived data; `None` if some of the text that was not kept decides.
    async fn derived_holds(
        &self,
        test: &Test,
        facts: &Facts<'_>,
        entry: &MessageEntry,
    ) -> Result<Option<bool>, MailboxError> {
        let _octets = self.mailboxes.inner.searches.octets(entry.size.min(DERIVED_OCTETS)).await?;
        let content = self.mailboxes.read_content(self.mailbox().tenant, entry).await?;
        let derived = content.view();
        if derived.headers().len() < HEADERS_SURE {
            let head = head_of(derived.headers());
            let octets = head.len();
            self.mailboxes.inner.heads.insert((self.mailbox(), facts.row.uid), head, octets);
        }
        let Facts { seq, row, recent, .. } = *facts;
        Ok(test.holds(&Facts { seq, row, recent, head: None, derived: Some(derived), whole: None }))
    }
}
