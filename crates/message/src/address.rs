//! Address lists as the header has them.
//!
//! RFC 5322 §3.4 (mailbox, group), §3.2.2 (comments), §4.4 (routes, white space inside). Names stay raw, encoded words
//! untouched; quotes are removed (RFC 3501 §7.4.2). Whatever is odd still gives addresses, and is marked as unclear, so
//! that a reader sees them and a check of ownership can refuse them.

mod lexer;

use crate::header::unfold;
use lexer::{Lexer, Token, Word};

/// One entry of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    Mailbox(Mailbox),
    GroupStart(Vec<u8>),
    GroupEnd,
}

/// One mailbox, quotes and comments removed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mailbox {
    pub(crate) name: Option<Vec<u8>>,
    pub(crate) route: Option<Vec<u8>>,
    pub(crate) local: Vec<u8>,
    /// Empty when the header has none.
    pub(crate) host: Vec<u8>,
}

/// A list, and whether every reader would read the same from it.
#[derive(Debug, Default)]
pub(crate) struct List {
    pub(crate) entries: Vec<Entry>,
    pub(crate) unclear: bool,
}

/// Reads one field's value. Stops after `entries_max` entries.
pub(crate) fn parse(value: &[u8], entries_max: usize) -> List {
    let value = unfold(value);
    let mut reader = Reader {
        lexer: Lexer::new(&value),
        words: Vec::new(),
        has_at: false,
        list: List::default(),
        group: false,
    };
    reader.run(entries_max);
    reader.list
}

struct Reader<'x> {
    lexer: Lexer<'x>,
    words: Vec<Word>,
    /// Is an `@` among the words?
    has_at: bool,
    list: List,
    group: bool,
}

