//! A whole file, read without looking anything up.

use std::collections::HashMap;

use model::Text;

use crate::cell::Checker;
use crate::header::Header;
use crate::problem::Problems;
use crate::row::{Parsed, RowReader};
use crate::{Limits, Problem, Row, decode, table};

/// What a file says.
#[derive(Clone, Debug, Default)]
pub struct File {
    /// Encoding and separator that it was read with.
    pub read_as: String,
    /// The people in it; only those that are sound.
    pub rows: Vec<Row>,
    /// Rows with protected identity.
    pub held: usize,
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
    let table = table::read(&text, limits.rows_max).map_err(|problem| vec![problem])?;
    let checker = Checker::new(&text, charset);
    let header = Header::parse(&table.header, &checker)?;
    if table.rows.is_empty() && table.problems.is_empty() {
        return Err(vec![table::empty()]);
    }
    let separator = if table.separator == '\t' { "TAB".to_owned() } else { table.separator.to_string() };
    let mut file = File { read_as: format!("{}, {separator}", charset.name()), ..File::default() };
    let mut problems = Problems::new(limits.problems_max);
    table.problems.into_iter().for_each(|problem| problems.push(problem));
    let mut reader = RowReader { header: &header, checker, problems: &mut problems, composed: false };
    for record in &table.rows {
        match reader.read(record) {
            Parsed::Person(row) => file.rows.push(row),
            Parsed::Held => file.held += 1,
            Parsed::Wrong => {}
        }
    }
    file.notes = notes(&header, reader.composed, file.held);
    doubles(&file.rows, &mut problems);
    file.samples = samples(&file.rows);
    file.problems = problems.into_list();
    file.problems.sort_by_key(|problem| problem.row);
    Ok(file)
}

fn notes(header: &Header, composed: bool, held: usize) -> Vec<Text> {
    let mut notes = Vec::new();
    let unused = header.unused();
    if !unused.is_empty() {
        let unused = unused.join(", ");
        notes.push(Text::new(
            format!("Kolumner som inte används: {unused}."),
            format!("Columns that are not used: {unused}."),
        ));
    }
    if composed {
        notes.push(Text::new(
            "Bokstäver som å låg som två tecken (NFD); de har satts ihop.",
            "Letters such as å were two characters (NFD); they were composed.",
        ));
    }
    if held > 0 {
        notes.push(Text::new(
            format!("{held} rad(er) med skyddade personuppgifter: inget konto skapas. Rektor avgör hur de ska hanteras."),
            format!("{held} row(s) with protected identity: no account is made. The head teacher decides what to do."),
        ));
    }
    notes
}

/// Two rows that a second import could not tell apart.
fn doubles(rows: &[Row], problems: &mut Problems) {
    let mut seen: HashMap<String, u64> = HashMap::new();
    for row in rows {
        let key = match &row.address {
            Some(address) => address.folded(),
            None => row.key(),
        };
        let Some(first) = seen.insert(key, row.line) else { continue };
        problems.push(Problem::row(
            row.line,
            format!(
                "Samma person som på rad {first}. Ta bort den ena, eller ge båda varsin E-post om de är två."
            ),
            format!("The same person as in row {first}. Remove one, or give both an E-post if they are two."),
        ));
    }
}

impl Row {
    /// What tells a row without address from all others: school, role, class and names.
    pub(crate) fn key(&self) -> String {
        key(&self.school.to_string(), self.role, self.class.as_deref(), self.name.first(), self.name.last())
    }
}

pub(crate) fn key(school: &str, role: model::Role, class: Option<&str>, first: &str, last: &str) -> String {
    [school, role.name(), class.unwrap_or_default(), first, last].join("\u{1f}").to_lowercase()
}

fn samples(rows: &[Row]) -> Vec<String> {
    let shown = |row: &Row| format!("{} {}", row.name.first(), row.name.last());
    rows.iter().map(shown).filter(|name| !name.is_ascii()).take(3).collect()
}
