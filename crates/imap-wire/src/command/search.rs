//! SEARCH: a program of keys.
//!
//! RFC 3501 §6.4.4, every key; CHARSET is US-ASCII or UTF-8. RFC 5182 (`$`), RFC 5032 (OLDER, YOUNGER), RFC 8514 §4.3 (SAVED…),
//! RFC 8474 §5.3 (EMAILID, THREADID), RFC 7162 §3.1.5 (MODSEQ; what changed is the message, whatever the entry), RFC 6203 (FUZZY).

use model::{Keyword, ModSeq, SystemFlag};

use super::error::Reason;
use super::request::Numbering;
use super::returns::{SearchReturn, returns};
use super::store::keyword;
use crate::cursor::{Cursor, is_atom};
use crate::datetime::Date;
use crate::sequence::{Numbers, SequenceSet};

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

impl SearchKey {
    /// Does MODSEQ stand anywhere in it? Then the answer tells a MODSEQ too (RFC 7162 §3.1.5).
    pub fn names_mod_seq(&self) -> bool {
        self.any(|key| matches!(key, Self::ModSeq(_)))
    }
    /// Do sequence numbers stand anywhere in it? Then none may change with the answer (RFC 7162 §3.2.10.2).
    pub fn names_places(&self) -> bool {
        self.any(|key| matches!(key, Self::Sequence(_)))
    }

    /// The parser bounds the depth.
    fn any(&self, is: fn(&Self) -> bool) -> bool {
        match self {
            Self::And(keys) => keys.iter().any(|key| key.any(is)),
            Self::Or(one, other) => one.any(is) || other.any(is),
            Self::Not(key) | Self::Fuzzy(key) => key.any(is),
            leaf => is(leaf),
        }
    }
}

pub(super) fn search(cursor: &mut Cursor<'_>, numbering: Numbering) -> Result<Search, Reason> {
    let returns = returns(cursor)?;
    if cursor.eat_word("CHARSET ") {
        cursor.spaces();
        // RFC 6855 §3: with UTF8=ACCEPT another label than UTF-8 would contradict it.
        if cursor.enabled.utf8 && !cursor.looks_like("UTF-8 ") && !cursor.looks_like("\"UTF-8\" ") {
            return cursor.error("UTF-8, as enabled");
        }
        charset(cursor)?;
    }
    Ok(Search { numbering, key: keys(cursor)?, returns })
}

/// A charset that we know and the space behind it.
pub(super) fn charset(cursor: &mut Cursor<'_>) -> Result<(), Reason> {
    let charset = cursor.astring("a charset")?;
    if !charset.eq_ignore_ascii_case(b"UTF-8") && !charset.eq_ignore_ascii_case(b"US-ASCII") {
        return Err(Reason::BadCharset);
    }
    cursor.space()
}

/// A program up to the end of the command.
pub(super) fn keys(cursor: &mut Cursor<'_>) -> Result<SearchKey, Reason> {
    Program { cursor, keys: 0, depth: 0 }.keys(|cursor| !cursor.more())
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
            Some(b'0'..=b'9' | b'*' | b'$') => self.numbers(SearchKey::Sequence),
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
            "NOT" | "OR" | "UID" | "FUZZY" => Self::structure,
            "KEYWORD" | "UNKEYWORD" => Self::keyword,
            "BEFORE" | "ON" | "SINCE" | "SENTBEFORE" | "SENTON" | "SENTSINCE" => Self::date,
            "SAVEDBEFORE" | "SAVEDON" | "SAVEDSINCE" => Self::date,
            "LARGER" | "SMALLER" | "OLDER" | "YOUNGER" => Self::size,
            "EMAILID" | "THREADID" => Self::object_id,
            "MODSEQ" => Self::mod_seq,
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
            "FUZZY" => Ok(SearchKey::Fuzzy(Box::new(self.key()?))),
            _ => self.numbers(SearchKey::Uid),
        }
    }

    fn numbers(&mut self, key: fn(SequenceSet) -> SearchKey) -> Result<SearchKey, Reason> {
        Ok(match self.cursor.numbers()? {
            Numbers::Set(set) => key(set),
            Numbers::Saved => SearchKey::Saved,
        })
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
            "SENTSINCE" => SearchKey::SentSince(date),
            "SAVEDBEFORE" => SearchKey::SavedBefore(date),
            "SAVEDON" => SearchKey::SavedOn(date),
            _ => SearchKey::SavedSince(date),
        })
    }

    fn size(&mut self, word: &str) -> Result<SearchKey, Reason> {
        Ok(match word {
            "LARGER" => SearchKey::Larger(self.cursor.number("a number of octets")?),
            "SMALLER" => SearchKey::Smaller(self.cursor.number("a number of octets")?),
            "OLDER" => SearchKey::Older(self.cursor.nz_number("a number of seconds")?.get()),
            _ => SearchKey::Younger(self.cursor.nz_number("a number of seconds")?.get()),
        })
    }

    fn object_id(&mut self, word: &str) -> Result<SearchKey, Reason> {
        let at = self.cursor.place();
        let id = self.cursor.astring("an object id")?;
        // RFC 8474 §7: 1 to 255 letters, digits, underscores and hyphens.
        let sound = (1..=255).contains(&id.len())
            && id.iter().all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'_' | b'-'));
        if !sound {
            return Err(Reason::expected("an object id", at));
        }
        let id = Cursor::text(&id);
        Ok(if word == "EMAILID" { SearchKey::EmailId(id) } else { SearchKey::ThreadId(id) })
    }

    /// `MODSEQ 620162338`, `MODSEQ "/flags/\\draft" all 620162338`.
    fn mod_seq(&mut self, _: &str) -> Result<SearchKey, Reason> {
        if self.cursor.peek() == Some(b'"') {
            let at = self.cursor.place();
            let entry = self.cursor.quoted()?;
            if !entry.get(..7).is_some_and(|begin| begin.eq_ignore_ascii_case(b"/flags/")) {
                return Err(Reason::expected("an entry as \"/flags/\\\\seen\"", at));
            }
            self.cursor.space()?;
            let at = self.cursor.place();
            if !["PRIV", "SHARED", "ALL"].contains(&self.cursor.keyword("PRIV, SHARED or ALL")?.as_str()) {
                return Err(Reason::expected("PRIV, SHARED or ALL", at));
            }
            self.cursor.space()?;
        }
        self.cursor.mod_seq().map(SearchKey::ModSeq)
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
        "SAVEDATESUPPORTED" => SearchKey::SaveDateSupported,
        _ => {
            let (name, set) = word.strip_prefix("UN").map_or((word, true), |name| (name, false));
            SearchKey::Flag { flag: SystemFlag::from_name(&format!("\\{name}"))?, set }
        }
    })
}
