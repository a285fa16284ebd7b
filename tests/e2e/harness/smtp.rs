//! A small SMTP client that does what it is told, also the wrong thing.
//!
//! RFC 5321 §4.2 (replies), §4.5.2 (leading dots); RFC 3207 STARTTLS; RFC 4954 AUTH PLAIN.

use std::io;
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rustls::ClientConfig;

use super::wire::Wire;

/// One reply, however many lines it had.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) code: u16,
    pub(crate) lines: Vec<String>,
}

impl Reply {
    pub(crate) fn text(&self) -> String {
        self.lines.join("\n")
    }

    /// The reply itself when its code is this one; otherwise the test fails and shows it.
    #[track_caller]
    pub(crate) fn expect(self, code: u16) -> Self {
        assert_eq!(self.code, code, "the service said: {}", self.text());
        self
    }
}

/// A session; each method sends one command and reads one reply.
pub(crate) struct Smtp {
    wire: Wire,
    greeting: Reply,
}

impl Smtp {
    pub(crate) fn plain(port: u16) -> io::Result<Self> {
        Self::greeted(Wire::plain(port)?)
    }

    pub(crate) fn tls(port: u16, config: &Arc<ClientConfig>) -> io::Result<Self> {
        Self::greeted(Wire::tls(port, config)?)
    }

    pub(crate) fn greeting(&self) -> &Reply {
        &self.greeting
    }

    /// EHLO, STARTTLS and the handshake. What was said before is forgotten (RFC 3207 §4.2): say EHLO again.
    pub(crate) fn start_tls(mut self, config: &Arc<ClientConfig>) -> io::Result<Self> {
        self.hello()?.expect(250);
        self.command("STARTTLS")?.expect(220);
        Ok(Self { wire: self.wire.start_tls(config), greeting: self.greeting })
    }

    pub(crate) fn command(&mut self, line: &str) -> io::Result<Reply> {
        self.write(format!("{line}\r\n").as_bytes())?;
        self.reply()
    }

    pub(crate) fn hello(&mut self) -> io::Result<Reply> {
        self.command("EHLO test.invalid")
    }

    pub(crate) fn auth_plain(&mut self, user: &str, password: &str) -> io::Result<Reply> {
        let token = BASE64_STANDARD.encode(format!("\0{user}\0{password}"));
        self.command(&format!("AUTH PLAIN {token}"))
    }

    /// MAIL, RCPT for each, DATA and the letter. The first reply that is a refusal is the answer.
    pub(crate) fn send(&mut self, from: &str, to: &[&str], letter: &[u8]) -> io::Result<Reply> {
        let mut reply = self.command(&format!("MAIL FROM:<{from}>"))?;
        for recipient in to {
            if reply.code >= 400 {
                return Ok(reply);
            }
            reply = self.command(&format!("RCPT TO:<{recipient}>"))?;
        }
        if reply.code < 400 {
            reply = self.command("DATA")?;
        }
        if reply.code == 354 {
            self.write(&dot_stuffed(letter))?;
            reply = self.reply()?;
        }
        Ok(reply)
    }

    /// Raw octets, for what no well-behaved client sends.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.wire.write(bytes)
    }

    pub(crate) fn reply(&mut self) -> io::Result<Reply> {
        let mut lines = Vec::new();
        loop {
            let line = String::from_utf8(self.wire.line()?).map_err(io::Error::other)?;
            let code = line.get(..3).and_then(|digits| digits.parse().ok());
            let Some(code) = code else { return Err(io::Error::other(format!("no reply line: {line:?}"))) };
            let last = line.as_bytes().get(3) != Some(&b'-');
            lines.push(line);
            if last {
                return Ok(Reply { code, lines });
            }
        }
    }

    fn greeted(wire: Wire) -> io::Result<Self> {
        let mut session = Self { wire, greeting: Reply { code: 0, lines: Vec::new() } };
        session.greeting = session.reply()?;
        Ok(session)
    }
}

/// The letter as it travels after DATA, with the final dot.
fn dot_stuffed(letter: &[u8]) -> Vec<u8> {
    let mut sent = Vec::with_capacity(letter.len() + 64);
    for line in letter.split_inclusive(|byte| *byte == b'\n') {
        // RFC 5321 §4.5.2: a leading dot doubles.
        if line.starts_with(b".") {
            sent.push(b'.');
        }
        sent.extend_from_slice(line);
    }
    if !letter.ends_with(b"\r\n") {
        sent.extend_from_slice(b"\r\n");
    }
    sent.extend_from_slice(b".\r\n");
    sent
}

#[test]
fn leading_dots_double() {
    assert_eq!(dot_stuffed(b".a\r\nb.\r\n..\r\n"), b"..a\r\nb.\r\n...\r\n.\r\n");
    assert_eq!(dot_stuffed(b"no end"), b"no end\r\n.\r\n");
}
