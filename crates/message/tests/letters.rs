//! Every letter in `tests/mail`: what is derived of it stands beside it in a `.txt`, to be read by people.
//! `MESSAGE_TEST_WRITE=1` writes these files anew; read the difference before it is committed.

#![allow(clippy::unwrap_used)] // Helpers of tests are tests.

use std::fmt::Write;
use std::path::Path;

use message::{Derived, DerivedView, Limits, SectionKind, SectionPath, derive};

fn shown(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).replace("\r\n", "\\r\\n").replace('\n', "\\n")
}

/// The numbers of every part that a client can ask for, found by asking.
fn numbers(view: &DerivedView<'_>) -> Vec<Vec<u32>> {
    let mut found: Vec<Vec<u32>> = Vec::new();
    let mut open = vec![Vec::new()];
    while let Some(at) = open.pop() {
        for number in (1..).take_while(|number| view.part_at(&[&at[..], &[*number]].concat()).is_some()) {
            let inner = [&at[..], &[number]].concat();
            if inner.len() < 10 {
                found.push(inner.clone());
                open.push(inner);
            }
        }
    }
    found.sort();
    found
}

fn report(letter: &[u8]) -> String {
    let derived = derive(letter, &Limits::default());
    let record = derived.encode();
    assert_eq!(Derived::decode(&record).as_ref(), Ok(&derived));
    let view = DerivedView::open(&record).unwrap();
    let mut out = String::new();
    let mut line = |name: &str, text: &[u8]| writeln!(out, "{name} {}", shown(text)).unwrap();
    line("ENVELOPE", view.envelope());
    line("BODYSTRUCTURE", view.body_structure());
    line("BODY", &view.body());
    line("message-id", view.message_id());
    line("sent", format!("{:?}", view.sent()).as_bytes());
    line("preview", view.preview().unwrap().as_bytes());
    line("headers", view.headers());
    line("text", view.text());
    let kinds = [
        (SectionKind::Header, ".HEADER"),
        (SectionKind::Text, ".TEXT"),
        (SectionKind::Mime, ".MIME"),
        (SectionKind::Content, ""),
    ];
    for parts in numbers(&view) {
        for (kind, name) in kinds {
            let path = SectionPath { parts: parts.clone(), kind };
            assert_eq!(derived.section(&path), view.section(&path));
            let Some(range) = view.section(&path) else { continue };
            let octets = &letter[usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap()];
            let number = parts.iter().map(u32::to_string).collect::<Vec<_>>().join(".");
            line(&format!("{number}{name}"), octets);
        }
    }
    out
}

#[test]
fn every_letter_gives_what_stands_beside_it() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mail");
    let mut letters = 0;
    let mut wrong = String::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "eml") {
            continue;
        }
        letters += 1;
        let found = report(&std::fs::read(&path).unwrap());
        if std::env::var_os("MESSAGE_TEST_WRITE").is_some() {
            std::fs::write(path.with_extension("txt"), &found).unwrap();
        }
        let expected = std::fs::read_to_string(path.with_extension("txt")).unwrap_or_default();
        if found != expected {
            write!(wrong, "{}:\n{found}\n", path.display()).unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(letters >= 10);
}

#[test]
fn the_letter_itself_has_sections_too() {
    let letter = b"A: b\r\n\r\nbody";
    let derived = derive(letter, &Limits::default());
    let at = |kind| derived.section(&SectionPath::of_letter(kind));
    assert_eq!(at(SectionKind::Content), Some(0..12));
    assert_eq!(at(SectionKind::Header), Some(0..8));
    assert_eq!(at(SectionKind::Text), Some(8..12));
    assert_eq!(at(SectionKind::Mime), None);
    for parts in [vec![0], vec![2], vec![1, 1], vec![u32::MAX]] {
        assert_eq!(derived.section(&SectionPath { parts, kind: SectionKind::Content }), None);
    }
}
