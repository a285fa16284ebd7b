//! Runs `tests/transcripts/*.txt`, each several times with the client's octets cut in different places.
//!
//! ```text
//! # comment                     ! submission | tls active | tls available | plaintext auth | limit NAME N | whole
//! C: line, CRLF added           c: octets as they are    (both know \r \n \0 \t \\ \xHH, and \{N x} for N times x)
//! S: line from the server       S: line that begins so...
//! A: accept | queued ID | refuse CODE STATUS text        answers to the coming questions, in order
//! Q: a question that was asked, in order                 B: a line of the last accepted message
//! N: accepted messages so far   T: the hand-shake is done    X: the connection is closed    H: idle | busy | ...
//! ```
//! Lines of the client that stand together are sent together. At the end, and before the client speaks again, all
//! that the server said must have been looked at.

use std::fs;
use std::panic::catch_unwind;
use std::path::Path;

use model::Text;
use smtp_wire::{Answer, HangUp, Limits, Question, Reply, Service, Tls};

use super::driver::{Driver, session};

#[test]
fn transcripts() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 60, "only {} transcripts", files.len());
    // All of them, so that one run shows everything that a change has moved.
    let failed: Vec<_> = files.iter().filter(|file| catch_unwind(|| check(file)).is_err()).collect();
    assert!(failed.is_empty(), "{failed:#?}");
}

fn check(file: &Path) {
    let text = fs::read_to_string(file).unwrap();
    let whole = text.lines().any(|line| line == "! whole");
    let chunks: &[usize] = if whole { &[usize::MAX] } else { &[usize::MAX, 1, 2, 3, 7, 64] };
    for chunk in chunks {
        let name = format!("{} in pieces of {chunk}", file.file_name().unwrap().display());
        Run { driver: start(&text), chunk: *chunk, pending: Vec::new(), body_line: 0, name }.lines(&text);
    }
}

fn start(text: &str) -> Driver {
    let (mut service, mut tls, mut limits) = (Service::Relay, Tls::Unavailable, String::new());
    let mut plaintext_auth = false;
    for option in text.lines().filter_map(|line| line.strip_prefix("! ")) {
        match option.split(' ').collect::<Vec<_>>()[..] {
            ["submission"] => service = Service::Submission,
            ["tls", "active"] => tls = Tls::Active,
            ["tls", "available"] => tls = Tls::Available,
            ["limit", name, number] => limits += &format!("{name} = {number}\n"),
            ["plaintext", "auth"] => plaintext_auth = true,
            ["whole"] => {}
            _ => panic!("unknown option {option}"),
        }
    }
    let limits: Limits = toml::from_str(&limits).unwrap();
    Driver::new(session(service, tls, plaintext_auth, limits))
}

struct Run {
    driver: Driver,
    chunk: usize,
    /// What the client says next, in one piece.
    pending: Vec<u8>,
    body_line: usize,
    name: String,
}