impl Reader<'_> {
    fn run(&mut self, entries_max: usize) {
        while self.list.entries.len() < entries_max {
            let Some(word) = self.lexer.next() else { break };
            match word.token {
                Token::Mark(b',') => self.bare_mailbox(),
                Token::Mark(b';') => self.end_group(),
                Token::Mark(b':') if !self.group && !self.has_at => self.begin_group(),
                Token::Mark(b'<') => self.angle(),
                Token::Mark(b'>') => self.list.unclear = true,
                _ => {
                    self.has_at |= word.token == Token::Mark(b'@');
                    self.words.push(word);
                }
            }
        }
        self.bare_mailbox();
        if self.group {
            self.list.unclear = true;
            self.list.entries.push(Entry::GroupEnd);
        }
        self.list.unclear |= self.lexer.unclear || !self.lexer.is_at_end();
    }

    fn take_words(&mut self) -> Vec<Word> {
        self.has_at = false;
        std::mem::take(&mut self.words)
    }

    fn begin_group(&mut self) {
        let name = phrase(&self.take_words()).unwrap_or_default();
        self.lexer.comment = None;
        self.group = true;
        self.list.entries.push(Entry::GroupStart(name));
    }

    fn end_group(&mut self) {
        self.bare_mailbox();
        if !self.group {
            self.list.unclear = true; // Some programs separate with `;`.
            return;
        }
        self.group = false;
        self.list.entries.push(Entry::GroupEnd);
    }

    /// `local@host` without angle brackets, its name in a comment behind it.
    fn bare_mailbox(&mut self) {
        let words = self.take_words();
        let comment = self.lexer.comment.take();
        if words.is_empty() {
            return;
        }
        let Some(at) = words.iter().rposition(|word| word.token == Token::Mark(b'@')) else {
            self.list.unclear = true;
            let local = phrase(&words).unwrap_or_default();
            return self.push(Mailbox { name: comment, local, ..Mailbox::default() });
        };
        // `Åsa Öqvist asa@skola.test`: what does not touch the @ is a name.
        let mut start = at;
        while start > 0 && (start == at || joins(&words[start - 1], &words[start])) {
            start -= 1;
        }
        let mut end = (at + 1).min(words.len());
        while end < words.len() && (end == at + 1 || joins(&words[end - 1], &words[end])) {
            end += 1;
        }
        self.list.unclear |= start > 0 || end < words.len();
        let name = phrase(&words[..start]).or(comment);
        let (local, host) = (self.halves(&words[start..at]), self.host(&words[at + 1..end]));
        self.push(Mailbox { name, route: None, local, host });
    }

    /// `name <@route:local@host>`, up to the next separator.
    fn angle(&mut self) {
        let name_words = self.take_words();
        let mut inner = Vec::new();
        let mut closed = false;
        while let Some(word) = self.lexer.next() {
            match word.token {
                Token::Mark(b'>') => {
                    closed = true;
                    break;
                }
                // A separator inside ends a broken address, but not the list of a route.
                Token::Mark(b',')
                    if inner.first().is_none_or(|word: &Word| word.token != Token::Mark(b'@')) =>
                {
                    break;
                }
                Token::Mark(b'<') => self.list.unclear = true,
                _ => inner.push(word),
            }
        }
        self.list.unclear |= !closed;
        let name = phrase(&name_words);
        let mailbox = self.inner(&inner);
        if name_words.iter().any(|word| matches!(word.token, Token::Mark(_))) {
            let address = [&mailbox.local[..], b"@", &mailbox.host[..]].concat();
            self.list.unclear |= name.as_deref() != Some(&address[..]);
        }
        if closed {
            self.skip_to_separator();
        }
        let name = name.or(self.lexer.comment.take());
        self.lexer.comment = None;
        self.push(Mailbox { name, ..mailbox });
    }

    fn inner(&mut self, words: &[Word]) -> Mailbox {
        let colon = words.iter().position(|word| word.token == Token::Mark(b':'));
        let (route, words) = match colon {
            Some(colon) if words[0].token == Token::Mark(b'@') => {
                (Some(text(&words[..colon])), &words[colon + 1..])
            }
            _ => (None, words),
        };
        let Some(at) = words.iter().rposition(|word| word.token == Token::Mark(b'@')) else {
            self.list.unclear = true;
            return Mailbox { route, local: text(words), ..Mailbox::default() };
        };
        Mailbox { name: None, route, local: self.halves(&words[..at]), host: self.host(&words[at + 1..]) }
    }

    /// The local part: words and dots, white space around them dropped (RFC 5322 §4.4).
    fn halves(&mut self, words: &[Word]) -> Vec<u8> {
        let marks = words.iter().any(|word| matches!(word.token, Token::Mark(_) | Token::DomainLiteral(_)));
        let apart = words.iter().skip(1).zip(words).any(|(word, before)| !joins(before, word));
        let encoded =
            words.iter().any(|word| matches!(&word.token, Token::Atom(atom) if atom.starts_with(b"=?")));
        self.list.unclear |= words.is_empty() || marks || apart || encoded;
        text(words)
    }

    fn host(&mut self, words: &[Word]) -> Vec<u8> {
        let sound = match words {
            [] => false,
            [one] => !matches!(one.token, Token::Quoted(_) | Token::Mark(_)),
            many => {
                many.iter().all(|word| matches!(word.token, Token::Atom(_)))
                    && many.iter().skip(1).zip(many).all(|(word, before)| joins(before, word))
            }
        };
        self.list.unclear |= !sound;
        text(words)
    }

    /// Between `>` and the separator nothing but comments may stand.
    fn skip_to_separator(&mut self) {
        while let Some(octet) = self.lexer.peek() {
            if matches!(octet, b',' | b';') {
                return;
            }
            self.list.unclear = true;
            self.lexer.next();
        }
    }

    fn push(&mut self, mailbox: Mailbox) {
        self.list.unclear |= mailbox.local.is_empty() || mailbox.host.is_empty();
        self.list.entries.push(Entry::Mailbox(mailbox));
    }
}

/// Do two words belong to one local part or domain? They touch, or a dot is between them.
fn joins(before: &Word, word: &Word) -> bool {
    let dot = |token: &Token, end: bool| match token {
        Token::Atom(atom) if end => atom.ends_with(b"."),
        Token::Atom(atom) => atom.starts_with(b"."),
        _ => false,
    };
    let marks = matches!(before.token, Token::Mark(b'@')) || matches!(word.token, Token::Mark(b'@'));
    !marks && (!word.apart || dot(&before.token, true) || dot(&word.token, false))
}

