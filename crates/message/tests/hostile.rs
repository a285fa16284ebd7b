//! Letters that want to hurt: bounded in time and size, never a panic, every octet still in its place.

#![allow(clippy::unwrap_used)] // Helpers of tests are tests.

use std::time::{Duration, Instant};

use message::{
    Derived, DerivedView, Limits, PartKind, SectionKind, SectionPath, derive, from_addresses, header_end,
};

/// What holds for every letter.
fn check(letter: &[u8], limits: &Limits) -> Derived {
    let derived = derive(letter, limits);
    assert!(derived.parsed, "the parser panicked");
    assert_eq!(derived.size, letter.len() as u64);
    assert!(derived.parts.len() <= limits.parts_max);
    let root = derived.parts[0].place;
    assert_eq!((root.header, root.end, root.parent), (0, derived.size, None));
    let mut siblings_end = vec![0; derived.parts.len()];
    for (number, part) in derived.parts.iter().enumerate() {
        let place = part.place;
        assert!(place.header <= place.body && place.body <= place.end);
        let Some(parent) = place.parent.map(|parent| parent as usize) else { continue };
        let around = derived.parts[parent].place;
        assert!(parent < number && around.kind != PartKind::Leaf);
        assert!(around.body <= place.header && place.end <= around.end, "part {number} leaves part {parent}");
        assert!(siblings_end[parent] <= place.header, "part {number} overlaps its neighbour");
        siblings_end[parent] = place.end;
    }
    balanced(&derived.envelope);
    balanced(&derived.body_structure);
    balanced(&derived.body());
    assert!(!derived.envelope.contains(&0) && !derived.body_structure.contains(&0));
    let record = derived.encode();
    assert_eq!(Derived::decode(&record).as_ref(), Ok(&derived));
    derived
}

/// One parenthesised list, quoted strings and literals sound.
fn balanced(value: &[u8]) {
    let (mut at, mut depth) = (0, 0_usize);
    loop {
        match value[at] {
            b'(' => depth += 1,
            b')' => depth -= 1,
            b'"' => {
                at += 1;
                while value[at] != b'"' {
                    assert!(value[at].is_ascii() && !matches!(value[at], b'\r' | b'\n'));
                    at += if value[at] == b'\\' { 2 } else { 1 };
                }
            }
            b'{' => {
                let end = at + value[at..].iter().position(|octet| *octet == b'}').unwrap();
                let length: usize = std::str::from_utf8(&value[at + 1..end]).unwrap().parse().unwrap();
                assert_eq!(&value[end + 1..end + 3], b"\r\n");
                at = end + 2 + length;
            }
            octet => assert!(octet == b' ' || octet.is_ascii_alphanumeric(), "{octet:?} outside a string"),
        }
        at += 1;
        if depth == 0 {
            return assert_eq!(at, value.len());
        }
    }
}

fn quick(name: &str, letter: &[u8]) -> Derived {
    let start = Instant::now();
    let derived = check(letter, &Limits::default());
    let _ = from_addresses(&letter[..letter.len().min(1 << 20)]);
    let taken = start.elapsed();
    // Unoptimised, on a busy machine; what is quadratic takes minutes.
    assert!(taken < Duration::from_secs(20), "{name} took {taken:?}");
    assert!(derived.encode().len() < 16 << 20, "{name} gives {} octets", derived.encode().len());
    derived
}

#[test]
fn nesting_without_end() {
    let mut nested = Vec::new();
    for level in 0..20_000 {
        nested.extend(
            format!("Content-Type: multipart/mixed; boundary=b{level}\r\n\r\n--b{level}\r\n").into_bytes(),
        );
    }
    let derived = quick("nested multiparts", &nested);
    assert_eq!(derived.parts.len(), 100);
    assert_eq!(derived.parts[99].media_type, "application/octet-stream");

    let enclosed = "Content-Type: message/rfc822\r\n\r\n".repeat(5_000);
    assert_eq!(quick("nested letters", enclosed.as_bytes()).parts.len(), 100);

    let same = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n".repeat(20_000);
    quick("nested multiparts of one boundary", same.as_bytes());
}

#[test]
fn parts_without_end() {
    let mut flat = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n".to_vec();
    flat.extend("--b\r\n\r\nx\r\n".repeat(200_000).into_bytes());
    let derived = quick("flat parts", &flat);
    assert_eq!(derived.parts.len(), 1_000);
    assert_eq!(derived.parts[999].place.end, derived.size, "the last part keeps the rest");

    let mut levels = Vec::new();
    for level in 0..98 {
        levels.extend(
            format!("Content-Type: multipart/mixed; boundary=b{level:02}\r\n\r\n--b{level:02}\r\n")
                .into_bytes(),
        );
    }
    levels.extend("\r\n--bxx".repeat(200_000).into_bytes());
    quick("lines that look like delimiters", &levels);
}

