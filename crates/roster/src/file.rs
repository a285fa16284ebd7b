//! A whole file, read without looking anything up.

use std::collections::{BTreeMap, HashMap, HashSet};

use directory::SchoolCode;
use model::Text;

use crate::cell::Checker;
use crate::header::Header;
use crate::problem::Problems;
use crate::row::{Parsed, RowReader};
use crate::snapshot::name_of;
use crate::table::{Record, Table};
use crate::{Limits, Problem, Row, decode, identity, table, texts};

/// What a file says.
#[derive(Clone, Debug, Default)]
pub struct File {
    /// Encoding and separator that it was read with.
    pub read_as: String,
    /// The people in it; only those that are sound.
    pub rows: Vec<Row>,
    /// Rows with protected identity, and rows of the same people that do not say so.
    pub held: usize,
    /// The same by school; `None` where the code cannot be read.
    pub held_by_school: BTreeMap<Option<SchoolCode>, usize>,
    /// The first names with letters beyond a-z, to be looked at.
    pub samples: Vec<String>,
    /// What is noteworthy and no problem.
    pub notes: Vec<Text>,
    /// What must be corrected before anything is done.
    pub problems: Vec<Problem>,
}

/// Reads a file.
pub fn read(bytes: &[u8], limits: &Limits) -> File {
    read_sound(bytes, limits).unwrap_or_else(|problems| File { problems, ..File::default() })
}

fn read_sound(bytes: &[u8], limits: &Limits) -> Result<File, Vec<Problem>> {
    if bytes.len() > limits.file_octets_max {
        let most = limits.file_octets_max >> 20;
        let sv = format!("Filen är större än {most} MiB. Dela den, till exempel per skola.");
        let en = format!("The file is larger than {most} MiB. Split it, for example by school.");
        return Err(vec![Problem::file(sv, en)]);
    }
    let (text, charset) = decode::decode(bytes).map_err(|problem| vec![problem])?;
    let table = table::read(&text, limits).map_err(|problem| vec![problem])?;
    let checker = Checker::new(&text, charset);
    let header = Header::parse(&table.header, &checker)?;
    if table.rows.is_empty() && table.problems.is_empty() {
        return Err(vec![table::empty()]);
    }
    let separator = match table.separator {
        '\t' => "tabb",
        ',' => "komma",
        _ => "semikolon",
    };
    let read_as = format!("{}, {separator}", charset.name());
    Ok(File { read_as, ..people(table, &header, checker, limits) })
}

fn people(table: Table, header: &Header, checker: Checker, limits: &Limits) -> File {
    let mut file = File::default();
    let mut problems = Problems::new(limits.problems_max);
    header
        .hidden_addresses(table.header.line, &table.rows)
        .into_iter()
        .for_each(|problem| problems.push(problem));
    table.problems.into_iter().for_each(|problem| problems.push(problem));
    let mut reader = RowReader { header, checker, problems: &mut problems, composed: false };
    let (mut sound, mut protected) = (Vec::new(), HashSet::new());
    for record in &table.rows {
        match reader.read(record) {
            Parsed::Person(row) => sound.push((row, record)),
            Parsed::Held(school) => {
                file.hold(school);
                protected.extend(identity::traces(header, record));
            }
            Parsed::Wrong => {}
        }
    }
    let composed = reader.composed;
    // A person is as protected as the strictest of the rows that may be about them.
    let (twins, free): (Vec<_>, Vec<_>) = sound.into_iter().partition(|(_, record)| {
        identity::traces(header, record).iter().any(|trace| protected.contains(trace))
    });
    twins.iter().for_each(|(row, _)| file.hold(Some(row.school)));
    doubles(&free, header, &mut problems);
    file.rows = free.into_iter().map(|(row, _)| row).collect();
    file.notes = notes(header, composed, &file.held_by_school);
    file.notes.extend(without_last_name(&file.rows));
    file.samples = samples(&file.rows);
    file.problems = problems.into_list();
    file
}

impl File {
    fn hold(&mut self, school: Option<SchoolCode>) {
        self.held += 1;
        *self.held_by_school.entry(school).or_default() += 1;
    }
}

