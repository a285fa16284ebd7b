//! Rows against a snapshot of the directory: a pure function.
//!
//! A person is found by address, then by school, name and class, then by school and name alone if only one account is
//! left that it could be. A sure match comes first, so that the account of one namesake is never taken for the other's;
//! where two accounts are possible nothing is guessed.

use std::collections::HashSet;

use model::{AccountId, Role, SchoolId};

use crate::problem::Problem;
use crate::snapshot::{Person, Snapshot, name_of};
use crate::{Row, texts};

/// What a row is to the directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Match {
    /// Nobody yet.
    New(SchoolId),
    /// Has an account.
    Present {
        /// This one.
        account: AccountId,
        /// What the file says otherwise; nothing of it is applied.
        differs: Vec<Difference>,
    },
    /// Stands in the way.
    Wrong(Problem),
}

/// What a file says otherwise than the directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// Another school.
    School,
    /// Another role.
    Role {
        /// The account's.
        has: Role,
        /// The file's.
        says: Role,
    },
    /// Another class, or the class of another school year.
    Class {
        /// The account's, in this school year.
        has: Option<String>,
        /// The file's.
        says: Option<String>,
    },
    /// An address that the account does not have.
    Address,
}

/// Compares every row, in the order of the rows.
pub fn compare(rows: &[Row], snapshot: &Snapshot) -> Vec<Match> {
    let mut matcher = Matcher { snapshot, claimed: HashSet::new() };
    let mut found: Vec<Option<Match>> = rows.iter().map(|row| matcher.by_address(row)).collect();
    for step in [Matcher::by_class, Matcher::by_name] {
        for (row, found) in rows.iter().zip(&mut found) {
            if found.is_none() {
                *found = step(&mut matcher, row);
            }
        }
    }
    let new = |row: &Row| snapshot.school(row.school).map_or_else(|| unknown_school(row), Match::New);
    rows.iter().zip(found).map(|(row, found)| found.unwrap_or_else(|| new(row))).collect()
}

struct Matcher<'a> {
    snapshot: &'a Snapshot,
    /// Places of people that a row has.
    claimed: HashSet<usize>,
}

impl Matcher<'_> {
    fn by_address(&mut self, row: &Row) -> Option<Match> {
        let place = self.snapshot.holder(row.address.as_ref()?)?;
        let person = &self.snapshot.people[place];
        let same = person.name == name_of(&row.name) && person.role.is_staff() == row.role.is_staff();
        Some(if same && !self.claimed.contains(&place) {
            self.claim(row, place)
        } else {
            Match::Wrong(Problem::cell(row.line, "E-post", texts::address_taken()))
        })
    }

    /// Name and class of a pupil, name and role of others.
    fn by_class(&mut self, row: &Row) -> Option<Match> {
        self.only(row, |person| match row.role {
            Role::Pupil => person.class == row.class.as_deref().map(str::to_lowercase),
            role => person.role == role,
        })
    }

    fn by_name(&mut self, row: &Row) -> Option<Match> {
        self.only(row, |_| true)
    }

    /// The one account left that fits; two are a problem.
    fn only(&mut self, row: &Row, fits: impl Fn(&Person) -> bool) -> Option<Match> {
        let school = self.snapshot.school(row.school)?;
        let named = self.snapshot.named(school, row.role, &row.name).iter().copied();
        let mut left =
            named.filter(|place| !self.claimed.contains(place) && fits(&self.snapshot.people[*place]));
        let first = left.next()?;
        if left.next().is_some() {
            return Some(Match::Wrong(Problem::cell(row.line, "E-post", texts::ambiguous())));
        }
        Some(self.claim(row, first))
    }

    fn claim(&mut self, row: &Row, place: usize) -> Match {
        self.claimed.insert(place);
        let person = &self.snapshot.people[place];
        // Of somebody in another school no more is told.
        let differs = if person.school == self.snapshot.school(row.school) {
            differences(row, person)
        } else {
            vec![Difference::School]
        };
        Match::Present { account: person.account, differs }
    }
}

fn differences(row: &Row, person: &Person) -> Vec<Difference> {
    let class = row.role == Role::Pupil && person.class != row.class.as_deref().map(str::to_lowercase);
    let address = row.address.as_ref().is_some_and(|own| !person.addresses.contains(&own.folded()));
    let differs = [
        (person.role != row.role, Difference::Role { has: person.role, says: row.role }),
        (class, Difference::Class { has: person.class_label.clone(), says: row.class.clone() }),
        (address, Difference::Address),
    ];
    differs.into_iter().filter(|(is, _)| *is).map(|(_, what)| what).collect()
}

fn unknown_school(row: &Row) -> Match {
    Match::Wrong(Problem::cell(row.line, "Skolenhetskod", texts::unknown_school(row.school)))
}
