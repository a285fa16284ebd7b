//! What must hold for every command: print and parse agree, the packets do not matter, nothing panics.

#![allow(clippy::unwrap_used, reason = "a test may stop")]

mod support;

use std::io::Write;

use imap_wire::command::Request;
use imap_wire::{Command, Enabled, SessionConfig, Transport, WireLimits, command, encode};
use model::MailboxName;
use proptest::prelude::*;
use support::dialogue::{Dialogue, escape};
use support::generate_mailboxes::{Content, Message, Part, appended};
use support::{generate, print};

/// `text` as a client sends it without waiting: every literal non-synchronising.
fn without_waiting(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.windows(3).position(|three| three == b"}\r\n") {
        let open = rest[..at].iter().rposition(|octet| *octet == b'{').expect("a literal");
        let len: usize = std::str::from_utf8(&rest[open + 1..at]).unwrap().parse().unwrap();
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(b"+}\r\n");
        out.extend_from_slice(&rest[at + 3..at + 3 + len]);
        rest = &rest[at + 3 + len..];
    }
    out.extend_from_slice(rest);
    out
}

fn lines(commands: &[imap_wire::Command]) -> Vec<u8> {
    let mut wire = Vec::new();
    for (place, command) in commands.iter().enumerate() {
        wire.extend_from_slice(format!("t{place} ").as_bytes());
        wire.extend_from_slice(&without_waiting(&print::command(command)));
        wire.extend_from_slice(b"\r\n");
    }
    wire
}

/// Everything that happens when `wire` comes in pieces cut at `cuts`.
fn events(wire: &[u8], cuts: &[usize]) -> Vec<String> {
    let mut dialogue = Dialogue::new(SessionConfig::default(), Transport::Tls);
    dialogue.say(b"");
    let mut from = 0;
    for cut in cuts.iter().copied().chain([wire.len()]) {
        dialogue.say(&wire[from..cut]);
        from = cut;
    }
    dialogue.events
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn print_and_parse(command in generate::command()) {
        let mut wire = b"a1 ".to_vec();
        wire.extend(print::command(&command));
        let parsed = command::parse(&wire, &WireLimits::default(), Enabled::default());
        let shown = String::from_utf8_lossy(&wire).into_owned();
        prop_assert_eq!(parsed.map(|(_, command)| command), Ok(command), "{}", shown);
    }

    /// A client reads names in LIST and sends them back as they stand there.
    #[test]
    fn names_come_back_as_they_were_told(name in generate::name(), utf8: bool, imap4rev2: bool) {
        let enabled = Enabled { utf8, imap4rev2, ..Enabled::default() };
        // No client can make a mailbox whose own letters read as modified UTF-7.
        let as_text = imap_wire::decode_mutf7(name.as_str().as_bytes());
        prop_assume!(as_text.is_err() || as_text.is_ok_and(|text| text.is_ascii()));
        let mut wire = b"a1 DELETE ".to_vec();
        encode::mailbox(&name, enabled, &mut wire);
        let parsed = command::parse(&wire, &WireLimits::default(), enabled).map(|(_, command)| command);
        prop_assert_eq!(parsed, Ok(Command::Ask(Request::Delete(name))), "{}", String::from_utf8_lossy(&wire));
    }

    #[test]
    fn a_command_cut_short_or_changed_never_panics(
        command in generate::command(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0u8..3), 1..4),
    ) {
        let mut wire = b"a1 ".to_vec();
        wire.extend(print::command(&command));
        for (place, octet, kind) in changes {
            let at = place.index(wire.len());
            match kind {
                0 => wire[at] = octet,
                1 => wire.insert(at, octet),
                _ => wire.truncate(at.max(1)),
            }
        }
        let _ = command::parse(&wire, &WireLimits::default(), Enabled::default());
        wire.extend_from_slice(b"\r\n");
        events(&wire, &[]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn packets_do_not_matter(
        commands in prop::collection::vec(generate::command(), 1..6),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
        noise in prop::option::of((any::<prop::sample::Index>(), any::<u8>())),
    ) {
        // Plain text behind STARTTLS is dropped if it came in the same packet, so there packets do matter.
        let commands: Vec<_> = commands.into_iter().filter(|one| *one != Command::StartTls).collect();
        let mut wire = b"l0 AUTHENTICATE PLAIN AGFkYQBzb21tYXI=\r\nl1 LOGIN a b\r\ns SELECT INBOX\r\n".to_vec();
        let start = wire.len();
        wire.extend(lines(&commands));
        wire.extend_from_slice(b"i IDLE\r\nDONE\r\np APPEND x {5+}\r\nabcde\r\nn NOOP\r\n");
        if let Some((place, octet)) = noise {
            let at = start + place.index(wire.len() - start);
            wire[at] = octet;
        }
        let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(wire.len())).collect();
        cuts.sort_unstable();
        let bytewise: Vec<_> = (0..wire.len()).collect();
        let whole = events(&wire, &[]);
        prop_assert_eq!(&whole, &events(&wire, &cuts));
        prop_assert_eq!(&whole, &events(&wire, &bytewise));
    }
}

