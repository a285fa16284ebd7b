//! The smallest clients that can put a load on the service.

use std::sync::{Arc, LazyLock};

use rustls::ClientConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::service::{PASSWORD, Service};

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// One conversation in lines.
pub(crate) struct Line<S> {
    stream: BufReader<S>,
    tag: u32,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Line<S> {
    fn new(stream: S) -> Self {
        Self { stream: BufReader::with_capacity(64 * 1024, stream), tag: 0 }
    }
    async fn line(&mut self) -> Result<Vec<u8>, Failure> {
        let mut line = Vec::new();
        if self.stream.read_until(b'\n', &mut line).await? == 0 {
            return Err("the service hung up".into());
        }
        Ok(line)
    }
    /// Reads one SMTP reply and wants it to begin with `code`.
    pub(crate) async fn reply(&mut self, code: &str) -> Result<(), Failure> {
        loop {
            let line = self.line().await?;
            if !line.starts_with(code.as_bytes()) {
                return Err(String::from_utf8_lossy(&line).into_owned().into());
            }
            if line.get(3) != Some(&b'-') {
                return Ok(());
            }
        }
    }
    /// Sends octets as they are.
    pub(crate) async fn send(&mut self, octets: &[u8]) -> Result<(), Failure> {
        self.stream.get_mut().write_all(octets).await?;
        Ok(self.stream.get_mut().flush().await?)
    }
    /// One IMAP command up to its tagged OK; how many octets came.
    pub(crate) async fn command(&mut self, command: &str) -> Result<u64, Failure> {
        self.tag += 1;
        let tag = format!("t{} ", self.tag);
        self.send(format!("{tag}{command}\r\n").as_bytes()).await?;
        let mut octets = 0;
        loop {
            let line = self.line().await?;
            octets += line.len() as u64;
            if line.starts_with(tag.as_bytes()) {
                let ok = line[tag.len()..].starts_with(b"OK");
                return if ok { Ok(octets) } else { Err(String::from_utf8_lossy(&line).into_owned().into()) };
            }
            octets += self.skip_literal(&line).await?;
        }
    }
    async fn skip_literal(&mut self, line: &[u8]) -> Result<u64, Failure> {
        let Some(inner) = line.strip_suffix(b"}\r\n") else { return Ok(0) };
        let Some(open) = inner.iter().rposition(|octet| *octet == b'{') else { return Ok(0) };
        let len: u64 = std::str::from_utf8(&inner[open + 1..])?.parse()?;
        tokio::io::copy(&mut (&mut self.stream).take(len), &mut tokio::io::sink()).await?;
        Ok(len)
    }
    /// Reads an untagged line or a continuation.
    pub(crate) async fn untagged(&mut self) -> Result<Vec<u8>, Failure> {
        self.line().await
    }
}

/// SMTP on port 25, past EHLO.
pub(crate) async fn smtp(service: &Service) -> Result<Line<TcpStream>, Failure> {
    let stream = TcpStream::connect(("127.0.0.1", service.port(25))).await?;
    stream.set_nodelay(true)?;
    let mut line = Line::new(stream);
    line.reply("220").await?;
    line.send(b"EHLO load.test\r\n").await?;
    line.reply("250").await?;
    Ok(line)
}

/// Sends one letter, pipelined; returns with the 250 of its content.
pub(crate) async fn letter(
    line: &mut Line<TcpStream>,
    recipients: &[String],
    content: &[u8],
) -> Result<(), Failure> {
    let mut commands = String::from("MAIL FROM:<foralder@load.test>\r\n");
    for recipient in recipients {
        commands.push_str(&format!("RCPT TO:<{recipient}>\r\n"));
    }
    commands.push_str("DATA\r\n");
    line.send(commands.as_bytes()).await?;
    for _ in 0..=recipients.len() {
        line.reply("250").await?;
    }
    line.reply("354").await?;
    line.send(content).await?;
    line.reply("250").await
}

/// Lines of words and numbers, made once: the load generator's own work is to be small beside the service's.
static TEXT: LazyLock<String> = LazyLock::new(|| {
    const WORDS: [&str; 8] = ["skolan", "matsack", "bussen", "klockan", "imorgon", "regn", "ta med", "hej"];
    let (mut text, mut state) = (String::new(), 0x9e37_79b9_7f4a_7c15_u64);
    while text.len() < 2 << 20 {
        for _ in 0..6 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            text.push_str(WORDS[(state >> 61) as usize]);
            text.push_str(&format!("{:x} ", state >> 52));
        }
        text.push_str("\r\n");
    }
    text
});

/// A letter of about `octets`, each different from all others, ready for DATA.
pub(crate) fn content(octets: usize, number: usize) -> Vec<u8> {
    let mut text = format!(
        "From: Foralder <foralder@load.test>\r\nTo: elev@skola.test\r\nSubject: Brev {number} om utflykten\r\n\
         Date: Mon, 5 Oct 2026 08:{:02}:{:02} +0200\r\nMessage-ID: <{number}.{octets}@load.test>\r\n\
         MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n",
        number / 60 % 60,
        number % 60
    );
    let rest = octets.saturating_sub(text.len() + 5);
    let start = number.wrapping_mul(4_099) % (TEXT.len() - rest);
    let start = start + TEXT[start..].find('\n').map_or(0, |place| place + 1);
    let end = (start + rest).min(TEXT.len());
    text.push_str(TEXT[start..end].trim_end());
    text.push_str("\r\n.\r\n");
    text.into_bytes()
}

/// IMAP without TLS, signed in.
pub(crate) async fn imap(service: &Service, account: usize) -> Result<Line<TcpStream>, Failure> {
    let stream = TcpStream::connect(("127.0.0.1", service.port(143))).await?;
    stream.set_nodelay(true)?;
    signed_in(Line::new(stream), account).await
}

/// IMAP over TLS, signed in.
pub(crate) async fn imaps(
    service: &Service,
    tls: &TlsConnector,
    account: usize,
) -> Result<Line<TlsStream<TcpStream>>, Failure> {
    let stream = TcpStream::connect(("127.0.0.1", service.port(993))).await?;
    let name = ServerName::try_from("localhost")?;
    signed_in(Line::new(tls.connect(name, stream).await?), account).await
}

async fn signed_in<S: AsyncRead + AsyncWrite + Unpin>(
    mut line: Line<S>,
    account: usize,
) -> Result<Line<S>, Failure> {
    line.untagged().await?;
    line.command(&format!("LOGIN elev{account}@skola.test {PASSWORD}")).await?;
    Ok(line)
}

/// Trusts the service's own certificate.
pub(crate) fn tls(service: &Service) -> Result<TlsConnector, Failure> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(service.data().join("tls/skolpost-ca.crt"))?)?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config).into())
}
