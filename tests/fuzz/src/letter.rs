//! A letter: splitter, body structure, ENVELOPE, text, and what is kept of them.
//!
//! What must hold: the parser never panics (it catches itself, and says so); every part lies in its parent and overlaps
//! no other; the IMAP values are well-formed; what was kept reads back the same; and bounds bound.

use message::{Derived, DerivedView, Limits, PartKind, SectionKind, SectionPath};

/// The first octet chooses limits; the rest is the letter, and also what a damaged store may give back.
pub fn letter(data: &[u8]) {
    let [choice, letter @ ..] = data else { return };
    let limits = limits(*choice);
    let derived = message::derive(letter, &limits);
    assert!(derived.parsed, "the parser panicked");
    places(&derived, letter.len() as u64, &limits);
    for value in [&derived.envelope, &derived.body_structure, &derived.body()] {
        well_formed(value);
    }
    // Folding case can make three octets of one.
    let text_max = 3 * limits.search_bytes_max + limits.parts_max;
    assert!(derived.text.len() <= text_max && derived.headers.len() <= text_max);
    let record = derived.encode();
    assert_eq!(Derived::decode(&record).as_ref(), Ok(&derived));
    view(&DerivedView::open(&record).unwrap(), letter.len() as u64);
    if let Ok(kept) = DerivedView::open(letter) {
        kept.sent();
        kept.body();
    }
    let _ = Derived::decode(letter);
    header(letter);
}

#[allow(clippy::needless_update, reason = "a new limit keeps its default")]
fn limits(choice: u8) -> Limits {
    if choice.is_multiple_of(2) {
        return Limits::default();
    }
    Limits {
        levels_max: 3,
        parts_max: 5,
        header_bytes_max: 200,
        headers_bytes_max: 400,
        addresses_max: 3,
        parameters_max: 2,
        search_bytes_max: 100,
        ..Limits::default()
    }
}

fn places(derived: &Derived, size: u64, limits: &Limits) {
    assert_eq!(derived.size, size);
    assert!((1..=limits.parts_max).contains(&derived.parts.len()));
    let root = derived.parts[0].place;
    assert_eq!((root.header, root.end, root.parent), (0, size, None));
    let mut ends = vec![0; derived.parts.len()];
    for (number, part) in derived.parts.iter().enumerate() {
        let place = part.place;
        assert!(place.header <= place.body && place.body <= place.end);
        let Some(parent) = place.parent.map(|parent| parent as usize) else { continue };
        let around = derived.parts[parent].place;
        assert!(parent < number && around.kind != PartKind::Leaf);
        assert!(around.body <= place.header && place.end <= around.end);
        assert!(ends[parent] <= place.header, "parts overlap");
        ends[parent] = place.end;
    }
}

/// One list, with strings and literals that end where they should.
fn well_formed(value: &[u8]) {
    let (mut at, mut depth) = (0, 0_usize);
    loop {
        match value[at] {
            b'(' => depth += 1,
            b')' => depth = depth.checked_sub(1).expect("no more closed than opened"),
            b'"' => at = quoted_end(value, at),
            b'{' => {
                let digits = value[at + 1..].iter().take_while(|octet| octet.is_ascii_digit()).count();
                let len = std::str::from_utf8(&value[at + 1..at + 1 + digits]).unwrap();
                assert_eq!(&value[at + 1 + digits..at + 4 + digits], b"}\r\n");
                let start = at + 4 + digits;
                let end = start + len.parse::<usize>().unwrap();
                assert!(!value[start..end].contains(&0));
                at = end - 1;
            }
            octet => assert!(octet == b' ' || octet.is_ascii_alphanumeric(), "{octet} outside a string"),
        }
        at += 1;
        if depth == 0 {
            break;
        }
    }
    assert_eq!(at, value.len());
}

fn quoted_end(value: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while value[at] != b'"' {
        assert!(value[at].is_ascii() && !matches!(value[at], 0 | b'\r' | b'\n'));
        at += if value[at] == b'\\' { 2 } else { 1 };
    }
    at
}

fn view(kept: &DerivedView<'_>, size: u64) {
    kept.sent();
    for numbers in [&[][..], &[1], &[2], &[1, 1], &[1, 2, 1], &[u32::MAX]] {
        for kind in [SectionKind::Content, SectionKind::Header, SectionKind::Text, SectionKind::Mime] {
            let range = kept.section(&SectionPath { parts: numbers.to_vec(), kind });
            assert!(range.is_none_or(|range| range.start <= range.end && range.end <= size));
        }
        kept.part_at(numbers);
    }
}

fn header(letter: &[u8]) {
    let end = message::header_end(letter);
    let header = &letter[..end];
    assert!(message::fields(header).count() <= header.len());
    for not in [false, true] {
        let names = ["Subject", "received"];
        assert!(message::header_fields(header, &names, not).len() <= header.len() + 4);
    }
    message::missing_fields(header);
    message::without_private_fields(header);
    let _ = message::from_addresses(header);
    message::claimed_senders(header);
    message::hops(header);
    message::message_id(header);
    let text = String::from_utf8_lossy(header);
    let folded = message::fold(&text);
    assert_eq!(message::fold(&folded), folded, "folding twice is folding once");
}
