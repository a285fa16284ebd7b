//! One row of cells becomes somebody to be made.

use directory::{PersonName, SchoolCode, class_label, screen};
use model::{EmailAddress, Role};
use unicode_normalization::{UnicodeNormalization, is_nfc};

use crate::cell::{Checker, is_rounded, lost_letter};
use crate::header::{Column, Header};
use crate::problem::{Problem, Problems};
use crate::table::Record;
use crate::texts;

/// Somebody in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Row of the file, as a spreadsheet shows it.
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
    /// Protected identity: nothing is made of it, and nothing of it is told but the school.
    Held(Option<SchoolCode>),
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
        // First of all: a protected row is never looked at further, so that no problem tells about it. A word that we do
        // not know is taken for the strictest that we know.
        if !matches!(self.cell(record, Column::Protection).to_lowercase().as_str(), "" | "nej") {
            return Parsed::Held(self.cell(record, Column::School).parse().ok());
        }
        // All of them, so that all their problems are told.
        let (school, role, id) = (self.school(record), self.role(record), self.id(record));
        let (name, class, address) = (self.name(record), self.class(record), self.address(record));
        match (school, role, name, class, address, id) {
            (Some(school), Some(role), Some(name), Some(class), Some(address), Some(())) => {
                if role == Role::Pupil && class.is_none() {
                    return self.wrong(record, Column::Class, texts::class());
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

    fn cell<'r>(&self, record: &'r Record, column: Column) -> &'r str {
        self.header.cell(record, column)
    }

    fn wrong(&mut self, record: &Record, column: Column, text: model::Text) -> Parsed {
        self.problems.push(Problem::cell(record.line, self.header.title(column), text));
        Parsed::Wrong
    }

    fn school(&mut self, record: &Record) -> Option<SchoolCode> {
        let code = self.cell(record, Column::School).parse().ok();
        if code.is_none() {
            self.wrong(record, Column::School, texts::school());
        }
        code
    }

    fn role(&mut self, record: &Record) -> Option<Role> {
        let word = self.cell(record, Column::Role);
        let text = match (self.checker.damage(word), role_of(&word.nfc().collect::<String>())) {
            (Some(damage), _) => damage,
            (None, None) => texts::role(),
            // It would work for ever: nothing closes an account at its end date yet.
            (None, Some(Role::Substitute)) => texts::substitute(),
            (None, role) => return role,
        };
        self.wrong(record, Column::Role, text);
        None
    }

    /// Personnummer and id are not kept, but what Excel did to them it did to other columns too.
    fn id(&mut self, record: &Record) -> Option<()> {
        for column in [Column::PersonNumber, Column::PersonId] {
            let cell = self.cell(record, column);
            let digits = cell.bytes().filter(u8::is_ascii_digit).count();
            // 10 or 12 digits, with or without - or +; reserve numbers have letters.
            let only_digits = cell.bytes().all(|b| b.is_ascii_digit() || b"-+".contains(&b));
            let text = match self.checker.damage(cell) {
                Some(damage) => damage,
                None if is_rounded(cell) => texts::rounded(),
                None if column == Column::PersonNumber && only_digits && matches!(digits, 9 | 11) => {
                    texts::leading_zero()
                }
                None => continue,
            };
            self.wrong(record, column, text);
            return None;
        }
        Some(())
    }

    /// A cell with a name in it, if nothing is wrong with its letters.
    fn letters<'r>(&mut self, record: &'r Record, column: Column) -> Option<&'r str> {
        let cell = self.cell(record, column);
        let unseen = || screen(cell).err().map(|error| texts::name(&error));
        if let Some(text) = self.checker.damage(cell).or_else(|| lost_letter(cell)).or_else(unseen) {
            self.wrong(record, column, text);
            return None;
        }
        self.composed |= !is_nfc(cell);
        Some(cell)
    }

    fn name(&mut self, record: &Record) -> Option<PersonName> {
        let first = self.letters(record, Column::First);
        let (called, last) = (self.letters(record, Column::CallName), self.letters(record, Column::Last));
        let (first, called, last) = (first?, called?, last?);
        let (used, first) =
            if called.is_empty() { (Column::First, first) } else { (Column::CallName, called) };
        // One at a time, so that the problem stands at its column.
        if let Err(error) = PersonName::parse(first, "") {
            self.wrong(record, used, texts::name(&error));
            return None;
        }
        match PersonName::parse(first, last) {
            Ok(name) => Some(name),
            Err(error) => {
                self.wrong(record, Column::Last, texts::name(&error));
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
                    self.wrong(record, Column::Class, texts::name(&error));
                    None
                }
            },
        }
    }

    /// The outer `None` is a problem.
    fn address(&mut self, record: &Record) -> Option<Option<EmailAddress>> {
        match self.cell(record, Column::Email) {
            "" => Some(None),
            cell => match cell.parse() {
                Ok(address) => Some(Some(address)),
                Err(_) => {
                    self.wrong(record, Column::Email, texts::address());
                    None
                }
            },
        }
    }
}

/// A Swedish word or a role's own name. No file makes an administrator, whatever the language.
fn role_of(word: &str) -> Option<Role> {
    const NAMED: [Role; 8] = [
        Role::Pupil,
        Role::Teacher,
        Role::Mentor,
        Role::Rektor,
        Role::Elevhalsa,
        Role::Secretary,
        Role::Substitute,
        Role::Staff,
    ];
    let folded = word.trim().to_lowercase();
    Role::from_swedish(&folded).or_else(|| NAMED.into_iter().find(|role| role.name() == folded))
}
