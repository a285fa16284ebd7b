//! By what one person is known again inside a file, before anything of a row is believed.

use unicode_normalization::UnicodeNormalization;

use crate::header::{Column, Header};
use crate::table::Record;

/// What points at a person: each alone is enough to hold somebody together with a protected row.
pub(crate) fn traces(header: &Header, record: &Record) -> Vec<String> {
    let cell = |column| folded(header.cell(record, column));
    let mut traces = Vec::new();
    for column in [Column::First, Column::CallName] {
        let first = cell(column);
        if !first.is_empty() {
            traces.push(format!("name\n{}\n{first}\n{}", cell(Column::School), cell(Column::Last)));
        }
    }
    let (id, address) = (cell(Column::PersonId), cell(Column::Email));
    traces.extend((!address.is_empty()).then(|| format!("address\n{address}")));
    traces.extend((!id.is_empty()).then(|| format!("id\n{id}")));
    traces.extend(number(header, record));
    traces
}

/// Personnummer without century and signs, so that all its forms are one.
pub(crate) fn number(header: &Header, record: &Record) -> Option<String> {
    let cell = header.cell(record, Column::PersonNumber);
    let signs: Vec<char> = folded(cell).chars().filter(|c| c.is_alphanumeric()).collect();
    let short: String = signs[signs.len().saturating_sub(10)..].iter().collect();
    (!short.is_empty()).then(|| format!("number\n{short}"))
}

fn folded(cell: &str) -> String {
    cell.nfc().collect::<String>().to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}
