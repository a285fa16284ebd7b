//! Octets become text: UTF-8 with a mark, UTF-16 with a mark, UTF-8 without, Windows-1252, in this order.

use encoding_rs::{Encoding, UTF_16BE, UTF_16LE, WINDOWS_1252};

use crate::Problem;

/// What a file was read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Charset {
    Utf8,
    Utf16,
    Windows1252,
}

impl Charset {
    /// As whoever saved the file may know it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Utf16 => "Unicode (UTF-16)",
            Self::Windows1252 => "Excel (Windows-1252)",
        }
    }
}

pub(crate) fn decode(bytes: &[u8]) -> Result<(String, Charset), Problem> {
    let (text, charset) = match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => (strict_utf8(rest)?, Charset::Utf8),
        [0xff, 0xfe, rest @ ..] => (utf16(UTF_16LE, rest)?, Charset::Utf16),
        [0xfe, 0xff, rest @ ..] => (utf16(UTF_16BE, rest)?, Charset::Utf16),
        _ => match std::str::from_utf8(bytes) {
            Ok(text) => (text.to_owned(), Charset::Utf8),
            Err(_) => (WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned(), Charset::Windows1252),
        },
    };
    if text.contains('\0') {
        return Err(Problem::file(
            "Filen är ingen textfil. Spara den i Excel som ”CSV UTF-8”.",
            "The file is no text file. Save it in Excel as “CSV UTF-8”.",
        ));
    }
    Ok((text, charset))
}

fn strict_utf8(bytes: &[u8]) -> Result<String, Problem> {
    String::from_utf8(bytes.to_vec()).map_err(|_| broken("UTF-8"))
}

fn utf16(encoding: &'static Encoding, bytes: &[u8]) -> Result<String, Problem> {
    let text = encoding.decode_without_bom_handling_and_without_replacement(bytes);
    text.map(std::borrow::Cow::into_owned).ok_or_else(|| broken("UTF-16"))
}

fn broken(name: &str) -> Problem {
    Problem::file(
        format!("Filen säger sig vara {name} men är skadad. Exportera den på nytt."),
        format!("The file says that it is {name}, but it is damaged. Export it anew."),
    )
}
