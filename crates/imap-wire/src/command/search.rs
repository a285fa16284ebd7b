//! SEARCH: a program of keys.
//!
//! RFC 3501 §6.4.4, every key; CHARSET is US-ASCII or UTF-8. RETURN (RFC 4731), WITHIN (RFC 5032), MODSEQ: not yet.

use model::{Keyword, ModSeq, SystemFlag};

use super::error::Reason;
use super::fetch::PartialRange;
use super::request::Numbering;
use super::store::keyword;
use crate::cursor::{Cursor, is_atom};
use crate::datetime::Date;
use crate::sequence::SequenceSet;

/// SEARCH and UID SEARCH.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search {
    /// How the answer counts messages.
    pub numbering: Numbering,
    /// What a message must be.
    pub key: SearchKey,
    /// As an ESEARCH answer with these; as SEARCH if absent.
    pub returns: Option<SearchReturn>,
}

/// What an ESEARCH answer tells (RFC 4731 §3.1). Nothing set is the same as `all`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SearchReturn {
    /// The smallest number.
    pub min: bool,
    /// The largest number.
    pub max: bool,
    /// All numbers.
    pub all: bool,
    /// How many.
    pub count: bool,
    /// Keep the result as `$` (RFC 5182).
    pub save: bool,
    /// Tell what changes (RFC 5267 §4.3).
    pub update: bool,
    /// More questions of the same kind follow (RFC 5267 §4.2); a hint.
    pub context: bool,
    /// Some of the numbers by their place in the result (RFC 9394 §3.1).
    pub partial: Option<PartialRange>,
}

/// One condition. Texts are compared without regard to case, as substrings (RFC 3501 §6.4.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SearchKey {
    /// `ALL`
    All,
    /// All of these hold; two or more.
    And(Vec<SearchKey>),
    /// One of the two holds.
    Or(Box<SearchKey>, Box<SearchKey>),
    /// It does not hold.
    Not(Box<SearchKey>),
    /// Sequence numbers.
    Sequence(SequenceSet),
    /// `UID`
    Uid(SequenceSet),
    /// `SEEN`, `UNSEEN` and so on.
    Flag {
        /// Which.
        flag: SystemFlag,
        /// Set, or not set.
        set: bool,
    },
    /// `KEYWORD`, `UNKEYWORD`
    Keyword {
        /// Which.
        keyword: Keyword,
        /// Set, or not set.
        set: bool,
    },
    /// `RECENT`
    Recent,
    /// `NEW`: recent and not seen.
    New,
    /// `OLD`: not recent.
    Old,
    /// `BEFORE`: internal date earlier than the day.
    Before(Date),
    /// `ON`: internal date on the day.
    On(Date),
    /// `SINCE`: internal date on the day or later.
    Since(Date),
    /// `SENTBEFORE`: the Date field earlier than the day.
    SentBefore(Date),
    /// `SENTON`
    SentOn(Date),
    /// `SENTSINCE`
    SentSince(Date),
    /// `LARGER`: more octets.
    Larger(u64),
    /// `SMALLER`: fewer octets.
    Smaller(u64),
    /// `BCC`
    Bcc(String),
    /// `CC`
    Cc(String),
    /// `FROM`
    From(String),
    /// `TO`
    To(String),
    /// `SUBJECT`
    Subject(String),
    /// `BODY`: the text of the body.
    Body(String),
    /// `TEXT`: header or body.
    Text(String),
    /// `HEADER`: a field's text; the empty text asks whether the field is there.
    Header {
        /// The field's name.
        name: String,
        /// What it holds.
        value: String,
    },
    /// `$` (RFC 5182)
    Saved,
    /// `OLDER`: came at least so many seconds ago (RFC 5032).
    Older(u32),
    /// `YOUNGER`: came within so many seconds (RFC 5032).
    Younger(u32),
    /// `SAVEDBEFORE` (RFC 8514)
    SavedBefore(Date),
    /// `SAVEDON`
    SavedOn(Date),
    /// `SAVEDSINCE`
    SavedSince(Date),
    /// `SAVEDATESUPPORTED`: true of every message.
    SaveDateSupported,
    /// `EMAILID` (RFC 8474)
    EmailId(String),
    /// `THREADID` (RFC 8474)
    ThreadId(String),
    /// `MODSEQ`: changed at this or later (RFC 7162 §3.1.5).
    ModSeq(ModSeq),
    /// `FUZZY` (RFC 6203)
    Fuzzy(Box<SearchKey>),
}

pub(super) fn search(cursor: &mut Cursor<'_>, numbering: Numbering) -> Result<Search, Reason> {
    if cursor.eat_word("CHARSET ") {
        cursor.spaces();
        let charset = cursor.astring("a charset")?;
        if !charset.eq_ignore_ascii_case(b"UTF-8") && !charset.eq_ignore_ascii_case(b"US-ASCII") {
            return Err(Reason::BadCharset);
        }
        cursor.space()?;
    }
    let mut program = Program { cursor, keys: 0, depth: 0 };
    Ok(Search { numbering, key: program.keys(|cursor| !cursor.more())?, returns: None })
}

/// A program while it is read, with what it has used up.
struct Program<'c, 'a> {
    cursor: &'c mut Cursor<'a>,
    keys: u32,
    depth: u32,
}

