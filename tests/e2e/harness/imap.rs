//! A small IMAP client: sends a command, collects the answer with its literals.
//!
//! RFC 3501 §2.2 (lines and literals), §4.3 (literal), §7.1 (status); RFC 2177 IDLE.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;

use super::wire::Wire;

/// One response: its lines and literals as they came, literals kept apart.
#[derive(Debug, Clone, Default)]
pub(crate) struct Response {
    /// The text with each literal's octets left out; `{n}` stands where it was.
    pub(crate) text: String,
    pub(crate) literals: Vec<Vec<u8>>,
}

/// What a command brought: the untagged responses and the tagged line without its tag.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) untagged: Vec<Response>,
    pub(crate) status: String,
}

impl Answer {
    /// The answer itself when the command was done; otherwise the test fails and shows why.
    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        assert!(self.status.starts_with("OK"), "the service said: {}", self.status);
        self
    }

    /// The first untagged response that begins so, after `* `.
    pub(crate) fn find(&self, start: &str) -> Option<&Response> {
        self.untagged.iter().find(|response| response.text[2..].starts_with(start))
    }

    /// The value of a response code such as `UIDVALIDITY`, in the tagged or any untagged line.
    pub(crate) fn code(&self, name: &str) -> Option<String> {
        let lines = self.untagged.iter().map(|response| response.text.as_str()).chain([self.status.as_str()]);
        let wanted = format!("[{name} ");
        lines.into_iter().find_map(|line| {
            let rest = &line[line.find(&wanted)? + wanted.len()..];
            Some(rest[..rest.find(']')?].to_owned())
        })
    }
}

/// A session; methods that take words quote nothing, the caller writes IMAP.
pub(crate) struct Imap {
    wire: Wire,
    tags: u32,
}

impl Imap {
    pub(crate) fn plain(port: u16) -> io::Result<Self> {
        Self::greeted(Wire::plain(port)?)
    }

    pub(crate) fn tls(port: u16, config: &Arc<ClientConfig>) -> io::Result<Self> {
        Self::greeted(Wire::tls(port, config)?)
    }

    pub(crate) fn start_tls(mut self, config: &Arc<ClientConfig>) -> io::Result<Self> {
        self.command("STARTTLS")?.ok();
        Ok(Self { wire: self.wire.start_tls(config), tags: self.tags })
    }

    pub(crate) fn command(&mut self, command: &str) -> io::Result<Answer> {
        let tag = self.send(command)?;
        self.answer(&tag)
    }

    pub(crate) fn login(&mut self, user: &str, password: &str) -> io::Result<Answer> {
        self.command(&format!("LOGIN \"{}\" \"{}\"", quoted(user), quoted(password)))
    }

    /// APPEND with a synchronising literal.
    pub(crate) fn append(&mut self, mailbox: &str, flags: &str, letter: &[u8]) -> io::Result<Answer> {
        let tag = self.send(&format!("APPEND {mailbox} ({flags}) {{{}}}", letter.len()))?;
        let go_on = self.response()?;
        if !go_on.text.starts_with('+') {
            let status = go_on.text.strip_prefix(&format!("{tag} ")).unwrap_or(&go_on.text).to_owned();
            return Ok(Answer { untagged: Vec::new(), status });
        }
        self.write(letter)?;
        self.write(b"\r\n")?;
        self.answer(&tag)
    }

    /// The whole letter with this UID in the selected mailbox, without setting \Seen.
    pub(crate) fn letter(&mut self, uid: u32) -> io::Result<Option<Vec<u8>>> {
        let answer = self.command(&format!("UID FETCH {uid} BODY.PEEK[]"))?.ok();
        let fetched = answer.untagged.into_iter().find(|response| response.text.contains(" FETCH "));
        Ok(fetched.and_then(|response| response.literals.into_iter().next()))
    }

    /// The UIDs that a search finds in the selected mailbox.
    pub(crate) fn uids(&mut self, criteria: &str) -> io::Result<Vec<u32>> {
        let answer = self.command(&format!("UID SEARCH {criteria}"))?.ok();
        let found = answer.find("SEARCH").map(|response| response.text.as_str()).unwrap_or("* SEARCH");
        Ok(found.split_ascii_whitespace().skip(2).map(|word| word.parse().expect("a UID")).collect())
    }

    /// Sends a command without waiting; the tag finds its answer.
    pub(crate) fn send(&mut self, command: &str) -> io::Result<String> {
        self.tags += 1;
        let tag = format!("t{}", self.tags);
        self.write(format!("{tag} {command}\r\n").as_bytes())?;
        Ok(tag)
    }

    /// Reads until the command with this tag is done.
    pub(crate) fn answer(&mut self, tag: &str) -> io::Result<Answer> {
        let mut untagged = Vec::new();
        loop {
            let response = self.response()?;
            match response.text.strip_prefix(&format!("{tag} ")) {
                Some(status) => return Ok(Answer { untagged, status: status.to_owned() }),
                None => untagged.push(response),
            }
        }
    }

    /// One response of any kind.
    pub(crate) fn response(&mut self) -> io::Result<Response> {
        let mut response = Response::default();
        loop {
            let line = self.wire.line()?;
            response.text.push_str(&String::from_utf8_lossy(&line));
            let Some(size) = literal_size(&line) else { return Ok(response) };
            response.literals.push(self.wire.exactly(size)?);
        }
    }

    /// Raw octets, for what no well-behaved client sends.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.wire.write(bytes)
    }

    /// How long `response` waits; `WouldBlock` after that.
    pub(crate) fn set_wait(&mut self, wait: Duration) -> io::Result<()> {
        self.wire.set_wait(wait)
    }

    /// Goes on compressed, after COMPRESS was answered.
    pub(crate) fn deflate(&mut self) {
        self.wire.deflate();
    }

    /// A write fails when the service takes nothing for so long.
    pub(crate) fn set_write_wait(&mut self, wait: Duration) -> io::Result<()> {
        self.wire.set_write_wait(wait)
    }

    fn greeted(wire: Wire) -> io::Result<Self> {
        let mut session = Self { wire, tags: 0 };
        let greeting = session.response()?;
        match greeting.text.starts_with("* OK") {
            true => Ok(session),
            false => Err(io::Error::other(format!("greeted with {:?}", greeting.text))),
        }
    }
}

/// `{n}` at the end of a line announces n octets after it.
fn literal_size(line: &[u8]) -> Option<usize> {
    let line = line.strip_suffix(b"}")?;
    let open = line.iter().rposition(|byte| *byte == b'{')?;
    std::str::from_utf8(&line[open + 1..]).ok()?.parse().ok()
}

fn quoted(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

#[test]
fn literals_are_announced_at_the_end_of_a_line() {
    assert_eq!(literal_size(b"* 1 FETCH (BODY[] {12}"), Some(12));
    assert_eq!(literal_size(b"* 1 FETCH (BODY[] {12})"), None);
    assert_eq!(literal_size(b"* OK {x}"), None);
}
