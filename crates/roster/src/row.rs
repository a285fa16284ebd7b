//! One row of cells becomes somebody to be made.

use directory::{PersonName, SchoolCode, class_label};
use model::{EmailAddress, Role, Text};
use unicode_normalization::is_nfc;

use crate::cell::{Checker, lost_letter};
use crate::header::{Column, Header};
use crate::problem::{Problem, Problems};
use crate::table::Record;

/// Somebody in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Line of the file.
    pub line: u64,
    /// The school.
    pub school: SchoolCode,
    /// What the person is.
    pub role: Role,
    /// First name (tilltalsnamn, if the file has it) and last name.
    pub name: PersonName,
    /// Class label.
    pub class: Option<String>,
    /// A chosen address.
    pub address: Option<EmailAddress>,
}

/// What a row turned out to be.
pub(crate) enum Parsed {
    Person(Row),
    /// Protected identity: nothing is made of it, and nothing of it is told.
    Held,
    Wrong,
}

pub(crate) struct RowReader<'a> {
    pub(crate) header: &'a Header,
    pub(crate) checker: Checker,
    pub(crate) problems: &'a mut Problems,
    /// Names were composed (NFC) on the way.
    pub(crate) composed: bool,
}

impl RowReader<'_> {
    pub(crate) fn read(&mut self, record: &Record) -> Parsed {
        if let Some(problem) = self.shape(record) {
            self.problems.push(problem);
            return Parsed::Wrong;
        }
        // First of all: a protected row is never looked at further, so that no problem tells about it.
        match self.header.cell(record, Column::Protection).to_lowercase().as_str() {
            "" | "nej" => {}
            "s" | "f" => return Parsed::Held,
            _ => {
                self.wrong(record, Column::Protection, protection_text());
                return Parsed::Wrong;
            }
        }
        // All four, so that all their problems are told.
        let (school, role) = (self.school(record), self.role(record));
        let (name, class, address) = (self.name(record), self.class(record), self.address(record));
        match (school, role, name, class, address) {
            (Some(school), Some(role), Some(name), Some(class), Some(address)) => {
                if role == Role::Pupil && class.is_none() {
                    self.wrong(record, Column::Class, class_text());
                    return Parsed::Wrong;
                }
                Parsed::Person(Row { line: record.line, school, role, name, class, address })
            }
            _ => Parsed::Wrong,
        }
    }

    fn shape(&self, record: &Record) -> Option<Problem> {
        if self.header.is_repeated_in(record) {
            let sv = "Rubrikraden finns en gång till. Ta bort raden.";
            return Some(Problem::row(record.line, sv, "The header row is there once more. Remove the row."));
        }
        let (have, want) = (record.cells.len(), self.header.len());
        let surplus = record.cells.iter().skip(want).any(|cell| !cell.trim().is_empty());
        if have >= want && !surplus {
            return None;
        }
        Some(Problem::row(
            record.line,
            format!("Raden har {have} kolumner, rubrikraden {want}. Rätta raden."),
            format!("The row has {have} columns, the header row {want}. Correct the row."),
        ))
    }

    fn wrong(&mut self, record: &Record, column: Column, text: Text) {
        self.problems.push(Problem::cell(record.line, self.header.title(column), text));
    }

    fn school(&mut self, record: &Record) -> Option<SchoolCode> {
        let code = self.header.cell(record, Column::School).parse().ok();
        if code.is_none() {
            self.wrong(record, Column::School, school_text());
        }
        code
    }

    fn role(&mut self, record: &Record) -> Option<Role> {
        let word = self.header.cell(record, Column::Role);
        let damage = self.checker.damage(word);
        let role =
            Role::from_swedish(&unicode_normalization::UnicodeNormalization::nfc(word).collect::<String>());
        if role.is_none() || damage.is_some() {
            self.wrong(record, Column::Role, damage.unwrap_or_else(role_text));
            return None;
        }
        role
    }

    /// A cell with a name in it, if nothing is wrong with its letters.
    fn letters<'r>(&mut self, record: &'r Record, column: Column) -> Option<&'r str> {
        let cell = self.header.cell(record, column);
        if let Some(text) = self.checker.damage(cell).or_else(|| lost_letter(cell)) {
            self.wrong(record, column, text);
            return None;
        }
        self.composed |= !is_nfc(cell);
        Some(cell)
    }

    fn name(&mut self, record: &Record) -> Option<PersonName> {
        let used = match self.header.cell(record, Column::CallName) {
            "" => Column::First,
            _ => Column::CallName,
        };
        let (first, last) = (self.letters(record, used), self.letters(record, Column::Last));
        let (first, last) = (first?, last?);
        // One at a time, so that the problem stands at its column.
        if let Err(error) = PersonName::parse(first, "") {
            self.wrong(record, used, error.text());
            return None;
        }
        match PersonName::parse(first, last) {
            Ok(name) => Some(name),
            Err(error) => {
                self.wrong(record, Column::Last, error.text());
                None
            }
        }
    }

    /// The outer `None` is a problem.
    fn class(&mut self, record: &Record) -> Option<Option<String>> {
        match self.letters(record, Column::Class)? {
            "" => Some(None),
            cell => match class_label(cell) {
                Ok(label) => Some(Some(label)),
                Err(error) => {
                    self.wrong(record, Column::Class, error.text());
                    None
                }
            },
        }
    }

    /// The outer `None` is a problem.
    fn address(&mut self, record: &Record) -> Option<Option<EmailAddress>> {
        match self.header.cell(record, Column::Email) {
            "" => Some(None),
            cell => match cell.parse() {
                Ok(address) => Some(Some(address)),
                Err(_) => {
                    self.wrong(record, Column::Email, address_text());
                    None
                }
            },
        }
    }
}

fn protection_text() -> Text {
    Text::new(
        "Skydd är tomt, nej, S (sekretessmarkering) eller F (skyddad folkbokföring).",
        "Skydd is empty, nej, S (secrecy mark) or F (protected registration).",
    )
}

fn class_text() -> Text {
    Text::new("En elev ska ha en klass. Fyll i kolumnen.", "A pupil has a class. Fill in the column.")
}

fn school_text() -> Text {
    Text::new(
        "Skolenhetskoden ska ha åtta siffror. Har Excel gjort om den (inledande nollor, 9,99E+07)? Formatera kolumnen som text.",
        "A school code has eight digits. Has Excel changed it (leading zeros, 9.99E+07)? Format the column as text.",
    )
}

fn role_text() -> Text {
    Text::new(
        "Roll är elev, lärare, mentor, rektor, elevhälsa, administratör, vikarie eller övrig.",
        "Roll is elev, lärare, mentor, rektor, elevhälsa, administratör, vikarie or övrig.",
    )
}

fn address_text() -> Text {
    Text::new(
        "Det är ingen e-postadress. Rätta den eller lämna cellen tom.",
        "This is no e-mail address. Correct it or leave the cell empty.",
    )
}
