//! What is wrong with a cell, in words, with what to do. No text of a cell stands in them: the row and the column say
//! where it is, and a person whose identity is protected may stand in any row.

use directory::{NameError, SchoolCode};
use model::Text;

pub(crate) fn name(error: &NameError) -> Text {
    match error {
        // Its own text shows the word.
        NameError::MixedScript { .. } => Text::new(
            "Ett ord blandar bokstäver ur två skriftsystem, till exempel latinska och kyrilliska. Skriv om det för hand.",
            "A word mixes letters of two scripts, such as Latin and Cyrillic. Type it anew.",
        ),
        error => error.text(),
    }
}

pub(crate) fn class() -> Text {
    Text::new("En elev ska ha en klass. Fyll i kolumnen.", "A pupil has a class. Fill in the column.")
}

pub(crate) fn school() -> Text {
    Text::new(
        "Skolenhetskoden ska ha åtta siffror. Har Excel gjort om den (inledande nollor, 9,99E+07)? Formatera kolumnen som text.",
        "A school code has eight digits. Has Excel changed it (leading zeros, 9.99E+07)? Format the column as text.",
    )
}

pub(crate) fn role() -> Text {
    Text::new(
        "Roll är elev, lärare, mentor, rektor, elevhälsa, administratör eller övrig. Rätta cellen.",
        "Roll is elev, lärare, mentor, rektor, elevhälsa, administratör or övrig. Correct the cell.",
    )
}

pub(crate) fn substitute() -> Text {
    Text::new(
        "Vikarier kan inte importeras ännu, för slutdatum bevakas inte. Ta bort raden och lägg upp kontot för hand.",
        "Substitutes cannot be imported yet, since end dates are not kept. Delete the row and add the account by hand.",
    )
}

pub(crate) fn address() -> Text {
    Text::new(
        "Det är ingen e-postadress. Rätta den eller lämna cellen tom.",
        "This is no e-mail address. Correct it or leave the cell empty.",
    )
}

pub(crate) fn hidden_addresses() -> Text {
    Text::new(
        "Kolumnen verkar innehålla e-postadresser. Döp om den till E-post, eller ta bort den.",
        "The column seems to hold e-mail addresses. Rename it to E-post, or delete it.",
    )
}

pub(crate) fn address_taken() -> Text {
    Text::new(
        "Adressen tillhör någon annan. Skriv en annan eller lämna cellen tom.",
        "The address is somebody else's. Write another or leave the cell empty.",
    )
}

pub(crate) fn ambiguous() -> Text {
    Text::new(
        "Flera konton kan vara den här personens: samma skola och namn. Skriv personens nuvarande adress.",
        "Several accounts may be this person's: same school and name. Write the person's present address.",
    )
}

pub(crate) fn unknown_school(code: SchoolCode) -> Text {
    Text::new(
        format!("Ingen skola har koden {code}. Rätta den eller lägg till skolan först."),
        format!("No school has the code {code}. Correct it or add the school first."),
    )
}

pub(crate) fn rounded() -> Text {
    Text::new(
        "Excel har avrundat siffrorna (som 2,01601E+11). Formatera kolumnen som text och hämta värdena på nytt.",
        "Excel has rounded the digits (such as 2.01601E+11). Format the column as text and fetch the values anew.",
    )
}

pub(crate) fn leading_zero() -> Text {
    Text::new(
        "En inledande nolla är borta. Formatera kolumnen som text och hämta värdena på nytt.",
        "A leading zero is gone. Format the column as text and fetch the values anew.",
    )
}

pub(crate) fn cell_too_long(octets_max: usize) -> Text {
    Text::new(
        format!("En cell är längre än {octets_max} oktetter. Korta den."),
        format!("A cell is longer than {octets_max} octets. Shorten it."),
    )
}

pub(crate) fn too_many_columns(columns_max: usize) -> Text {
    Text::new(
        format!("Raden har fler än {columns_max} kolumner. Ta bort dem som inte behövs."),
        format!("The row has more than {columns_max} columns. Delete those that are not needed."),
    )
}

/// Row numbers in a sentence: `Rad 4, 7`.
pub(crate) fn rows(lines: &[u64]) -> Text {
    let (words, more) = listed(lines.iter().map(u64::to_string));
    Text::new(format!("Rad {words}{}", more.sv), format!("Row {words}{}", more.en))
}

/// So many stand in one sentence.
const LISTED_MAX: usize = 30;

/// The first of many words, and how many more there are.
pub(crate) fn listed(words: impl ExactSizeIterator<Item = String>) -> (String, Text) {
    let more = words.len().saturating_sub(LISTED_MAX);
    let words: Vec<String> = words.take(LISTED_MAX).collect();
    let more = match more {
        0 => Text::new("", ""),
        more => Text::new(format!(" … och {more} till"), format!(" … and {more} more")),
    };
    (words.join(", "), more)
}
