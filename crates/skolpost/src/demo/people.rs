//! The people of Granköping, who do not exist.

use model::Role;

/// A school with its classes.
pub(super) struct School {
    pub(super) code: &'static str,
    pub(super) name: &'static str,
    pub(super) classes: [&'static str; 3],
}

/// The schools.
pub(super) const SCHOOLS: [School; 2] = [
    School { code: "99900001", name: "Åsaskolan", classes: ["4A", "4B", "6A"] },
    School { code: "99900002", name: "Björkskolan", classes: ["7A", "8B", "9C"] },
];

/// Pupils in each class: 2 schools × 3 classes × 10 = 60.
const PUPILS_PER_CLASS: usize = 10;

const FIRST: [&str; 20] = [
    "Åsa-Märta",
    "Nils",
    "Zoë",
    "Elif",
    "Örjan",
    "Maja",
    "Yusuf",
    "Tuva",
    "Sixten",
    "Amina",
    "Love",
    "Saga",
    "Emre",
    "Ängla",
    "Björn",
    "Noor",
    "Vide",
    "Signe",
    "Hampus",
    "Leia",
];
const LAST: [&str; 12] = [
    "Öqvist",
    "Lindgård",
    "Łukasiewicz",
    "Ek",
    "Sjöås",
    "Demirhan",
    "Nguyễn",
    "af Bäck",
    "Hjälmqvist",
    "D'Angelo",
    "Barre",
    "Strömfält",
];
const STAFF: [(&str, &str, Role); 8] = [
    ("Ingegerd", "Åkerfalk", Role::Mentor),
    ("Tomas", "Lärk", Role::Mentor),
    ("Samira", "Holt", Role::Mentor),
    ("Göran", "Ängmo", Role::Teacher),
    ("Petra", "Sköld-Ek", Role::Mentor),
    ("Jonas", "Vik", Role::Mentor),
    ("Leyla", "Brandt", Role::Mentor),
    ("Åke", "Norrby", Role::Teacher),
];

/// One person to make an account for.
#[derive(Clone, Copy)]
pub(super) struct Person {
    pub(super) school: &'static str,
    pub(super) class: Option<&'static str>,
    pub(super) role: Role,
    pub(super) first: &'static str,
    pub(super) last: &'static str,
}

/// Everybody: the staff first, then the pupils class by class.
pub(super) fn everybody() -> impl Iterator<Item = Person> {
    let staff = STAFF.iter().enumerate().map(|(number, (first, last, role))| {
        let school = &SCHOOLS[number / 4];
        // A mentor answers for one class; the fourth of each school is a teacher without one.
        Person {
            school: school.code,
            class: school.classes.get(number % 4).copied(),
            role: *role,
            first,
            last,
        }
    });
    staff.chain((0..SCHOOLS.len() * 3 * PUPILS_PER_CLASS).map(|number| {
        let (class, school) = (number / PUPILS_PER_CLASS, &SCHOOLS[number / (3 * PUPILS_PER_CLASS)]);
        Person {
            school: school.code,
            class: Some(school.classes[class % 3]),
            role: Role::Pupil,
            first: FIRST[number % FIRST.len()],
            // A step that shares no factor with the list: no name comes twice.
            last: LAST[(number * 5 + number / FIRST.len()) % LAST.len()],
        }
    }))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn sixty_pupils_eight_staff_and_nobody_twice() {
        let people: Vec<_> = everybody().collect();
        assert_eq!(people.iter().filter(|person| person.role == Role::Pupil).count(), 60);
        assert_eq!(people.len(), 68);
        let names: HashSet<_> = people.iter().map(|person| (person.first, person.last)).collect();
        assert_eq!(names.len(), 68);
    }
}
