//! The header row: which column is what, in any order, in any case.

use model::Text;
use unicode_normalization::UnicodeNormalization;

use crate::Problem;
use crate::cell::Checker;
use crate::table::Record;
use crate::texts;

/// A column that we know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Column {
    School,
    Role,
    First,
    CallName,
    Last,
    Class,
    Email,
    Protection,
    /// Read to find damage and people who stand there twice; never kept.
    PersonNumber,
    /// Likewise.
    PersonId,
    /// Known, and not used yet.
    Later,
}

const NAMES: [(Column, &[&str]); 11] = [
    (Column::School, &["skolenhetskod", "skola", "enhet", "school code", "school"]),
    (Column::Role, &["roll", "role"]),
    (Column::First, &["förnamn", "first name"]),
    (Column::CallName, &["tilltalsnamn"]),
    (Column::Last, &["efternamn", "last name"]),
    (Column::Class, &["klass", "grupp", "class"]),
    (
        Column::Email,
        &["e-post", "epost", "e-postadress", "epostadress", "adress", "e-mail", "email", "mail", "address"],
    ),
    (Column::Protection, &["skydd"]),
    (Column::PersonNumber, &["personnummer", "pnr"]),
    (Column::PersonId, &["elevid", "id"]),
    (
        Column::Later,
        &[
            "årskurs",
            "åk",
            "mentor",
            "startdatum",
            "slutdatum",
            "vårdnadshavare1 e-post",
            "vårdnadshavare2 e-post",
        ],
    ),
];

const NEEDED: [Column; 3] = [Column::School, Column::Role, Column::Last];

/// Where the columns stand.
#[derive(Debug)]
pub(crate) struct Header {
    columns: Vec<Option<Column>>,
    titles: Vec<String>,
}

impl Header {
    pub(crate) fn parse(record: &Record, checker: &Checker) -> Result<Self, Vec<Problem>> {
        let mut header = Self { columns: Vec::new(), titles: Vec::new() };
        let mut problems = Vec::new();
        // What a spreadsheet leaves behind to the right.
        let width =
            record.cells.iter().rposition(|title| !title.trim().is_empty()).map_or(0, |last| last + 1);
        for (place, title) in record.cells[..width].iter().enumerate() {
            let title = title.trim();
            let column = column_of(title);
            if let Some(text) = checker.damage(title).or_else(|| unclear(title, column)) {
                // By its number: without a header this is a person's row.
                problems.push(Problem::cell(record.line, &(place + 1).to_string(), text));
            }
            let twice = column.is_some_and(|c| c != Column::Later && header.columns.contains(&Some(c)));
            if twice {
                let title = title_of(column.expect("it is a known column that is there twice"));
                let sv = format!("Kolumnen {title} finns två gånger. Ta bort den ena.");
                problems.push(Problem::row(
                    record.line,
                    sv,
                    format!("The column {title} is there twice. Remove one."),
                ));
            }
            header.columns.push(column);
            header.titles.push(title.to_owned());
        }
        if problems.is_empty() {
            problems.extend(header.missing(record.line));
        }
        if problems.is_empty() { Ok(header) } else { Err(problems) }
    }

    fn missing(&self, line: u64) -> Option<Problem> {
        let has = |column: Column| self.columns.contains(&Some(column));
        let mut missing: Vec<&str> =
            NEEDED.into_iter().filter(|column| !has(*column)).map(title_of).collect();
        if !has(Column::First) && !has(Column::CallName) {
            missing.push("Förnamn");
        }
        if missing.is_empty() {
            return None;
        }
        let missing = missing.join(", ");
        Some(Problem::row(
            line,
            format!(
                "Rubrikraden saknar: {missing}. Rubrikerna är Skolenhetskod; Roll; Förnamn; Efternamn; Klass; E-post."
            ),
            format!(
                "The header row lacks: {missing}. The headers are Skolenhetskod; Roll; Förnamn; Efternamn; Klass; E-post."
            ),
        ))
    }

