//! Text that shows something else than it is: refused wherever people type or import names.
//!
//! Swedish text copied from elsewhere can carry Cyrillic letters that look Latin; two people would then seem to have one
//! name, and an address could be made that nobody can type.

use model::Text;

/// Why a text cannot be a name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing there.
    #[error("the name is empty")]
    Empty,
    /// Too long.
    #[error("the name is longer than {max} characters")]
    TooLong {
        /// The limit.
        max: usize,
    },
    /// Letters of two scripts in one word.
    #[error("“{word}” mixes letters of two scripts, such as Latin and Cyrillic")]
    MixedScript {
        /// The word.
        word: String,
    },
    /// A character that shows nothing or turns the text around.
    #[error("the name has an invisible character (U+{code:04X})")]
    Invisible {
        /// Which.
        code: u32,
    },
    /// U+FFFD: the text was damaged before it came here.
    #[error("the name has a replacement character: a letter was lost on the way")]
    Lost,
}

impl NameError {
    /// For the reader, with what to do.
    pub fn text(&self) -> Text {
        match self {
            Self::Empty => Text::new("Namnet är tomt. Skriv ett namn.", "The name is empty. Write a name."),
            Self::TooLong { max } => Text::new(
                format!("Namnet är längre än {max} tecken. Korta det."),
                format!("The name is longer than {max} characters. Shorten it."),
            ),
            Self::MixedScript { word } => Text::new(
                format!(
                    "”{word}” blandar bokstäver ur två skriftsystem, till exempel latinska och kyrilliska. Skriv om ordet för hand."
                ),
                format!(
                    "“{word}” mixes letters of two scripts, such as Latin and Cyrillic. Type the word anew."
                ),
            ),
            Self::Invisible { code } => Text::new(
                format!("Namnet innehåller ett osynligt tecken (U+{code:04X}). Skriv om namnet för hand."),
                format!("The name has an invisible character (U+{code:04X}). Type the name anew."),
            ),
            Self::Lost => Text::new(
                "Namnet innehåller tecknet \u{fffd}: en bokstav gick förlorad på vägen. Rätta namnet.",
                "The name has the character \u{fffd}: a letter was lost on the way. Correct the name.",
            ),
        }
    }
}

/// Refuses what cannot be seen and words of two scripts.
///
/// # Errors
/// The first thing that is wrong.
pub fn screen(text: &str) -> Result<(), NameError> {
    if let Some(c) = text.chars().find(|c| is_invisible(*c)) {
        return Err(NameError::Invisible { code: u32::from(c) });
    }
    if text.contains('\u{fffd}') {
        return Err(NameError::Lost);
    }
    for word in text.split(|c: char| c.is_whitespace() || c == '-') {
        let mut scripts = word.chars().filter_map(script);
        let first = scripts.next();
        if scripts.any(|script| Some(script) != first) {
            return Err(NameError::MixedScript { word: word.to_owned() });
        }
    }
    Ok(())
}

/// Control characters, zero-width characters, direction marks, soft hyphens, tags and variation selectors.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Script {
    Latin,
    Greek,
    Cyrillic,
    Armenian,
    Hebrew,
    Arabic,
    Georgian,
    Cherokee,
    Other,
}

/// The script of a letter; `None` for what belongs to all of them. Only those that can be taken for one another are
/// told apart; Chinese, Japanese and Korean mix theirs rightly and are one.
fn script(c: char) -> Option<Script> {
    if !c.is_alphabetic() {
        return None;
    }
    Some(match u32::from(c) {
        0xaa | 0xba | 0x2b0..=0x2ff => return None,
        0..=0x2af
        | 0x1e00..=0x1eff
        | 0x2c60..=0x2c7f
        | 0xa720..=0xa7ff
        | 0xfb00..=0xfb06
        | 0xff21..=0xff5a => Script::Latin,
        0x370..=0x3ff | 0x1f00..=0x1fff => Script::Greek,
        0x400..=0x52f | 0x1c80..=0x1c8f | 0x2de0..=0x2dff | 0xa640..=0xa69f => Script::Cyrillic,
        0x530..=0x58f => Script::Armenian,
        0x590..=0x5ff => Script::Hebrew,
        0x600..=0x6ff | 0x750..=0x77f | 0x8a0..=0x8ff => Script::Arabic,
        0x10a0..=0x10ff | 0x2d00..=0x2d2f => Script::Georgian,
        0x13a0..=0x13ff | 0xab70..=0xabbf => Script::Cherokee,
        _ => Script::Other,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_all_kinds_pass() {
        for name in [
            "Åsa-Märta Öqvist",
            "Zoë Łukasiewicz",
            "Nguyễn",
            "Đorđević",
            "D'Angelo",
            "af Klint; d.y.",
            "X Æ",
            "Анна",
            "Ελένη",
            "محمد",
            "王小明",
            "Søren 2",
        ] {
            assert_eq!(screen(name), Ok(()), "{name}");
        }
    }

    #[test]
    fn look_alikes_and_invisible_characters_do_not() {
        let mixed = |name: &str| matches!(screen(name), Err(NameError::MixedScript { .. }));
        assert!(mixed("\u{410}nna") && mixed("sködin\u{444}\u{440}аstruktur") && mixed("Eva Αnna-Βerit"));
        for hidden in ["Anna\u{200b}", "\u{202e}annA", "An\u{ad}na", "An\tna", "\u{feff}Anna"] {
            assert!(matches!(screen(hidden), Err(NameError::Invisible { .. })), "{hidden:?}");
        }
        assert_eq!(screen("\u{fffd}sa"), Err(NameError::Lost));
    }
}
