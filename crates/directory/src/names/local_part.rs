//! `first.last`: the part before the @ that a person's name gives.
//!
//! NFC, lower case, the table, marks stripped (NFKD), `a-z0-9-` only. Spaces in a first name and apostrophes are
//! dropped, words of a last name are joined by hyphens (`de-la-cruz`, `af-klint`).

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::PersonName;
use crate::random;

/// How letters outside `a-z` are written in addresses. Chosen once for each domain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NameTable {
    /// Nearest letter, as Swedish schools do: å, ä → a, ö → o, ü → u.
    #[default]
    Sv,
    /// As in German: ä → ae, ö → oe, ü → ue.
    De,
    /// As in passports (ICAO Doc 9303): å → aa, ä → ae, ö → oe, ü → ue.
    Icao,
}

/// Letters left free at the end for a suffix of a dot and three consonants.
const SUFFIX_MAX: usize = 4;

impl NameTable {
    fn write(self, c: char) -> Option<&'static str> {
        let own = match (self, c) {
            (Self::De | Self::Icao, 'ä' | 'æ') => "ae",
            (Self::De | Self::Icao, 'ö' | 'ø' | 'œ') => "oe",
            (Self::De | Self::Icao, 'ü') => "ue",
            (Self::Icao, 'å') => "aa",
            _ => "",
        };
        if !own.is_empty() {
            return Some(own);
        }
        Some(match c {
            'æ' => "a",
            'ø' => "o",
            'œ' => "oe",
            'ß' => "ss",
            'ł' => "l",
            'đ' | 'ð' => "d",
            'þ' => "th",
            'ı' => "i",
            'ħ' => "h",
            'ŧ' => "t",
            'ŋ' => "n",
            _ => return None,
        })
    }

    /// One name in `a-z0-9-`; `None` if a letter is left that the table does not know.
    fn latin(self, name: &str, space: &str) -> Option<String> {
        let mut text = String::new();
        for c in name.nfc().flat_map(char::to_lowercase).collect::<String>().nfc() {
            if let Some(written) = self.write(c) {
                text.push_str(written);
            } else if c.is_whitespace() {
                text.push_str(space);
            } else {
                for plain in std::iter::once(c).nfkd().filter(|c| !is_combining_mark(*c)) {
                    match plain {
                        'a'..='z' | '0'..='9' | '-' => text.push(plain),
                        _ if plain.is_alphanumeric() => return None,
                        _ => {}
                    }
                }
            }
        }
        let words: Vec<_> = text.split('-').filter(|word| !word.is_empty()).collect();
        Some(words.join("-"))
    }
}

/// The local part of a name; `None` if the name has letters that the table does not know, or none at all: then somebody
/// must choose an address.
pub(crate) fn local_part(table: NameTable, name: &PersonName) -> Option<String> {
    let first = table.latin(name.first(), "")?;
    let last = table.latin(name.last(), "-")?;
    let mut local = match (first.is_empty(), last.is_empty()) {
        (false, false) => format!("{first}.{last}"),
        // A person with one name would be `zlatan@`, the name that everybody tries first.
        (false, true) => with_suffix(&first, 2),
        (true, false) => with_suffix(&last, 2),
        (true, true) => return None,
    };
    // All ASCII, so that every place is a boundary.
    local.truncate(64 - SUFFIX_MAX);
    Some(local.trim_end_matches(['.', '-']).to_owned())
}

/// The same with a dot and random consonants, which spell nothing.
pub(crate) fn with_suffix(local: &str, consonants: usize) -> String {
    format!("{local}.{}", random::letters(b"bcdfghjkmnpqrstvwxz", consonants))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn local(table: NameTable, first: &str, last: &str) -> Option<String> {
        local_part(table, &PersonName::parse(first, last).unwrap())
    }

    #[test]
    fn swedish_names() {
        for (first, last, expected) in [
            ("Åsa-Märta", "Öqvist", "asa-marta.oqvist"),
            ("A\u{30a}sa", "O\u{308}qvist", "asa.oqvist"),
            ("Zoë", "Łukasiewicz", "zoe.lukasiewicz"),
            ("Thị Hoa", "Nguyễn", "thihoa.nguyen"),
            ("Đorđe", "Đorđević", "dorde.dordevic"),
            ("Gino", "D'Angelo", "gino.dangelo"),
            ("Gino", "D’Angelo", "gino.dangelo"),
            ("Nils Björn", "af Klint; d.y.", "nilsbjorn.af-klint-dy"),
            ("Inés", "de la Cruz", "ines.de-la-cruz"),
            ("X", "Æ", "x.a"),
            ("İpek", "Yıldız", "ipek.yildiz"),
            ("Þór", "Guðmundsson", "thor.gudmundsson"),
            ("Straße", "Ğünş -- ", "strasse.guns"),
        ] {
            assert_eq!(local(NameTable::Sv, first, last).as_deref(), Some(expected), "{first} {last}");
        }
    }

    #[test]
    fn other_tables() {
        assert_eq!(local(NameTable::De, "Jörg", "Müßig").as_deref(), Some("joerg.muessig"));
        assert_eq!(local(NameTable::Icao, "Åsa", "Sjögren").as_deref(), Some("aasa.sjoegren"));
    }

    #[test]
    fn what_the_table_does_not_know_needs_a_person() {
        assert_eq!(local(NameTable::Sv, "Анна", "Ek"), None);
        assert_eq!(local(NameTable::Sv, "'", "-"), None);
        assert_eq!(local(NameTable::Sv, "小明", ""), None);
    }

    #[test]
    fn one_name_and_long_names() {
        let zlatan = local(NameTable::Sv, "Zlatan", "").unwrap();
        assert!(zlatan.starts_with("zlatan.") && zlatan.len() == 9, "{zlatan}");
        let long = local(NameTable::Sv, "Åsa", &"ö".repeat(70)).unwrap();
        assert!(with_suffix(&long, 3).len() <= 64 && with_suffix(&long, 3).is_ascii());
    }

    proptest! {
        #[test]
        fn whatever_the_name_the_local_part_is_plain_and_short(first in "\\PC{1,40}", last in "\\PC{0,90}") {
            let Ok(name) = PersonName::parse(&first, &last) else { return Ok(()) };
            for table in [NameTable::Sv, NameTable::De, NameTable::Icao] {
                let Some(local) = local_part(table, &name) else { continue };
                let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b".-".contains(&b);
                prop_assert!(local.bytes().all(plain) && local.len() <= 60, "{}", local);
                prop_assert!(with_suffix(&local, 3).parse::<model::LocalPart>().is_ok(), "{}", local);
            }
        }
    }
}