/// Words as they stood, one blank where white space was. None if nothing is left.
fn phrase(words: &[Word]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    for word in words {
        if word.apart && !out.is_empty() {
            out.push(b' ');
        }
        push_token(&mut out, &word.token);
    }
    (!out.is_empty()).then_some(out)
}

/// Words without what stood between them.
fn text(words: &[Word]) -> Vec<u8> {
    let mut out = Vec::new();
    words.iter().for_each(|word| push_token(&mut out, &word.token));
    out
}

fn push_token(out: &mut Vec<u8>, token: &Token) {
    match token {
        Token::Atom(text) | Token::Quoted(text) | Token::DomainLiteral(text) => out.extend_from_slice(text),
        Token::Mark(mark) => out.push(*mark),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(value: &str) -> String {
        let list = parse(value.as_bytes(), 100);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let mut out = String::new();
        for entry in &list.entries {
            out += &match entry {
                Entry::GroupStart(name) => format!("{}:{{ ", text(name)),
                Entry::GroupEnd => "} ".to_owned(),
                Entry::Mailbox(m) => format!(
                    "{}|{}{}@{} ",
                    m.name.as_deref().map_or("-".to_owned(), text),
                    m.route.as_deref().map_or(String::new(), |route| format!("({})", text(route))),
                    text(&m.local),
                    text(&m.host)
                ),
            };
        }
        if list.unclear { format!("{out}?") } else { out }
    }

    #[test]
    fn sound_lists() {
        for (value, shown) in [
            ("asa@skola.test", "-|asa@skola.test "),
            ("Åsa Öqvist <asa@skola.test>, b@x.test", "Åsa Öqvist|asa@skola.test -|b@x.test "),
            ("\"Öqvist, \\\"Å\\\"\" <asa@skola.test>", "Öqvist, \"Å\"|asa@skola.test "),
            ("asa@skola.test (Åsa (4B))", "Åsa (4B)|asa@skola.test "),
            (
                "=?utf-8?Q?=C3=85sa?= =?utf-8?Q?_B?= <a@b.test>",
                "=?utf-8?Q?=C3=85sa?= =?utf-8?Q?_B?=|a@b.test ",
            ),
            ("Klass 4B: a@x.test, B <b@x.test>;, c@x.test", "Klass 4B:{ -|a@x.test B|b@x.test } -|c@x.test "),
            ("undisclosed-recipients:;", "undisclosed-recipients:{ } "),
            ("<@a.test,@b.test:c@d.test>", "-|(@a.test,@b.test)c@d.test "),
            ("a . b @ c . test (x)", "x|a.b@c.test "),
            ("\"a b\"@x.test", "-|a b@x.test "),
            ("a@[192.0.2.1]", "-|a@[192.0.2.1] "),
            ("J. R. Öqvist <j@x.test>", "J. R. Öqvist|j@x.test "),
            ("a@x.test <a@x.test>", "a@x.test|a@x.test "),
            ("", ""),
            (" , ,", ""),
        ] {
            assert_eq!(show(value), shown, "{value}");
        }
    }

    #[test]
    fn odd_lists_are_read_and_marked() {
        for (value, shown) in [
            ("asa", "-|asa@ ?"),
            ("<>", "-|@ ?"),
            ("Åsa asa@skola.test", "Åsa|asa@skola.test ?"),
            ("a@x.test; b@x.test", "-|a@x.test -|b@x.test ?"),
            ("a@x.test b@x.test", "a@x.test|b@x.test ?"),
            ("rektor@x.test <elev@x.test>", "rektor@x.test|elev@x.test ?"),
            ("<a@x.test> <b@x.test>", "-|a@x.test ?"),
            ("A <a@x.test", "A|a@x.test ?"),
            ("\"A <a@x.test>", "-|A <a@x.test>@ ?"),
            ("(A <a@x.test>", "?"),
            ("=?utf-8?Q?a,b?= <a@x.test>", "=?utf-8?Q?a,b?=|a@x.test ?"),
            ("=?utf-8?Q?a?=@x.test", "-|=?utf-8?Q?a?=@x.test ?"),
            ("a@b@x.test", "a@|b@x.test ?"),
            ("Grupp: a@x.test", "Grupp:{ -|a@x.test } ?"),
            ("@", "-|@ ?"),
        ] {
            assert_eq!(show(value), shown, "{value}");
        }
    }
}
