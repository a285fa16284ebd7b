//! Text becomes rows of cells. RFC 4180 quotes; the separator is said by a `sep=` line or found in the first row.
//!
//! Rows are numbered as the spreadsheet shows them: the `sep=` line is not seen there, empty rows are.

use csv::{ReaderBuilder, StringRecord};

use crate::{Limits, Problem, texts};

/// A row with its number.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) line: u64,
    pub(crate) cells: Vec<String>,
}

#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) separator: char,
    pub(crate) header: Record,
    pub(crate) rows: Vec<Record>,
    pub(crate) problems: Vec<Problem>,
}

pub(crate) fn read(text: &str, limits: &Limits) -> Result<Table, Problem> {
    let rows_max = limits.rows_max;
    // Every kind of line end, also that of an old Mac, counts one row.
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let (separator, body) = separator(&text);
    let mut line_ends = 0;
    let octet = u8::try_from(separator).expect("one of three ASCII characters");
    let mut reader =
        ReaderBuilder::new().delimiter(octet).has_headers(false).flexible(true).from_reader(body.as_bytes());
    let (mut records, mut problems) = (Vec::new(), Vec::new());
    let mut record = StringRecord::new();
    loop {
        let start = reader.position().byte();
        match reader.read_record(&mut record) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => {
                return Err(Problem::file(
                    format!("Filen går inte att läsa: {error}."),
                    format!("The file cannot be read: {error}."),
                ));
            }
        }
        let raw = raw(body, start, reader.position().byte());
        // A row begins after what is left of the end of the one before, and after empty lines.
        let before = &raw[..raw.len() - raw.trim_start_matches('\n').len()];
        let line = line_ends + count(before) + 1;
        line_ends += count(raw);
        if record.len() > limits.columns_max {
            return Err(Problem {
                row: line,
                column: None,
                text: texts::too_many_columns(limits.columns_max),
            });
        }
        let cells: Vec<String> = record.iter().map(str::to_owned).collect();
        if raw.matches('"').count() % 2 == 1 || cells.iter().any(|cell| cell.contains('\n')) {
            problems.push(unbalanced(line));
        } else if cells.iter().any(|cell| cell.len() > limits.cell_octets_max) {
            let text = texts::cell_too_long(limits.cell_octets_max);
            problems.push(Problem { row: line, column: None, text });
        } else if !cells.iter().all(|cell| cell.trim().is_empty()) {
            records.push(Record { line, cells });
        }
        if records.len() > rows_max + 1 {
            return Err(Problem::file(
                format!("Filen har fler än {rows_max} rader. Dela den, till exempel per skola."),
                format!("The file has more than {rows_max} rows. Split it, for example by school."),
            ));
        }
    }
    let mut records = records.into_iter();
    match records.next() {
        Some(header) => Ok(Table { separator, header, rows: records.collect(), problems }),
        None => Err(problems.into_iter().next().unwrap_or_else(empty)),
    }
}

pub(crate) fn empty() -> Problem {
    Problem::file(
        "Filen är tom. Den ska ha en rubrikrad och minst en rad till.",
        "The file is empty. It must have a header row and at least one more.",
    )
}

fn raw(body: &str, start: u64, end: u64) -> &str {
    let place = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX).min(body.len());
    body.get(place(start)..place(end)).unwrap_or_default()
}

fn count(text: &str) -> u64 {
    text.bytes().filter(|octet| *octet == b'\n').count() as u64
}

fn unbalanced(line: u64) -> Problem {
    Problem::row(
        line,
        "Ett citattecken (\") saknar sin make, eller en cell har en radbrytning. Rätta raden.",
        "A quotation mark (\") lacks its other half, or a cell has a line break. Correct the row.",
    )
}

/// The separator, and the text after a `sep=` line.
fn separator(text: &str) -> (char, &str) {
    let first = text.lines().next().unwrap_or_default();
    if let Some(said) = first.trim_matches([' ', '"']).to_ascii_lowercase().strip_prefix("sep=") {
        let separator = said.chars().next().filter(|c| ";,\t".contains(*c)).unwrap_or(';');
        let rest = text.find('\n').map_or("", |end| &text[end + 1..]);
        return (separator, rest);
    }
    let header = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    // On a tie the first: a semicolon in a header is never anything else.
    let best = [';', '\t', ','].into_iter().rev().max_by_key(|c| header.matches(*c).count());
    (best.unwrap_or(';'), text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ten() -> Limits {
        Limits { rows_max: 10, columns_max: 10, cell_octets_max: 10, ..Limits::default() }
    }

    #[test]
    fn separators_and_lines() {
        for (text, separator, line) in [
            ("a;b\r\n1;2\r\n", ';', 2),
            ("sep=,\r\na,b\r\n1,2", ',', 2),
            ("SEP=;\na;b,c\n1;2", ';', 2),
            ("a\tb,c\n1\t2", '\t', 2),
            ("a;b\r\r1;2\r", ';', 3),
            ("\n\na,b\n\n1,2\n", ',', 5),
        ] {
            let table = read(text, &ten()).unwrap();
            assert_eq!((table.separator, table.rows[0].line), (separator, line), "{text:?}");
            assert!(table.problems.is_empty() && table.rows[0].cells[0] == "1");
        }
        assert!(
            read("", &ten()).is_err()
                && read(" ;;\n", &ten()).is_err()
                && read(&"a\n".repeat(12), &ten()).is_err()
        );
    }

    #[test]
    fn quotes() {
        let table = read("a;b\n\"x; \"\"y\"\"\";2\n", &ten()).unwrap();
        assert_eq!(table.rows[0].cells, ["x; \"y\"", "2"]);
        let table = read("a;b\nok;1\n\"x;2\nlost;3\n", &ten()).unwrap();
        assert_eq!((table.rows.len(), table.problems[0].row), (1, 3));
    }

    #[test]
    fn wide_rows_and_long_cells() {
        assert_eq!(read(&format!("a;b\n{}", ";x".repeat(10)), &ten()).unwrap_err().row, 2);
        let table = read("a;b\n1;2\n1;12345678901\n", &ten()).unwrap();
        assert_eq!((table.rows.len(), table.problems[0].row), (1, 3));
    }
}
