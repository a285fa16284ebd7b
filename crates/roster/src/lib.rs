//! A school's file becomes a plan: who is to be made, who is there already, what must be corrected first.
//!
//! The plain Swedish CSV, as Excel really writes it: any of three separators, five encodings, and the damage that copies
//! and conversions do. What is damaged is refused by row and column with what to do; nothing is guessed.
//! [`read`] needs no directory, [`plan`] compares with one ([`compare`] is its pure core). What is planned here, `admin`
//! does.
//!
//! Somebody with protected identity is held: nothing is planned, and nothing but a number for each school is told.
//! No text of a cell stands in a problem; samples and rows hold names and are for the reader's eyes, never for a log.
//! Not yet: end dates, so that substitutes (vikarier) are refused; guardians; OneRoster, SS 12000, SCIM.

mod cell;
mod compare;
mod decode;
mod file;
mod header;
mod identity;
mod limits;
mod notes;
mod plan;
mod problem;
mod row;
mod snapshot;
mod table;
#[cfg(test)]
mod tests;
mod texts;

pub use compare::{Difference, Match, compare};
pub use file::{File, read};
pub use limits::Limits;
pub use notes::notes;
pub use plan::{Differing, Plan, Planned, plan};
pub use problem::Problem;
pub use row::Row;
pub use snapshot::Snapshot;
