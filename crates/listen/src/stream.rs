//! A connection's octets, with or without TLS, with a limit on how long a write may hang.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use rustls::ServerConfig;
use tokio::io::{AsyncReadExt, AsyncWriteExt, Interest};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// What was agreed in the hand-shake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsSession {
    /// As `TLSv1.3`.
    pub version: String,
    /// As `TLS_AES_256_GCM_SHA384`.
    pub cipher: String,
}

#[derive(Debug)]
enum Inner {
    Plain(TcpStream),
    // Boxed: the many connections without TLS need not carry the room for it.
    Tls(Box<TlsStream<TcpStream>>),
}

/// A connection's octets.
#[derive(Debug)]
pub struct Stream {
    inner: Inner,
    write_time_max: Duration,
}

fn late() -> io::Error {
    io::Error::from(io::ErrorKind::TimedOut)
}

impl Stream {
    /// An accepted connection.
    pub fn plain(stream: TcpStream, write_time_max: Duration) -> Self {
        Self { inner: Inner::Plain(stream), write_time_max }
    }
    /// Begins TLS as the server. Octets that the peer sent before are the caller's to forget (RFC 3207 §4.2, RFC 9051 §6.2.1).
    ///
    /// # Errors
    /// That of the hand-shake, or `TimedOut`.
    pub async fn start_tls(self, config: &Arc<ServerConfig>, time_max: Duration) -> io::Result<Self> {
        let Inner::Plain(stream) = self.inner else {
            return Err(io::Error::other("TLS inside TLS"));
        };
        let accept = TlsAcceptor::from(config.clone()).accept(stream);
        let stream = timeout(time_max, accept).await.map_err(|_| late())??;
        Ok(Self { inner: Inner::Tls(Box::new(stream)), write_time_max: self.write_time_max })
    }
    /// What was agreed; `None` without TLS.
    pub fn tls(&self) -> Option<TlsSession> {
        let Inner::Tls(stream) = &self.inner else { return None };
        let session = stream.get_ref().1;
        let version = match session.protocol_version()? {
            rustls::ProtocolVersion::TLSv1_3 => "TLSv1.3".to_owned(),
            rustls::ProtocolVersion::TLSv1_2 => "TLSv1.2".to_owned(),
            other => format!("{other:?}"),
        };
        let cipher = format!("{:?}", session.negotiated_cipher_suite()?.suite()).replace("TLS13_", "TLS_");
        Some(TlsSession { version, cipher })
    }
    /// Is it protected?
    pub const fn is_tls(&self) -> bool {
        matches!(self.inner, Inner::Tls(_))
    }
    /// Reads what is there into `buffer`; 0 when the peer has ended. Cancelling loses nothing.
    ///
    /// # Errors
    /// That of the connection.
    pub async fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = match &mut self.inner {
            Inner::Plain(stream) => stream.read(buffer).await,
            Inner::Tls(stream) => stream.read(buffer).await,
        };
        match read {
            // Many clients leave without the goodbye of TLS.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(0),
            read => read,
        }
    }
    /// Returns when there is something to read, without a buffer: for connections that wait long.
    ///
    /// # Errors
    /// That of the connection.
    pub async fn readable(&self) -> io::Result<()> {
        match &self.inner {
            Inner::Plain(stream) => stream.readable().await,
            Inner::Tls(stream) => stream.get_ref().0.readable().await,
        }
    }
    /// Has the peer ended its side, whatever it has said before? Does not wait.
    pub fn is_ended(&self) -> bool {
        let stream = match &self.inner {
            Inner::Plain(stream) => stream,
            Inner::Tls(stream) => stream.get_ref().0,
        };
        let ready = pin!(stream.ready(Interest::READABLE));
        match ready.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Ok(ready)) => ready.is_read_closed(),
            Poll::Ready(Err(_)) => true,
            Poll::Pending => false,
        }
    }
    /// Writes all of it and sends it off.
    ///
    /// # Errors
    /// That of the connection, or `TimedOut` when the peer takes nothing for too long.
    pub async fn write(&mut self, mut octets: &[u8]) -> io::Result<()> {
        while !octets.is_empty() {
            let write = async {
                match &mut self.inner {
                    Inner::Plain(stream) => stream.write(octets).await,
                    Inner::Tls(stream) => stream.write(octets).await,
                }
            };
            let written = timeout(self.write_time_max, write).await.map_err(|_| late())??;
            if written == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            octets = &octets[written..];
        }
        if let Inner::Tls(stream) = &mut self.inner {
            timeout(self.write_time_max, stream.flush()).await.map_err(|_| late())??;
        }
        Ok(())
    }
    /// Says goodbye, as far as the peer still listens.
    pub async fn close(mut self) {
        let goodbye = async {
            match &mut self.inner {
                Inner::Plain(stream) => stream.shutdown().await,
                Inner::Tls(stream) => stream.shutdown().await,
            }
        };
        let _ = timeout(Duration::from_secs(2), goodbye).await;
    }
}
