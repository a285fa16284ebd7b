//! Answers, taken apart as a client takes them apart.

use std::collections::BTreeSet;

use super::truth::Flags;

/// One untagged answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    Exists(usize),
    Expunge(usize),
    Vanished {
        earlier: bool,
        uids: BTreeSet<u32>,
    },
    Fetch(Fetched),
    Search(Vec<u32>),
    /// HIGHESTMODSEQ, UIDVALIDITY, COPYUID of MOVE: the words between the brackets.
    Code(String),
    Other,
}

/// What FETCH tells of a message.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Fetched {
    pub(super) place: usize,
    pub(super) uid: Option<u32>,
    pub(super) flags: Option<Flags>,
    pub(super) mod_seq: Option<u64>,
}

impl Line {
    pub(super) fn parse(line: &str) -> Self {
        let words = line.strip_prefix("* ").expect("an untagged answer");
        if let Some(uids) = words.strip_prefix("VANISHED (EARLIER) ") {
            return Self::Vanished { earlier: true, uids: numbers(uids) };
        }
        if let Some(uids) = words.strip_prefix("VANISHED ") {
            return Self::Vanished { earlier: false, uids: numbers(uids) };
        }
        if let Some(found) = words.strip_prefix("SEARCH") {
            let found = found.split(" (MODSEQ ").next().expect("the begin of it");
            return Self::Search(
                found.split_whitespace().map(|word| word.parse().expect("a number")).collect(),
            );
        }
        if let Some(code) = words.strip_prefix("OK [") {
            return Self::Code(code.split(']').next().expect("the begin of it").to_owned());
        }
        let Some((number, rest)) = words.split_once(' ') else { return Self::Other };
        let Ok(number) = number.parse() else { return Self::Other };
        match rest {
            "EXISTS" => Self::Exists(number),
            "EXPUNGE" => Self::Expunge(number),
            _ => match rest.strip_prefix("FETCH (") {
                Some(items) => Self::Fetch(fetched(number, items.strip_suffix(')').expect("an end"))),
                None => Self::Other,
            },
        }
    }
}

fn fetched(place: usize, mut items: &str) -> Fetched {
    let mut fetched = Fetched { place, ..Fetched::default() };
    while let Some((name, rest)) = items.split_once(' ') {
        let value = if let Some(list) = rest.strip_prefix('(') {
            let (list, behind) = list.split_once(')').expect("an end of the list");
            items = behind.trim_start();
            list
        } else {
            let (word, behind) = rest.split_once(' ').unwrap_or((rest, ""));
            items = behind;
            word
        };
        match name {
            "UID" => fetched.uid = Some(value.parse().expect("a UID")),
            "MODSEQ" => fetched.mod_seq = Some(value.parse().expect("a MODSEQ")),
            "FLAGS" => {
                let flags = value.split_whitespace().filter(|flag| *flag != "\\Recent");
                fetched.flags = Some(flags.map(str::to_owned).collect());
            }
            other => panic!("nobody asked for {other}"),
        }
    }
    fetched
}

/// `1:3,7`, in the order in which they stand.
pub(super) fn sequence(set: &str) -> Vec<u32> {
    let number = |word: &str| word.parse::<u32>().expect("a number");
    set.split(',')
        .flat_map(|range| match range.split_once(':') {
            Some((low, high)) => number(low)..=number(high),
            None => number(range)..=number(range),
        })
        .collect()
}

pub(super) fn numbers(set: &str) -> BTreeSet<u32> {
    sequence(set).into_iter().collect()
}

/// As a command names them.
pub(super) fn set(numbers: &[u32]) -> String {
    numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

#[test]
fn answers_are_taken_apart() {
    let fetch = Line::parse("* 3 FETCH (UID 7 FLAGS (\\Seen a \\Recent) MODSEQ (12))");
    let flags = Some(["\\Seen".to_owned(), "a".to_owned()].into());
    assert_eq!(fetch, Line::Fetch(Fetched { place: 3, uid: Some(7), flags, mod_seq: Some(12) }));
    let earlier = Line::Vanished { earlier: true, uids: [1, 4, 5].into() };
    assert_eq!(Line::parse("* VANISHED (EARLIER) 1,4:5"), earlier);
    assert_eq!(Line::parse("* SEARCH 2 84 (MODSEQ 9)"), Line::Search(vec![2, 84]));
    assert_eq!(Line::parse("* OK [HIGHESTMODSEQ 4] x"), Line::Code("HIGHESTMODSEQ 4".to_owned()));
    assert_eq!(Line::parse("* FLAGS (\\Seen)"), Line::Other);
}
