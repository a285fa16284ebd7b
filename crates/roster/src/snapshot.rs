//! What the directory holds, as far as a file is compared with it.

use std::collections::{HashMap, HashSet};

use directory::{AccountEntry, PersonName, SchoolCode, SchoolYear};
use model::{AccountId, EmailAddress, Role, SchoolId};

/// The state that rows are compared with; whoever compares fills it.
#[derive(Clone, Debug)]
pub struct Snapshot {
    year: SchoolYear,
    schools: HashMap<SchoolCode, SchoolId>,
    accounts: HashSet<AccountId>,
    pub(crate) people: Vec<Person>,
    by_name: HashMap<NameKey, Vec<usize>>,
    by_address: HashMap<String, usize>,
}

/// An account.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) account: AccountId,
    pub(crate) role: Role,
    pub(crate) school: Option<SchoolId>,
    pub(crate) name: String,
    /// Folded label, if the class is one of the current school year.
    pub(crate) class: Option<String>,
    /// The same as it is written.
    pub(crate) class_label: Option<String>,
    pub(crate) addresses: Vec<String>,
}

/// By which people are looked for: school, pupil or staff, name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct NameKey {
    school: SchoolId,
    is_staff: bool,
    name: String,
}

impl Snapshot {
    /// Nothing yet, in a school year.
    pub fn new(year: SchoolYear) -> Self {
        Self {
            year,
            schools: HashMap::new(),
            accounts: HashSet::new(),
            people: Vec::new(),
            by_name: HashMap::new(),
            by_address: HashMap::new(),
        }
    }
    /// A school of the municipality.
    pub fn add_school(&mut self, code: SchoolCode, school: SchoolId) {
        self.schools.insert(code, school);
    }
    /// An account that is not removed. Twice the same is once.
    pub fn add_account(&mut self, account: AccountId, entry: &AccountEntry) {
        if !self.accounts.insert(account) {
            return;
        }
        let place = self.people.len();
        let class = entry.class.as_ref().filter(|class| class.year == self.year);
        let person = Person {
            account,
            role: entry.role,
            school: entry.school,
            name: folded_name(&entry.first, &entry.last),
            class: class.map(|class| class.label.to_lowercase()),
            class_label: class.map(|class| class.label.clone()),
            addresses: entry.addresses().map(|(address, _)| address.folded()).collect(),
        };
        for address in &person.addresses {
            self.by_address.insert(address.clone(), place);
        }
        if let Some(school) = entry.school {
            let key = NameKey { school, is_staff: entry.role.is_staff(), name: person.name.clone() };
            self.by_name.entry(key).or_default().push(place);
        }
        self.people.push(person);
    }

    /// The school with a code.
    pub fn school(&self, code: SchoolCode) -> Option<SchoolId> {
        self.schools.get(&code).copied()
    }
    /// Whose an address is: a place in `people`.
    pub(crate) fn holder(&self, address: &EmailAddress) -> Option<usize> {
        self.by_address.get(&address.folded()).copied()
    }
    /// Who has a name: places in `people`.
    pub(crate) fn named(&self, school: SchoolId, role: Role, name: &PersonName) -> &[usize] {
        let key = NameKey { school, is_staff: role.is_staff(), name: name_of(name) };
        self.by_name.get(&key).map_or(&[], Vec::as_slice)
    }
}

/// Names are compared without case.
pub(crate) fn folded_name(first: &str, last: &str) -> String {
    format!("{first}\n{last}").to_lowercase()
}

/// The same of a name.
pub(crate) fn name_of(name: &PersonName) -> String {
    folded_name(name.first(), name.last())
}
