//! What a list of messages shows of a letter below its subject.
//!
//! RFC 8970 §3.1, §4: at most 200 characters of plain text, no markup, white space joined. The first part that a reader sees
//! as text gives it, plain or HTML; attachments and enclosed letters do not. Quoted lines and the signature are left out
//! where there is anything else. A letter without such text, such as an encrypted one, has an empty preview.

use crate::derived::PartFields;
use crate::search_text::part_text;
use crate::split::{PartKind, RawPart};

/// RFC 8970 §3.1.
const CHARACTERS_MAX: usize = 200;
/// Octets of a part that are looked at; the second number where the first shows little, since of HTML much is style.
const OCTETS_MAX: [usize; 2] = [8 << 10, 64 << 10];
/// A preview of fewer octets is little.
const LITTLE: usize = 100;
/// Parts that are looked at.
const PARTS_MAX: usize = 4;

/// The preview of a letter. `fields` go with `parts`, one for one.
pub(crate) fn preview(bytes: &[u8], parts: &[RawPart<'_>], fields: &[PartFields<'_>]) -> String {
    let shown = parts.iter().zip(fields).filter(|(part, fields)| is_shown(part, fields, parts));
    let texts = shown.take(PARTS_MAX).map(|(part, fields)| of_part(bytes, part, fields));
    texts.into_iter().find(|text| !text.is_empty()).unwrap_or_default()
}

fn is_shown(part: &RawPart<'_>, fields: &PartFields<'_>, parts: &[RawPart<'_>]) -> bool {
    let is_text = part.content_type.is("text", "plain") || part.content_type.is("text", "html");
    let attached =
        fields.disposition.as_ref().is_some_and(|found| found.word.eq_ignore_ascii_case(b"attachment"));
    let above = |part: &RawPart<'_>| part.parent.map(|parent| &parts[parent]);
    let mut ancestors = std::iter::successors(above(part), |part| above(part));
    is_text
        && !attached
        && part.kind == PartKind::Leaf
        && !ancestors.any(|part| part.kind == PartKind::Message)
}

fn of_part(bytes: &[u8], part: &RawPart<'_>, fields: &PartFields<'_>) -> String {
    let body = &bytes[part.body..part.end];
    let mut preview = String::new();
    for octets in OCTETS_MAX {
        let taken = &body[..body.len().min(octets)];
        let text = part_text(part, fields, taken);
        // A character that is cut in two is none.
        let cut = taken.len() < body.len();
        let text = if cut { text.trim_end_matches('\u{fffd}') } else { &text };
        let own = joined(own_lines(text));
        preview = if own.is_empty() { joined(text.lines()) } else { own };
        if !cut || preview.len() >= LITTLE {
            break;
        }
    }
    preview
}

/// Without quoted lines, and without what stands behind the mark of a signature (RFC 3676 §4.3).
fn own_lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().take_while(|line| *line != "-- ").filter(|line| !line.starts_with('>'))
}

fn joined<'x>(lines: impl Iterator<Item = &'x str>) -> String {
    let (mut out, mut left, mut gap) = (String::new(), CHARACTERS_MAX, false);
    for c in lines.flat_map(|line| line.chars().chain(['\n'])) {
        if c.is_whitespace() {
            gap = !out.is_empty();
            continue;
        }
        if is_unseen(c) {
            continue;
        }
        let needed = 1 + usize::from(gap);
        if needed > left {
            break;
        }
        if std::mem::take(&mut gap) {
            out.push(' ');
        }
        out.push(c);
        left -= needed;
    }
    out
}

/// Controls, and what newsletters fill a preview with.
fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use crate::{Limits, derive};

    fn preview(letter: &str) -> String {
        derive(letter.replace('\n', "\r\n").as_bytes(), &Limits::default()).preview
    }

    #[test]
    fn text_is_joined_and_bounded() {
        assert_eq!(preview("Subject: x\n\nHej  på\n\n\tdig!\n-- \nBo\n"), "Hej på dig!");
        let long = preview(&format!("\n{}", "åäö ".repeat(500)));
        assert_eq!((long.chars().count(), long.ends_with('ö')), (199, true));
        assert_eq!(preview("Subject: x\n\n"), "");
    }

    #[test]
    fn quotes_are_left_out_where_there_is_more() {
        assert_eq!(preview("\n> Kommer du?\n\nJa!\n"), "Ja!");
        assert_eq!(preview("\n> Kommer du?\n"), "> Kommer du?");
    }

    #[test]
    fn html_shows_its_text() {
        let html = "Content-Type: text/html; charset=utf-8\n\n<style>p{}</style><p>L&auml;xa:</p>\n<p>\u{200b}sid 4</p>";
        assert_eq!(preview(html), "Läxa: sid 4");
        let style = format!("<style>{}</style><p>sent</p>", "p {}\n".repeat(4_000));
        assert_eq!(preview(&format!("Content-Type: text/html\n\n{style}")), "sent");
        let html = "Content-Type: text/html\nContent-Transfer-Encoding: base64\n\nPGI+SGVqPC9iPg==\n";
        assert_eq!(preview(html), "Hej");
    }

    #[test]
    fn the_first_part_with_text_counts() {
        let start = "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n";
        let parts = "--b\nContent-Disposition: attachment\n\nbilaga\n--b\nContent-Type: message/rfc822\n\n\ninne\n--b\n\n \n\
                     --b\nContent-Type: text/html\n\n<p>ute\n--b--\n";
        assert_eq!(preview(&format!("{start}{parts}")), "ute");
        let secret = "Content-Type: multipart/encrypted; boundary=b\n\n--b\nContent-Type: application/pgp-encrypted\n\n\
                      Version: 1\n--b\nContent-Type: application/octet-stream\n\nx\n--b--\n";
        assert_eq!(preview(secret), "");
    }
}
