//! How answers reach the terminal: words and tables for people, one JSON value for scripts.

use std::io::{self, Write};

use comfy_table::Table;
use comfy_table::presets::UTF8_BORDERS_ONLY;
use model::{Language, Text};
use serde::Serialize;

/// How this run of the program speaks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    /// The person's language.
    pub(crate) language: Language,
    /// `--json`.
    pub(crate) json: bool,
}

impl Output {
    /// The answer: `value` for scripts, `people` for people.
    pub(crate) fn answer<T: Serialize>(self, value: &T, people: impl FnOnce(Self) -> String) {
        let text = if self.json {
            serde_json::to_string(value).expect("our answers are plain data with text keys")
        } else {
            people(self)
        };
        line(&text);
    }
    /// The word in the person's language.
    pub(crate) const fn word<'a>(self, sv: &'a str, en: &'a str) -> &'a str {
        match self.language {
            Language::Sv => sv,
            Language::En => en,
        }
    }
    /// The sentence in the person's language.
    pub(crate) fn say(self, text: &Text) -> String {
        text.get(self.language).to_owned()
    }
    /// A table; `none` is said when it has no rows.
    pub(crate) fn table(self, head: &[(&str, &str)], rows: Vec<Vec<String>>, none: (&str, &str)) -> String {
        if rows.is_empty() {
            return self.word(none.0, none.1).to_owned();
        }
        let mut table = Table::new();
        table.load_style(UTF8_BORDERS_ONLY);
        table.set_header(head.iter().map(|(sv, en)| self.word(sv, en)));
        table.add_rows(rows);
        table.to_string()
    }
}

/// One line on standard output. A reader that has gone away is no failure of ours (`skolpost … | head`).
pub(crate) fn line(text: &str) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

/// Octets as people say them.
pub(crate) fn octets(count: u64) -> String {
    const UNITS: [&str; 5] = ["B", "kB", "MB", "GB", "TB"];
    let mut unit = 0;
    let mut rest = 0;
    let mut whole = count;
    while whole >= 1024 && unit + 1 < UNITS.len() {
        rest = whole % 1024 * 10 / 1024;
        whole /= 1024;
        unit += 1;
    }
    if rest == 0 || whole >= 100 {
        format!("{whole} {}", UNITS[unit])
    } else {
        format!("{whole}.{rest} {}", UNITS[unit])
    }
}

/// `500M`, `2G`, `1048576`: octets, units of 1024.
pub(crate) fn parse_octets(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let factor: u64 = match text[digits.len()..].trim().to_ascii_uppercase().trim_end_matches(['B', 'I']) {
        "" => 1,
        "K" => 1 << 10,
        "M" => 1 << 20,
        "G" => 1 << 30,
        "T" => 1 << 40,
        _ => return None,
    };
    digits.parse::<u64>().ok()?.checked_mul(factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octets_read_and_print() {
        for (count, text) in
            [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 kB"), (1 << 30, "1 GB"), (150 << 20, "150 MB")]
        {
            assert_eq!(octets(count), text);
        }
        for (text, count) in [("500M", 500 << 20), ("2G", 2 << 30), ("2 GiB", 2 << 30), ("7", 7)] {
            assert_eq!(parse_octets(text), Some(count), "{text}");
        }
        for text in ["", "M", "2X", "-1", "99999999999T"] {
            assert_eq!(parse_octets(text), None, "{text}");
        }
    }
}