fn notes(header: &Header, composed: bool, held_by_school: &BTreeMap<Option<SchoolCode>, usize>) -> Vec<Text> {
    let mut notes = Vec::new();
    let (unused, unknown) = (header.unused().join(", "), header.unknown().join(", "));
    if !unused.is_empty() {
        notes.push(Text::new(
            format!("Kolumner som lästes men inte används ännu: {unused}."),
            format!("Columns that were read and are not used yet: {unused}."),
        ));
    }
    if !unknown.is_empty() {
        notes.push(Text::new(
            format!("Kolumner som inte används: {unknown}."),
            format!("Columns that are not used: {unknown}."),
        ));
    }
    if composed {
        notes.push(Text::new(
            "Bokstäver som å låg som två tecken (NFD); de har satts ihop.",
            "Letters such as å were two characters (NFD); they were composed.",
        ));
    }
    for (school, held) in held_by_school {
        let code = school.map_or_else(|| "?".to_owned(), |school| school.to_string());
        notes.push(Text::new(
            format!("Skola {code}: {held} rad(er) med skyddade personuppgifter. Inget konto skapas eller ändras. Rektor avgör hur de ska hanteras."),
            format!("School {code}: {held} row(s) with protected identity. No account is made or changed. The head teacher decides what to do."),
        ));
    }
    notes
}

/// Some people have one name only; more often the cell was forgotten.
fn without_last_name(rows: &[Row]) -> Option<Text> {
    let lines: Vec<u64> = rows.iter().filter(|row| row.name.last().is_empty()).map(|row| row.line).collect();
    let rows = texts::rows(&lines);
    (!lines.is_empty()).then(|| {
        Text::new(
            format!("{}: saknar efternamn. Stämmer det?", rows.sv),
            format!("{}: no last name. Is that right?", rows.en),
        )
    })
}

/// Rows that are the same person, and rows that a second import could not tell apart.
fn doubles(rows: &[(Row, &Record)], header: &Header, problems: &mut Problems) {
    let (mut ids, mut addresses, mut names) = (HashMap::new(), HashMap::new(), HashMap::new());
    for (row, record) in rows {
        let number = identity::number(header, record);
        if let Some(first) = number.and_then(|number| seen(&mut ids, number, row.line)) {
            problems.push(Problem::row(
                row.line,
                format!("Samma personnummer som på rad {first}. En person har ett konto: behåll hemskolans rad."),
                format!("The same personnummer as in row {first}. A person has one account: keep the home school's row."),
            ));
            continue;
        }
        let address = row.address.as_ref().map(model::EmailAddress::folded);
        let same_address = address.clone().and_then(|address| seen(&mut addresses, address, row.line));
        let (first, without) = *names.entry(key(row)).or_insert((row.line, address.is_none()));
        let same_name = (first != row.line && (without || address.is_none())).then_some(first);
        let Some(first) = same_address.or(same_name) else { continue };
        problems.push(Problem::row(
            row.line,
            format!(
                "Samma person som på rad {first}. Ta bort den ena, eller ge båda varsin E-post om de är två."
            ),
            format!("The same person as in row {first}. Remove one, or give both an E-post if they are two."),
        ));
    }
}

/// The row in which it was seen first, if that was before.
fn seen(all: &mut HashMap<String, u64>, what: String, line: u64) -> Option<u64> {
    let first = *all.entry(what).or_insert(line);
    (first != line).then_some(first)
}

/// What tells a row from all others but for its address: school, pupil or staff, name, and a pupil's class.
fn key(row: &Row) -> String {
    let class = row.class.as_deref().filter(|_| !row.role.is_staff()).unwrap_or_default().to_lowercase();
    format!("{}\n{}\n{class}\n{}", row.school, row.role.is_staff(), name_of(&row.name))
}

fn samples(rows: &[Row]) -> Vec<String> {
    let shown = |row: &Row| format!("{} {}", row.name.first(), row.name.last()).trim_end().to_owned();
    rows.iter().map(shown).filter(|name| !name.is_ascii()).take(3).collect()
}