/// The octets of an APPEND that waits for nothing, and what the driver should hear of it.
fn append_conversation(mailbox: &MailboxName, messages: &[Message]) -> (Vec<u8>, Vec<String>) {
    let (mut wire, mut heard) = (b"a1 APPEND ".to_vec(), Vec::new());
    encode::mailbox(mailbox, Enabled::default(), &mut wire);
    let mut name = Vec::new();
    encode::mailbox(mailbox, Enabled::default(), &mut name);
    for (place, message) in messages.iter().enumerate() {
        let mut options = Vec::new();
        if !message.flags.is_empty() {
            write!(options, " ({})", message.flags).unwrap();
        }
        if let Some(date) = message.date {
            options.push(b' ');
            date.write(&mut options);
        }
        wire.extend(&options);
        let question = |content: &str| {
            let start = if place == 0 { [b"APPEND ", &name[..]].concat() } else { b"append more".to_vec() };
            let whole = [&start[..], &options, b" ", content.as_bytes()].concat();
            format!("Q: {}", escape(&String::from_utf8_lossy(&whole)))
        };
        let octets = |octets: &[u8]| format!("M: {}", escape(&String::from_utf8_lossy(octets)));
        match &message.content {
            Content::Plain(content) => {
                write!(wire, " {{{}+}}\r\n", content.len()).unwrap();
                wire.extend(content);
                heard.extend([question(&format!("{{{}}}", content.len())), octets(content)]);
            }
            Content::Literal8(content) => {
                write!(wire, " ~{{{}+}}\r\n", content.len()).unwrap();
                wire.extend(content);
                heard.extend([question(&format!("~{{{}}}", content.len())), octets(content)]);
            }
            Content::Utf8(content) => {
                write!(wire, " UTF8 (~{{{}+}}\r\n", content.len()).unwrap();
                wire.extend(content);
                wire.push(b')');
                heard.extend([question(&format!("UTF8 (~{{{}}})", content.len())), octets(content)]);
            }
            Content::Catenate(parts) => {
                wire.extend_from_slice(b" CATENATE (");
                heard.push(question("CATENATE"));
                for (place, part) in parts.iter().enumerate() {
                    wire.extend_from_slice(if place > 0 { b" " } else { b"" });
                    match part {
                        Part::Text(content) => {
                            write!(wire, "TEXT {{{}+}}\r\n", content.len()).unwrap();
                            wire.extend(content);
                            heard.extend([format!("Q: append TEXT {{{}}}", content.len()), octets(content)]);
                        }
                        Part::Url(url) => {
                            write!(wire, "URL {{{}+}}\r\n{url}", url.len()).unwrap();
                            let mut quoted = Vec::new();
                            encode::string(url.as_bytes(), &mut quoted);
                            heard.push(format!("Q: append URL {}", String::from_utf8(quoted).unwrap()));
                        }
                    }
                }
                wire.push(b')');
            }
        }
    }
    wire.extend_from_slice(b"\r\na2 NOOP\r\n");
    heard.push("Q: append finish".to_owned());
    heard.extend(["S: a1 OK APPEND completed", "Q: NOOP", "S: a2 OK NOOP completed"].map(str::to_owned));
    (wire, heard)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn every_octet_of_an_append_arrives_however_it_is_cut(
        (mailbox, messages) in appended(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
    ) {
        let (wire, heard) = append_conversation(&mailbox, &messages);
        let log_in = b"l LOGIN a b\r\n";
        let wire = [&log_in[..], &wire].concat();
        let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(wire.len())).collect();
        cuts.sort_unstable();
        for cuts in [&[][..], &cuts] {
            let events = events(&wire, cuts);
            let at = events.iter().position(|event| event.starts_with("S: l OK")).expect("a log-in");
            prop_assert_eq!(&events[at + 1..], &heard[..]);
        }
    }
}

#[test]
fn noise_never_panics() {
    // A small generator of our own, so that the same noise comes on every machine.
    let mut state = 0x2545_f491_4f6c_dd1du64;
    let words: [&[u8]; 32] = [
        b"a1 ",
        b"LOGIN ",
        b"SELECT ",
        b"FETCH ",
        b"SEARCH ",
        b"APPEND ",
        b"x ",
        b"{3}",
        b"{3+}",
        b"\r\n",
        b"(",
        b")",
        b"\"",
        b"BODY[",
        b"1:* ",
        b"IDLE\r\n",
        b"DONE\r\n",
        b"AUTHENTICATE LOGIN\r\n",
        b"\\",
        b"UID ",
        b"ENABLE QRESYNC\r\n",
        b"SELECT INBOX (QRESYNC (1 ",
        b"SORT (DATE) UTF-8 ",
        b"THREAD REFS UTF-8 ",
        b"SEARCH RETURN (PARTIAL -1:",
        b"STORE 1 (UNCHANGEDSINCE ",
        b"(CHANGEDSINCE 5 VANISHED",
        b"BINARY[",
        b"~{3+}\r\n",
        b"CATENATE (TEXT {1+}\r\nx",
        b"$",
        b"FUZZY NOT ",
    ];
    for _ in 0..20_000 {
        let mut dialogue = Dialogue::new(SessionConfig::default(), Transport::Tls);
        // Without a mailbox most words would be refused before anybody reads what is behind them.
        dialogue.say(b"l LOGIN a b\r\ns SELECT INBOX\r\n");
        let mut wire = Vec::new();
        for _ in 0..24 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            match words.get((state % 35) as usize) {
                Some(word) => wire.extend_from_slice(word),
                None => wire.push((state >> 32) as u8),
            }
        }
        dialogue.say(&wire);
    }
}