impl Run {
    fn lines(mut self, text: &str) {
        let lines =
            text.lines().enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with(['#', '!']));
        for (number, line) in lines {
            let place = format!("{}, line {}: {line}", self.name, number + 1);
            let (kind, rest) = line.split_at_checked(2).unwrap_or_else(|| panic!("{place}"));
            self.line(kind, rest.strip_prefix(' ').unwrap_or_default(), &place);
        }
        let place = format!("{}, end", self.name);
        self.send();
        self.nothing_unread(&place);
    }

    fn line(&mut self, kind: &str, rest: &str, place: &str) {
        if matches!(kind, "C:" | "c:") {
            if self.pending.is_empty() {
                self.nothing_unread(place);
            }
            self.pending.extend(unescape(rest));
            self.pending.extend_from_slice(if kind == "C:" { b"\r\n" } else { b"" });
            return;
        }
        if kind != "A:" {
            self.send();
        }
        match kind {
            "S:" => self.expect_line(rest, place),
            "A:" => self.driver.answers.push_back(answer(rest)),
            "Q:" => {
                let asked =
                    self.driver.questions.pop_front().unwrap_or_else(|| panic!("{place}: no question"));
                assert_eq!(describe(&asked), rest, "{place}");
            }
            "B:" => self.expect_body_line(rest, place),
            "N:" => assert_eq!(self.driver.accepted.len().to_string(), rest, "{place}"),
            "T:" => self.driver.tls_started(),
            "X:" => assert!(self.driver.closed, "{place}: still open"),
            "H:" => self.hang_up(rest, place),
            _ => panic!("{place}: what is this?"),
        }
    }

    fn send(&mut self) {
        let octets = std::mem::take(&mut self.pending);
        octets.chunks(self.chunk.min(octets.len().max(1))).for_each(|piece| self.driver.feed(piece));
        if !octets.is_empty() {
            self.body_line = 0;
        }
    }

    fn expect_line(&mut self, expected: &str, place: &str) {
        let output = &mut self.driver.output;
        let end =
            output.windows(2).position(|two| two == b"\r\n").unwrap_or_else(|| panic!("{place}: silence"));
        let line: Vec<u8> = output.drain(..end + 2).take(end).collect();
        let line = String::from_utf8(line).unwrap();
        match expected.strip_suffix("...") {
            Some(start) => assert!(line.starts_with(start), "{place}\n  got: {line}"),
            None => assert_eq!(line, expected, "{place}"),
        }
    }

    fn expect_body_line(&mut self, expected: &str, place: &str) {
        let body = self.driver.accepted.last().unwrap_or_else(|| panic!("{place}: no message"));
        let mut expected = unescape(expected);
        expected.extend_from_slice(b"\r\n");
        let rest = &body[self.body_line..];
        assert!(rest.starts_with(&expected), "{place}\n  got: {:?}", String::from_utf8_lossy(rest));
        self.body_line += expected.len();
    }

    fn hang_up(&mut self, why: &str, place: &str) {
        self.driver.session.hang_up(match why {
            "idle" => HangUp::Idle,
            "too long" => HangUp::TooLong,
            "login ended" => HangUp::LoginEnded,
            "busy" => HangUp::Busy,
            "shutting down" => HangUp::ShuttingDown,
            _ => panic!("{place}"),
        });
        self.driver.run();
    }

    fn nothing_unread(&self, place: &str) {
        let unread = String::from_utf8_lossy(&self.driver.output);
        assert!(unread.is_empty(), "{place}: unread: {unread}");
        let body = self.driver.accepted.last().map_or(0, Vec::len);
        assert!(self.body_line == 0 || self.body_line == body, "{place}: more body than expected");
    }
}

fn answer(text: &str) -> Answer {
    let words: Vec<&str> = text.splitn(4, ' ').collect();
    match words[..] {
        ["accept"] => Answer::Accept,
        ["queued", id] => Answer::Queued(id.parse().unwrap()),
        ["refuse", code, status, text] => {
            let text = match text.split_once(" / ") {
                Some((sv, en)) => Text::new(sv, en),
                None => Text::new(text, text),
            };
            Answer::Refuse(Reply::new(code.parse().unwrap(), status.parse().unwrap(), text))
        }
        _ => panic!("unknown answer {text}"),
    }
}

fn describe(question: &Question) -> String {
    match question {
        Question::Auth { mechanism, authorization_id, authentication_id, secret } => {
            let acting = authorization_id.as_ref().map(|id| format!(" as {id}")).unwrap_or_default();
            format!("AUTH {} {authentication_id} {}{acting}", mechanism.name(), secret.expose())
        }
        Question::Mail { from, size, body, smtputf8 } => {
            let size = size.map(|size| format!(" SIZE={size}")).unwrap_or_default();
            format!("MAIL {from}{size} {body:?}{}", if *smtputf8 { " SMTPUTF8" } else { "" })
        }
        Question::Rcpt { to } => format!("RCPT {to}"),
        Question::EndOfData { size } => format!("END {size}"),
    }
}

fn unescape(text: &str) -> Vec<u8> {
    let (mut octets, mut rest) = (Vec::new(), text);
    while let Some(place) = rest.find('\\') {
        octets.extend_from_slice(&rest.as_bytes()[..place]);
        let (one, after) = rest[place + 1..].split_at(1);
        rest = after;
        match one {
            "r" => octets.push(b'\r'),
            "n" => octets.push(b'\n'),
            "t" => octets.push(b'\t'),
            "0" => octets.push(0),
            "x" => {
                octets.push(u8::from_str_radix(&rest[..2], 16).unwrap());
                rest = &rest[2..];
            }
            "{" => {
                let (times, after) = rest.split_once('}').unwrap();
                let (count, what) = times.split_once(' ').unwrap();
                octets.extend(unescape(what).repeat(count.parse().unwrap()));
                rest = after;
            }
            other => octets.extend_from_slice(other.as_bytes()),
        }
    }
    octets.extend_from_slice(rest.as_bytes());
    octets
}
