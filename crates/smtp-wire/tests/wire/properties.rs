//! What holds for every dialogue, however strange and however it is cut.

use proptest::prelude::*;
use smtp_wire::{Limits, Service, Tls};

use super::driver::{Driver, session};

/// Pieces from which dialogues are made: commands, contents, ends of data true and false.
const PIECES: &[&str] = &[
    "EHLO mx.test\r\n",
    "HELO mx.test\r\n",
    "MAIL FROM:<a@b.test>\r\n",
    "MAIL FROM:<å@b.test> SMTPUTF8\r\n",
    "MAIL FROM:<> SIZE=500\r\n",
    "RCPT TO:<c@d.test>\r\n",
    "RCPT TO:<Postmaster>\r\n",
    "DATA\r\n",
    "Subject: x\r\n\r\n",
    "text\r\n",
    "..\r\n",
    ".a\r\n",
    "\r\n.\r\n",
    ".\r\n",
    "\n.\n",
    "\r.\r",
    "\n.\r\n",
    "\r\n.\n",
    "\r",
    "\n",
    ".",
    "\0",
    "BDAT 5\r\n",
    "BDAT 9 LAST\r\n",
    "BDAT 0 LAST\r\n",
    "BDAT 400\r\n",
    "abc\r\n",
    "RSET\r\n",
    "NOOP\r\n",
    "VRFY a\r\n",
    "AUTH PLAIN AGFkYQBwdw==\r\n",
    "AUTH LOGIN\r\n",
    "YWRh\r\n",
    "*\r\n",
    "0123456789012345678901234567890123456789",
    "QUIT\r\n",
];

fn limits() -> Limits {
    Limits {
        command_line_bytes_max: 80,
        auth_line_bytes_max: 100,
        line_flood_bytes_max: 400,
        message_bytes_max: 600,
        body_line_bytes_max: 100,
        recipients_max: 3,
        ..Limits::default()
    }
}

/// Replies, accepted messages, questions, and whether the connection is closed.
fn outcome(service: Service, octets: &[u8], cuts: &[usize]) -> (Vec<u8>, Vec<Vec<u8>>, String, bool) {
    let mut driver = Driver::new(session(service, Tls::Active, false, limits()));
    let mut from = 0;
    for to in cuts.iter().copied().chain([octets.len()]) {
        driver.feed(&octets[from..to.max(from)]);
        from = to.max(from);
    }
    (driver.output, driver.accepted, format!("{:?}", driver.questions), driver.closed)
}

fn service() -> impl Strategy<Value = Service> {
    prop_oneof![Just(Service::Relay), Just(Service::Submission)]
}

/// Usually a sensible beginning, so that the rest meets every state.
fn dialogue() -> impl Strategy<Value = Vec<u8>> {
    let opening = prop_oneof![
        Just(""),
        Just("EHLO a.test\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<c@d.test>\r\n"),
        Just("EHLO a.test\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<c@d.test>\r\nDATA\r\n"),
        Just("EHLO a\r\nAUTH PLAIN AGFkYQBwdw==\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<c@d.test>\r\nDATA\r\n"),
    ];
    (opening, prop::collection::vec(prop::sample::select(PIECES), 0..24))
        .prop_map(|(opening, pieces)| [opening.as_bytes(), pieces.concat().as_bytes()].concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn it_does_not_matter_how_a_dialogue_is_cut(
        service in service(),
        octets in dialogue(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let whole = outcome(service, &octets, &[]);
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(octets.len() + 1)).collect();
        cuts.sort_unstable();
        prop_assert_eq!(&whole, &outcome(service, &octets, &cuts));
        let singly: Vec<usize> = (0..octets.len()).collect();
        prop_assert_eq!(&whole, &outcome(service, &octets, &singly));
    }

    #[test]
    fn mutated_dialogues_never_panic(
        service in service(),
        mut octets in dialogue(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
    ) {
        for (place, octet) in changes {
            if !octets.is_empty() {
                let place = place.index(octets.len());
                octets[place] = octet;
            }
        }
        let (output, ..) = outcome(service, &octets, &[]);
        for line in output.split_inclusive(|octet| *octet == b'\n') {
            prop_assert!(line.ends_with(b"\r\n") && line.len() <= 512);
            prop_assert!(line[..3].iter().all(u8::is_ascii_digit) && matches!(line[3], b' ' | b'-'));
        }
    }

    #[test]
    fn content_comes_out_as_it_went_in(lines in prop::collection::vec("[.a-zå ]{0,30}", 0..30), chunk in 1usize..50) {
        let message: Vec<u8> = lines.iter().flat_map(|line| format!("{line}\r\n").into_bytes()).collect();
        let stuffed: String =
            lines.iter().map(|line| format!("{}{line}\r\n", if line.starts_with('.') { "." } else { "" })).collect();
        let bdat = |part: &[u8], last: &str| [format!("BDAT {}{last}\r\n", part.len()).as_bytes(), part].concat();
        let chunks: Vec<u8> = message.chunks(chunk).flat_map(|part| bdat(part, "")).collect();
        for content in [
            format!("DATA\r\n{stuffed}.\r\n").into_bytes(),
            bdat(&message, " LAST"),
            [chunks, bdat(b"", " LAST")].concat(),
        ] {
            let opening = b"EHLO a.test\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<c@d.test>\r\n";
            let octets = [&opening[..], &content, b"QUIT\r\n"].concat();
            let mut driver = Driver::new(session(Service::Relay, Tls::Unavailable, false, Limits::default()));
            octets.chunks(chunk).for_each(|piece| driver.feed(piece));
            prop_assert!(driver.closed);
            prop_assert_eq!(&driver.accepted, std::slice::from_ref(&message));
        }
    }
}
