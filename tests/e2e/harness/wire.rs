//! A connection that reads lines and counted octets, in the clear or over TLS, and never waits for ever.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;

use super::deflate::Deflate;
use super::tls::{self, TlsStream};

const WAIT: Duration = Duration::from_secs(60);

enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream>),
}

/// The client's end of one connection.
pub(crate) struct Wire {
    stream: Stream,
    read: Vec<u8>,
    deflate: Option<Deflate>,
}

impl Wire {
    pub(crate) fn plain(port: u16) -> io::Result<Self> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.set_read_timeout(Some(WAIT))?;
        stream.set_write_timeout(Some(WAIT))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream: Stream::Plain(stream), read: Vec::new(), deflate: None })
    }

    pub(crate) fn tls(port: u16, config: &Arc<ClientConfig>) -> io::Result<Self> {
        Ok(Self::plain(port)?.start_tls(config))
    }

    /// Goes on with TLS. Nothing may have been sent ahead of it (RFC 3207 §4.2, RFC 3501 §6.2.1).
    pub(crate) fn start_tls(self, config: &Arc<ClientConfig>) -> Self {
        assert!(self.read.is_empty(), "sent ahead of TLS: {:?}", String::from_utf8_lossy(&self.read));
        match self.stream {
            Stream::Plain(stream) => {
                let stream = Stream::Tls(Box::new(tls::wrap(config, stream)));
                Self { stream, read: Vec::new(), deflate: None }
            }
            Stream::Tls(_) => panic!("TLS inside TLS"),
        }
    }

    /// Goes on compressed, each octet in a packet of its own (RFC 4978 §3).
    pub(crate) fn deflate(&mut self) {
        assert!(self.read.is_empty(), "sent ahead: {:?}", String::from_utf8_lossy(&self.read));
        self.deflate = Some(Deflate::new());
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.deflate {
            None => self.put(bytes),
            Some(deflate) => deflate.pack(bytes).iter().try_for_each(|octet| self.put(&[*octet])),
        }
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.stream {
            Stream::Plain(stream) => stream.write_all(bytes),
            Stream::Tls(stream) => stream.write_all(bytes).and_then(|()| stream.flush()),
        }
    }

    /// One line without its CRLF. A line that ends otherwise is an error: the service never sends one.
    pub(crate) fn line(&mut self) -> io::Result<Vec<u8>> {
        let end = loop {
            match self.read.iter().position(|byte| *byte == b'\n') {
                Some(end) => break end,
                None => self.fill()?,
            }
        };
        let mut line: Vec<u8> = self.read.drain(..=end).collect();
        line.pop();
        match line.pop() {
            Some(b'\r') => Ok(line),
            _ => Err(io::Error::other("a line that ends in a bare LF")),
        }
    }

    pub(crate) fn exactly(&mut self, count: usize) -> io::Result<Vec<u8>> {
        while self.read.len() < count {
            self.fill()?;
        }
        Ok(self.read.drain(..count).collect())
    }

    /// Fails with `WouldBlock` when nothing comes for so long.
    pub(crate) fn set_wait(&mut self, wait: Duration) -> io::Result<()> {
        match &self.stream {
            Stream::Plain(stream) => stream.set_read_timeout(Some(wait)),
            Stream::Tls(stream) => stream.sock.set_read_timeout(Some(wait)),
        }
    }

    /// A write fails when the service takes nothing for so long.
    pub(crate) fn set_write_wait(&mut self, wait: Duration) -> io::Result<()> {
        match &self.stream {
            Stream::Plain(stream) => stream.set_write_timeout(Some(wait)),
            Stream::Tls(stream) => stream.sock.set_write_timeout(Some(wait)),
        }
    }

    fn fill(&mut self) -> io::Result<()> {
        let mut chunk = [0; 16 * 1024];
        let count = match &mut self.stream {
            Stream::Plain(stream) => stream.read(&mut chunk)?,
            Stream::Tls(stream) => stream.read(&mut chunk)?,
        };
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        match &mut self.deflate {
            None => self.read.extend_from_slice(&chunk[..count]),
            Some(deflate) => deflate.unpack(&chunk[..count], &mut self.read)?,
        }
        Ok(())
    }
}
