//! Damage inside one cell: letters that a conversion destroyed, and what Excel writes instead of a value.

use encoding_rs::WINDOWS_1252;
use model::Text;

use crate::decode::Charset;

/// Knows how the whole file was read, without which some damage cannot be told from a name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Checker {
    /// Read as Windows-1252, and nothing in it looks as Swedish does there.
    mac_likely: bool,
    windows: bool,
}

impl Checker {
    pub(crate) fn new(text: &str, charset: Charset) -> Self {
        let windows = charset == Charset::Windows1252;
        Self { mac_likely: windows && !text.contains(['å', 'ä', 'ö', 'Å', 'Ä', 'Ö']), windows }
    }

    /// What is wrong with a cell, with what to do.
    pub(crate) fn damage(self, cell: &str) -> Option<Text> {
        if cell.starts_with('#') && (cell.ends_with(['!', '?', '#']) || cell == "#N/A") {
            return Some(Text::new(
                "Cellen är ett Excel-fel (som #SAKNAS!). Rätta formeln eller skriv värdet.",
                "The cell is an Excel error (such as #N/A). Correct the formula or write the value.",
            ));
        }
        if is_double_encoded(cell) {
            return Some(Text::new(
                "Bokstäver är förvanskade (Ã¥ i stället för å): filen har kodats om två gånger. Exportera den på nytt som ”CSV UTF-8”.",
                "Letters are garbled (Ã¥ for å): the file was converted twice. Export it anew as “CSV UTF-8”.",
            ));
        }
        if self.is_mac_roman(cell) {
            return Some(Text::new(
                "Bokstäver är förvanskade: filen är kodad som Mac Roman. Spara den som ”CSV UTF-8”.",
                "Letters are garbled: the file is in Mac Roman. Save it as “CSV UTF-8”.",
            ));
        }
        None
    }

    /// å, ä and ö of Mac Roman are Œ, Š and š in Windows-1252. The last two are letters of real names, so they count only
    /// where no name has them, or when the file has no å, ä or ö of its own.
    fn is_mac_roman(self, cell: &str) -> bool {
        let sign = |(before, c): (Option<char>, char)| match c {
            'Œ' | '\u{81}' | '€' | '…' => true,
            'Š' => before.is_some_and(char::is_lowercase) || self.mac_likely,
            'š' => self.mac_likely,
            _ => false,
        };
        let befores = std::iter::once(None).chain(cell.chars().map(Some));
        self.windows && befores.zip(cell.chars()).any(sign)
    }
}

/// Read as Windows-1252 and written as that again, it is UTF-8: no text in any language is both.
fn is_double_encoded(cell: &str) -> bool {
    if cell.is_ascii() {
        return false;
    }
    let (bytes, _, unmappable) = WINDOWS_1252.encode(cell);
    (!unmappable && std::str::from_utf8(&bytes).is_ok())
        || ["Ã¥", "Ã¤", "Ã¶", "Ã…", "Ã„", "Ã–", "Ã©"].iter().any(|sign| cell.contains(sign))
}

/// What Excel makes of long numbers: `2,01601E+11`.
pub(crate) fn is_rounded(cell: &str) -> bool {
    let Some((number, exponent)) = cell.split_once(['E', 'e']) else { return false };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    digits(&number.replacen([',', '.'], "", 1)) && digits(exponent.trim_start_matches(['+', '-']))
}

/// A letter was lost for good.
pub(crate) fn lost_letter(cell: &str) -> Option<Text> {
    let sign = cell.chars().find(|c| matches!(c, '?' | '\u{fffd}'))?;
    Some(Text::new(
        format!(
            "Namnet innehåller ”{sign}”: en bokstav gick förlorad när filen sparades. Rätta namnet eller exportera som ”CSV UTF-8”."
        ),
        format!(
            "The name has “{sign}”: a letter was lost when the file was saved. Correct the name or export as “CSV UTF-8”."
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn real_names_are_whole() {
        let checker = Checker::new("Åsa", Charset::Windows1252);
        for name in ["Åsa-Märta", "Tomáš", "Škoda", "Łukasiewicz", "Nguyễn", "D’Angelo", "Élodie", "Ã"]
        {
            assert_eq!(checker.damage(name), None, "{name}");
            assert_eq!(lost_letter(name), None);
        }
    }

    #[test]
    fn garbled_names_are_not() {
        let windows = Checker::new("Bjšrn", Charset::Windows1252);
        let utf8 = Checker::new("", Charset::Utf8);
        for name in ["BjÃ¶rn", "Ã…sa", "ZoÃ«"] {
            assert!(utf8.damage(name).is_some(), "{name}");
        }
        for name in ["Bjšrn", "LŠrare", "\u{81}sa", "MŒns"] {
            assert!(windows.damage(name).is_some() && utf8.damage(name).is_none(), "{name}");
        }
        assert!(utf8.damage("#SAKNAS!").is_some() && utf8.damage("#NAMN?").is_some());
        assert!(is_rounded("2,01601E+11") && is_rounded("9.99e7") && !is_rounded("4E") && !is_rounded("E1"));
        assert!(lost_letter("?sa").is_some() && lost_letter("Bj\u{fffd}rn").is_some());
    }
}