#[test]
fn headers_without_end() {
    for (name, bytes, line) in [
        ("fields", 25 << 20, "X-Field: value\r\n"),
        ("addresses", 2 << 20, "To: a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p\r\n"),
        ("continuations", 2 << 20, " a,\r\n"),
        ("parameters", 2 << 20, "Content-Type: text/plain; a=b; c=d; e=f\r\n"),
    ] {
        quick(name, format!("From: a@x.test\r\n{}", line.repeat(bytes / line.len())).as_bytes());
    }
    for (name, octets) in [
        ("one line", "x"),
        ("commas", ","),
        ("colons", ":"),
        ("at signs", "@"),
        ("angles", "<"),
        ("comments", "("),
        ("quotes", "\""),
        ("encoded words", "=?utf-8?Q?"),
        ("empty words", "=?utf-8?Q??="),
        ("parameters", ";a=b"),
        ("routes", "<@a:"),
        ("mixed", "a (b) @ c : ; < > "),
    ] {
        for field in ["From", "Content-Type", "Content-Disposition", "Subject", "Content-Language", "Date"] {
            quick(name, format!("{field}: {}\r\n\r\nbody", octets.repeat(300_000 / octets.len())).as_bytes());
        }
    }
    let words = format!("From: {}@{}\r\n\r\n", "a ".repeat(60_000), ":".repeat(60_000));
    quick("colons behind many words", words.as_bytes());
    let mut enclosed = b"Content-Type: multipart/digest; boundary=b\r\n\r\n".to_vec();
    for _ in 0..900 {
        enclosed.extend(format!("--b\r\n\r\nTo: {}\r\n\r\nx\r\n", "a,".repeat(10_000)).into_bytes());
    }
    quick("enclosed envelopes", &enclosed);
}

#[test]
fn odd_octets_everywhere() {
    for octet in
        [&b"\0"[..], b"\r", b"\n", b"\r\n", b"\xff", b"-", b"--", b"\n--", b"=", b"<", b"&", b"<a x=\"'>"]
    {
        for start in [
            &b""[..],
            b"Subject: ",
            b"Content-Type: multipart/mixed; boundary=\"\"\r\n\r\n",
            b"Content-Type: multipart/mixed; boundary=-\r\n\r\n---\r\n",
            b"Content-Type: text/html; charset=utf-7\r\n\r\n",
            b"Content-Transfer-Encoding: quoted-printable\r\n\r\n",
            b"Content-Transfer-Encoding: base64\r\n\r\n",
        ] {
            quick("octets", &[start, &octet.repeat(400_000 / octet.len())].concat());
        }
    }
    check(b"", &Limits::default());
}

#[test]
fn limits_of_one_hold() {
    let limits = Limits {
        levels_max: 1,
        parts_max: 1,
        header_bytes_max: 1,
        headers_bytes_max: 1,
        addresses_max: 1,
        parameters_max: 1,
        search_bytes_max: 1,
    };
    let letter =
        b"From: a@b, c@d\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n";
    check(letter, &limits);
    let derived = check(letter, &Limits { headers_bytes_max: 2 << 20, header_bytes_max: 1 << 10, ..limits });
    assert_eq!(derived.parts.len(), 1);
    assert!(!derived.text_complete);
}

#[test]
fn letters_with_octets_changed() {
    let seeds: [&[u8]; 5] = [
        include_bytes!("mail/alternative.eml"),
        include_bytes!("mail/enclosed.eml"),
        include_bytes!("mail/digest.eml"),
        include_bytes!("mail/plain.eml"),
        include_bytes!("mail/bad_content_type.eml"),
    ];
    let pieces: [&[u8]; 12] =
        [b"\r\n", b"--b", b"\"", b"(", b"\0", b":", b"=?", b";", b"--", b"\r\n\r\n", b"message/rfc822", b"<"];
    let mut random = 0x5eed_u64;
    let mut next = |below: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        usize::try_from(random % below as u64).unwrap()
    };
    for _ in 0..20_000 {
        let mut letter = seeds[next(seeds.len())].to_vec();
        for _ in 0..=next(8) {
            let at = next(letter.len());
            match next(4) {
                0 => letter[at] = u8::try_from(next(256)).unwrap(),
                1 => letter.truncate(at.max(1)),
                2 => drop(letter.splice(at..at, pieces[next(pieces.len())].iter().copied())),
                _ => drop(letter.drain(at..(at + next(40)).min(letter.len() - 1).max(at))),
            }
        }
        let derived = check(&letter, &Limits::default());
        let whole = SectionPath::of_letter(SectionKind::Text);
        assert_eq!(derived.section(&whole).unwrap().start, header_end(&letter) as u64);
        let _ = from_addresses(&letter);
    }
}

#[test]
fn damaged_records_are_refused() {
    let record = derive(include_bytes!("mail/alternative.eml"), &Limits::default()).encode();
    for at in 0..record.len() {
        let mut damaged = record.clone();
        damaged[at] ^= 0x10;
        assert!(DerivedView::open(&damaged).is_err(), "octet {at}");
        assert!(Derived::decode(&record[..at]).is_err());
    }
}
