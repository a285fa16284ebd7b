//! What a reader sees of HTML: its text.
//!
//! Tags vanish, those of blocks and line breaks leave a line break; comments, script, style and title are not seen; runs
//! of white space are one blank; character references are resolved. One pass, no tree: hostile nesting costs nothing.

use mail_parser::decoders::html::add_html_token;

/// Tags that begin a new line for the reader.
const BLOCKS: [&str; 29] = [
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "br",
    "dd",
    "div",
    "dl",
    "dt",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "li",
    "ol",
    "p",
    "pre",
    "section",
    "table",
    "td",
    "tr",
    "ul",
];

/// Elements whose content is not text.
const UNSEEN: [&str; 3] = ["script", "style", "title"];

/// The text of a document or of a piece of one.
pub(crate) fn text(html: &str) -> String {
    let mut out = Text { out: String::with_capacity(html.len() / 2), gap: Gap::None };
    let mut rest = html;
    while let Some(place) = rest.find(['<', '&']) {
        out.push(&rest[..place]);
        rest = &rest[place..];
        rest = if rest.starts_with('&') { reference(rest, &mut out) } else { tag(rest, &mut out) };
    }
    out.push(rest);
    out.out
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Gap {
    None,
    Blank,
    Line,
}

struct Text {
    out: String,
    /// White space that is owed before the next character.
    gap: Gap,
}

impl Text {
    fn push(&mut self, text: &str) {
        for (place, word) in text.split(|c: char| c.is_ascii_whitespace()).enumerate() {
            if place > 0 {
                self.owe(Gap::Blank);
            }
            self.push_word(word);
        }
    }
    fn push_word(&mut self, word: &str) {
        if word.is_empty() {
            return;
        }
        match std::mem::replace(&mut self.gap, Gap::None) {
            _ if self.out.is_empty() => {}
            Gap::None => {}
            Gap::Blank => self.out.push(' '),
            Gap::Line => self.out.push('\n'),
        }
        self.out += word;
    }
    fn owe(&mut self, gap: Gap) {
        self.gap = self.gap.max(gap);
    }
}

/// `&aring;` or a bare `&`. Gives what follows.
fn reference<'x>(rest: &'x str, out: &mut Text) -> &'x str {
    let end = rest.bytes().take(34).position(|octet| octet == b';').filter(|end| {
        rest.as_bytes()[1..*end].iter().all(|octet| octet.is_ascii_alphanumeric() || *octet == b'#')
    });
    let Some(end) = end else {
        out.push_word("&");
        return &rest[1..];
    };
    let mut resolved = String::new();
    add_html_token(&mut resolved, &rest.as_bytes()[..=end], false);
    out.push_word(&resolved); // A written-out blank is seen as one.
    &rest[end + 1..]
}

/// A tag, a comment, or a bare `<`. Gives what follows.
fn tag<'x>(rest: &'x str, out: &mut Text) -> &'x str {
    if let Some(comment) = rest.strip_prefix("<!--") {
        return comment.find("-->").map_or("", |end| &comment[end + 3..]);
    }
    let inner = rest[1..].trim_start_matches('/');
    if !inner.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '!' | '?')) {
        out.push_word("<");
        return &rest[1..];
    }
    let name_end = inner.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(inner.len());
    let name = inner[..name_end].to_ascii_lowercase();
    let after = &rest[tag_end(rest)..];
    if BLOCKS.contains(&name.as_str()) {
        out.owe(Gap::Line);
    }
    if UNSEEN.contains(&name.as_str()) && !rest.starts_with("</") {
        return skip_element(after, &name);
    }
    after
}

/// Behind the `>` of the tag at the start; quoted attribute values may hold a `>`.
fn tag_end(rest: &str) -> usize {
    let mut quote = None;
    for (place, octet) in rest.bytes().enumerate() {
        match (quote, octet) {
            (None, b'>') => return place + 1,
            (None, b'"' | b'\'') if rest.as_bytes()[..place].trim_ascii_end().ends_with(b"=") => {
                quote = Some(octet)
            }
            (Some(open), octet) if open == octet => quote = None,
            _ => {}
        }
    }
    // Never closed: the next `>` whatever the quotes say, so that one missing quote does not hide a letter.
    rest.find('>').map_or(rest.len(), |end| end + 1)
}

/// Behind `</name`, or at the end.
fn skip_element<'x>(rest: &'x str, name: &str) -> &'x str {
    let mut at = 0;
    while let Some(found) = rest[at..].find("</") {
        at += found + 2;
        if rest.as_bytes()[at..]
            .get(..name.len())
            .is_some_and(|tag| tag.eq_ignore_ascii_case(name.as_bytes()))
        {
            return &rest[at - 2..];
        }
    }
    ""
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn a_reader_sees_the_text() {
        for (html, seen) in [
            ("<p>Hej <b>&Aring;s</b>a!</p><p>Läxa:<br>sid 4</p>", "Hej Åsa!\nLäxa:\nsid 4"),
            ("<html><head><title>x</title><style>p{}</style></head><body> a\r\n  b </body>", "a b"),
            ("a<!-- not > this -->b<script>if (a<b) '</div>'</script>c", "abc"),
            ("1 &lt; 2 & 3 &#229; &#xE4; &nosuch;", "1 < 2 & 3 å ä &nosuch;"),
            ("a < b", "a < b"),
            ("<a href=\"x>y\" title='z'>länk</a>", "länk"),
            ("<a href=\"x>länk</a>", "länk"),
            ("<td>a</td><td>b</td>", "a\nb"),
            ("<", "<"),
            ("<p", ""),
            ("<!--", ""),
            ("&", "&"),
            ("a&nbsp;b", "a\u{a0}b"),
        ] {
            assert_eq!(text(html), seen, "{html}");
        }
    }
}