impl Program<'_, '_> {
    /// Keys that must all hold, until `ended`.
    fn keys(&mut self, mut ended: impl FnMut(&mut Cursor<'_>) -> bool) -> Result<SearchKey, Reason> {
        let first = self.key()?;
        let mut keys = vec![first];
        while !ended(self.cursor) {
            keys.push(self.key()?);
        }
        Ok(if keys.len() == 1 { keys.remove(0) } else { SearchKey::And(keys) })
    }

    fn key(&mut self) -> Result<SearchKey, Reason> {
        let (keys_max, depth_max) = (self.cursor.limits.search_keys_max, self.cursor.limits.search_depth_max);
        self.keys += 1;
        self.depth += 1;
        if self.keys > keys_max {
            return Err(Reason::TooMany { what: "search keys", max: keys_max });
        }
        if self.depth > depth_max {
            return Err(Reason::TooMany { what: "levels in a search", max: depth_max });
        }
        let key = match self.cursor.peek() {
            Some(b'(') => self.group(),
            Some(b'0'..=b'9' | b'*') => self.cursor.sequence_set().map(SearchKey::Sequence),
            _ => self.word(),
        };
        self.depth -= 1;
        key
    }

    fn group(&mut self) -> Result<SearchKey, Reason> {
        self.cursor.expect(b'(', "(")?;
        self.cursor.spaces();
        let key = self.keys(|cursor| !cursor.more() || cursor.peek() == Some(b')'))?;
        self.cursor.expect(b')', "a space or )")?;
        Ok(key)
    }

    fn word(&mut self) -> Result<SearchKey, Reason> {
        let at = self.cursor.place();
        let word = self.cursor.keyword("a search key")?;
        if let Some(key) = flag_key(&word) {
            return Ok(key);
        }
        let argument = match word.as_str() {
            "NOT" | "OR" | "UID" => Self::structure,
            "KEYWORD" | "UNKEYWORD" => Self::keyword,
            "BEFORE" | "ON" | "SINCE" | "SENTBEFORE" | "SENTON" | "SENTSINCE" => Self::date,
            "LARGER" | "SMALLER" => Self::size,
            "BCC" | "CC" | "FROM" | "TO" | "SUBJECT" | "BODY" | "TEXT" | "HEADER" => Self::text,
            _ => return Err(Reason::expected("a search key that we know", at)),
        };
        self.cursor.space()?;
        argument(self, &word)
    }

    fn structure(&mut self, word: &str) -> Result<SearchKey, Reason> {
        match word {
            "NOT" => Ok(SearchKey::Not(Box::new(self.key()?))),
            "OR" => {
                let first = self.key()?;
                self.cursor.space()?;
                Ok(SearchKey::Or(Box::new(first), Box::new(self.key()?)))
            }
            _ => self.cursor.sequence_set().map(SearchKey::Uid),
        }
    }

    fn keyword(&mut self, word: &str) -> Result<SearchKey, Reason> {
        let at = self.cursor.place();
        let name = String::from_utf8_lossy(self.cursor.while_(is_atom)).into_owned();
        Ok(SearchKey::Keyword { keyword: keyword(&name, at)?, set: word == "KEYWORD" })
    }

    fn date(&mut self, word: &str) -> Result<SearchKey, Reason> {
        let at = self.cursor.place();
        let text = self.cursor.astring("a date")?;
        let date = Date::parse(&text).ok_or_else(|| Reason::expected("a date as 1-Feb-2026", at))?;
        Ok(match word {
            "BEFORE" => SearchKey::Before(date),
            "ON" => SearchKey::On(date),
            "SINCE" => SearchKey::Since(date),
            "SENTBEFORE" => SearchKey::SentBefore(date),
            "SENTON" => SearchKey::SentOn(date),
            _ => SearchKey::SentSince(date),
        })
    }

    fn size(&mut self, word: &str) -> Result<SearchKey, Reason> {
        let size = self.cursor.number("a number of octets")?;
        Ok(if word == "LARGER" { SearchKey::Larger(size) } else { SearchKey::Smaller(size) })
    }

    fn text(&mut self, word: &str) -> Result<SearchKey, Reason> {
        let text = self.utf8("a text")?;
        Ok(match word {
            "BCC" => SearchKey::Bcc(text),
            "CC" => SearchKey::Cc(text),
            "FROM" => SearchKey::From(text),
            "TO" => SearchKey::To(text),
            "SUBJECT" => SearchKey::Subject(text),
            "BODY" => SearchKey::Body(text),
            "TEXT" => SearchKey::Text(text),
            _ => {
                self.cursor.space()?;
                SearchKey::Header { name: text, value: self.utf8("a text")? }
            }
        })
    }

    /// An astring in UTF-8. Clients forget CHARSET, so UTF-8 is taken without it too.
    fn utf8(&mut self, what: &'static str) -> Result<String, Reason> {
        let text = self.cursor.astring(what)?;
        String::from_utf8(text.into_owned()).map_err(|_| Reason::BadCharset)
    }
}

fn flag_key(word: &str) -> Option<SearchKey> {
    Some(match word {
        "ALL" => SearchKey::All,
        "RECENT" => SearchKey::Recent,
        "NEW" => SearchKey::New,
        "OLD" => SearchKey::Old,
        _ => {
            let (name, set) = word.strip_prefix("UN").map_or((word, true), |name| (name, false));
            SearchKey::Flag { flag: SystemFlag::from_name(&format!("\\{name}"))?, set }
        }
    })
}
