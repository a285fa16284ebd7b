//! A whole IMAP dialogue: what a client says comes in packets of any length, and the driver answers now this, now that.
//!
//! What must hold: every reply is whole lines without NUL; the octets of a message are as many as were announced; after
//! the end there is nothing more; no packet makes more steps than it has octets to cause them; what waits is bounded; and
//! however the same octets are cut into packets, the dialogue is the same.

use std::sync::Arc;

use imap_wire::{Code, Completion, Request, Session, SessionConfig, Step, Transport, WireLimits};
use model::Text;

/// The first octet chooses limits, the second where packets end, the third what the driver answers; the rest is said.
pub fn session(data: &[u8]) {
    let [limits, cuts, answers, said @ ..] = data else { return };
    let config = Arc::new(SessionConfig { limits: self::limits(*limits), ..SessionConfig::default() });
    let in_packets = Dialogue::new(&config, *answers).talk(said, *cuts);
    // Where a line is too long for us, we hang up or not by what has come of it so far.
    if said.len() < config.limits.line_bytes_max as usize {
        let at_once = Dialogue::new(&config, *answers).talk(said, 0);
        assert_eq!(in_packets, at_once, "the dialogue depends on where packets end");
    }
}

/// The defaults, or limits that a short input can reach.
fn limits(choice: u8) -> WireLimits {
    if choice.is_multiple_of(2) {
        return WireLimits::default();
    }
    WireLimits {
        line_bytes_max: 120,
        literal_bytes_max: 100,
        literals_max: 4,
        message_bytes_max: 300,
        bad_commands_max: 8,
        login_failures_max: 3,
        search_keys_max: 6,
        search_depth_max: 4,
        list_items_max: 6,
        pattern_bytes_max: 30,
        ..WireLimits::default()
    }
}

struct Dialogue {
    session: Session,
    answers: u32,
    written: Vec<u8>,
    asked: Vec<String>,
    /// Octets of the message that were announced and have not come.
    expected: Option<u64>,
    waiting_max: usize,
}

/// What a client and the driver see.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    written: String,
    asked: Vec<String>,
}

impl Dialogue {
    fn new(config: &Arc<SessionConfig>, answers: u8) -> Self {
        let limits = &config.limits;
        Self {
            session: Session::new(config.clone(), Transport::Tls),
            answers: u32::from(answers),
            written: Vec::new(),
            asked: Vec::new(),
            expected: None,
            waiting_max: limits.line_bytes_max as usize,
        }
    }

    fn talk(mut self, said: &[u8], cuts: u8) -> Seen {
        let mut rest = said;
        let mut random = u32::from(cuts);
        while self.work(rest.len()) && !rest.is_empty() {
            let len = if cuts == 0 { rest.len() } else { 1 + next(&mut random) as usize % usize::from(cuts) };
            let (packet, behind) = rest.split_at(len.min(rest.len()));
            self.session.feed(packet);
            rest = behind;
        }
        self.check_lines();
        Seen { written: String::from_utf8_lossy(&self.written).into_owned(), asked: self.asked }
    }

    /// Until the client is needed; false at the end.
    fn work(&mut self, left: usize) -> bool {
        let fed = self.session.waiting();
        for _ in 0..16 + 8 * (fed + 1) {
            match self.session.step() {
                Step::Write(octets) => self.written.extend(octets),
                Step::Read | Step::Idle => {
                    assert!(self.session.waiting() <= self.waiting_max, "{} wait", self.session.waiting());
                    return true;
                }
                Step::Ask(request) => {
                    let completion = self.answer(&request);
                    self.session.done(completion);
                }
                Step::Literal(octets) => {
                    let left = self.expected.as_mut().expect("a message was announced");
                    *left = left.checked_sub(octets.len() as u64).expect("no more than was announced");
                }
                Step::StartTls => self.session.tls_started(),
                Step::ForgetSaved => {}
                Step::Compress(octets) => self.session.feed(&octets),
                Step::Close => {
                    assert_eq!(self.session.step(), Step::Close);
                    return false;
                }
            }
        }
        panic!("{fed} octets make steps without end, {left} are left");
    }

    fn answer(&mut self, request: &Request) -> Completion {
        self.asked.push(format!("{request:?}"));
        let choice = next(&mut self.answers) % 8;
        let ok = choice > 1 || matches!(request, Request::Authenticate(_)) && choice > 0;
        match request {
            Request::AppendStart(append) if ok => self.expected = Some(append.message.bytes),
            Request::AppendMore(message) if ok => self.expected = Some(message.bytes),
            Request::AppendPart(imap_wire::command::CatenatePart::Text { bytes }) if ok => {
                self.expected = Some(*bytes);
            }
            Request::AppendFinish => assert_eq!(self.expected.take().unwrap_or_default(), 0),
            _ => {}
        }
        match choice {
            _ if ok => Completion::ok(),
            0 => Completion::no(Code::OverQuota, Text::new("fullt\r\n", "full \u{e5}")),
            _ => Completion::bad(Text::new("", "no such message")),
        }
    }

    fn check_lines(&self) {
        let lines = self.written.strip_suffix(b"\r\n").expect("a reply ends in CRLF");
        assert!(!lines.contains(&0), "NUL in a reply");
        for line in lines.split(|octet| *octet == b'\n') {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            assert!(!line.contains(&b'\r'), "a CR in a reply");
        }
    }
}

fn next(state: &mut u32) -> u32 {
    *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
    *state >> 16
}