    /// How many columns.
    pub(crate) fn len(&self) -> usize {
        self.columns.len()
    }
    /// The cell of a column in a row; empty if the file has no such column.
    pub(crate) fn cell<'a>(&self, record: &'a Record, column: Column) -> &'a str {
        let place = self.columns.iter().position(|known| *known == Some(column));
        place.and_then(|place| record.cells.get(place)).map_or("", |cell| cell.trim())
    }
    /// What the file calls a column.
    pub(crate) fn title(&self, column: Column) -> &str {
        let place = self.columns.iter().position(|known| *known == Some(column));
        place.map_or(title_of(column), |place| &self.titles[place])
    }
    /// Headers that we know and do nothing with yet.
    pub(crate) fn unused(&self) -> Vec<&str> {
        self.titles_where(|column| {
            matches!(column, Some(Column::Later | Column::PersonNumber | Column::PersonId))
        })
    }
    /// Headers that we do not know.
    pub(crate) fn unknown(&self) -> Vec<&str> {
        self.titles_where(|column| column.is_none())
    }
    /// A column with mostly addresses under a header that we do not know: passed over, people would get other addresses.
    pub(crate) fn hidden_addresses(&self, line: u64, rows: &[Record]) -> Vec<Problem> {
        let is_hidden = |place: usize| {
            let cells =
                rows.iter().filter_map(|row| row.cells.get(place)).filter(|cell| !cell.trim().is_empty());
            let (with, all) =
                cells.fold((0, 0), |(with, all), cell| (with + usize::from(cell.contains('@')), all + 1));
            2 * with > all
        };
        let unknown =
            self.columns.iter().zip(&self.titles).enumerate().filter(|(_, (known, _))| known.is_none());
        let hidden = unknown.filter(|(place, _)| is_hidden(*place));
        hidden
            .map(|(place, (_, title))| match title.as_str() {
                "" => Problem::cell(line, &(place + 1).to_string(), texts::hidden_addresses()),
                title => Problem::cell(line, title, texts::hidden_addresses()),
            })
            .collect()
    }
    fn titles_where(&self, is: impl Fn(Option<Column>) -> bool) -> Vec<&str> {
        let all = self.columns.iter().zip(&self.titles);
        all.filter(|(column, title)| is(**column) && !title.is_empty())
            .map(|(_, title)| title.as_str())
            .collect()
    }
    /// Is the row the header once more, maybe in other words?
    pub(crate) fn is_repeated_in(&self, record: &Record) -> bool {
        NEEDED.into_iter().all(|column| column_of(self.cell(record, column)) == Some(column))
    }
}

/// A column that may mark protected people must not be passed over.
fn unclear(title: &str, column: Option<Column>) -> Option<Text> {
    let folded = fold(title);
    let marks = ["skydd", "sekret", "protect"].iter().any(|part| folded.contains(part));
    (column.is_none() && marks).then(|| {
        Text::new(
            "Kolumnen verkar gälla skyddade personuppgifter. Döp om den till Skydd: S, F eller tomt.",
            "The column seems to mark protected identity. Rename it to Skydd: S, F or empty.",
        )
    })
}

fn fold(title: &str) -> String {
    title.nfc().collect::<String>().to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}

fn column_of(title: &str) -> Option<Column> {
    let title = fold(title);
    NAMES.iter().find(|(_, names)| names.contains(&title.as_str())).map(|(column, _)| *column)
}

const fn title_of(column: Column) -> &'static str {
    match column {
        Column::School => "Skolenhetskod",
        Column::Role => "Roll",
        Column::First => "Förnamn",
        Column::CallName => "Tilltalsnamn",
        Column::Last => "Efternamn",
        Column::Class => "Klass",
        Column::Email => "E-post",
        Column::Protection => "Skydd",
        Column::PersonNumber => "Personnummer",
        Column::PersonId => "ElevId",
        Column::Later => "",
    }
}
