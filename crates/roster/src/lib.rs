//! A school's file becomes a plan: who is to be made, who is there already, what must be corrected first.
//!
//! The plain Swedish CSV, as Excel really writes it: any of three separators, five encodings, and the damage that copies
//! and conversions do. What is damaged is refused by row and column with what to do; nothing is guessed.
//! [`read`] needs no directory, [`plan`] compares with one. What is planned here, `admin` does.

mod cell;
mod decode;
mod file;
mod header;
mod limits;
mod plan;
mod problem;
mod row;
mod table;
#[cfg(test)]
mod tests;

pub use file::{File, read};
pub use limits::Limits;
pub use plan::{Plan, Planned, plan};
pub use problem::Problem;
pub use row::Row;
