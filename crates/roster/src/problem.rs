//! What is wrong with a file, where, and what to do.

use model::Text;

/// One thing to correct.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Line of the file, from one; zero for the file as a whole.
    pub row: u64,
    /// Column, by its header.
    pub column: Option<String>,
    /// What is wrong and what to do.
    pub text: Text,
}

impl Problem {
    /// The whole file.
    pub(crate) fn file(sv: impl Into<String>, en: impl Into<String>) -> Self {
        Self { row: 0, column: None, text: Text::new(sv, en) }
    }
    /// A whole row.
    pub(crate) fn row(row: u64, sv: impl Into<String>, en: impl Into<String>) -> Self {
        Self { row, column: None, text: Text::new(sv, en) }
    }
    /// One cell.
    pub(crate) fn cell(row: u64, column: &str, text: Text) -> Self {
        Self { row, column: Some(column.to_owned()), text }
    }
}

/// Problems up to a number; the rest is counted.
#[derive(Debug)]
pub(crate) struct Problems {
    list: Vec<Problem>,
    max: usize,
    more: usize,
}

impl Problems {
    pub(crate) const fn new(max: usize) -> Self {
        Self { list: Vec::new(), max, more: 0 }
    }
    pub(crate) fn push(&mut self, problem: Problem) {
        if self.list.len() < self.max { self.list.push(problem) } else { self.more += 1 }
    }
    pub(crate) fn into_list(mut self) -> Vec<Problem> {
        self.list.sort_by_key(|problem| problem.row);
        if self.more > 0 {
            let more = self.more;
            let sv = format!("… och {more} fel till.");
            self.list.push(Problem::file(sv, format!("… and {more} more problems.")));
        }
        self.list
    }
}
