//! The connection as a session sees it: answers leave in pieces of bounded size, waiting holds no buffer.

use std::future::{Future, pending, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use directory::LoginWatch;
use imap_wire::{Enabled, Tag};
use listen::{Stop, Stream};
use rustls::ServerConfig;
use tokio::time::{Instant, sleep, sleep_until};

use crate::compress::{self, Inflater};
use crate::news::Sources;

/// Octets read at once.
const READ_OCTETS: usize = 16 * 1024;
/// So often a command that takes long looks whether somebody still waits.
const LEFT_AFTER: Duration = Duration::from_millis(500);
/// Octets deflated at once.
const DEFLATE_OCTETS: usize = 128 * 1024;

/// Why a session has to end whatever its client does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Over {
    /// The service stops.
    Stopping,
    /// The log-in no longer counts.
    LoggedOut(directory::Ended),
}

/// Waits for [`Over`]. One future for the whole session, so that waiting again costs no look-up.
struct Watcher(Option<Pin<Box<dyn Future<Output = Over> + Send>>>);

impl Watcher {
    fn new(mut stop: Stop, login: Option<LoginWatch>) -> Self {
        Self(Some(Box::pin(async move {
            let ended = async move {
                match login {
                    Some(mut login) => login.ended().await,
                    None => pending().await,
                }
            };
            tokio::select! {
                () = stop.wait() => Over::Stopping,
                ended = ended => Over::LoggedOut(ended),
            }
        })))
    }

    /// Tells it once.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Over> {
        let Some(watching) = &mut self.0 else { return Poll::Pending };
        let over = watching.as_mut().poll(context);
        if over.is_ready() {
            self.0 = None;
        }
        over
    }
}

/// What ended a wait.
#[derive(Debug)]
pub(crate) enum Event {
    /// These came; none when the client has left.
    Octets(Vec<u8>),
    /// There may be news.
    Changed,
    /// The session has to end.
    Over(Over),
    /// Nothing came in time.
    Late,
}

/// The stream, and what may cut a conversation short.
pub(crate) struct Line {
    stream: Stream,
    /// Both directions are compressed.
    inflater: Option<Box<Inflater>>,
    watcher: Watcher,
    stop: Stop,
    /// The service stops: told while something was being written.
    stopping: bool,
    sent: u64,
    piece_octets_max: usize,
}

/// The line with what is to be sent on it.
pub(crate) struct Wire {
    pub(crate) line: Line,
    pub(crate) buffer: Vec<u8>,
    /// The form in which answers are written.
    pub(crate) enabled: Enabled,
    /// Of the command that is being carried out.
    pub(crate) tag: Option<Tag>,
}

/// A place in the answers; see [`Wire::roll_back`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark {
    sent: u64,
    buffered: usize,
}

impl Line {
    /// Sends all of `buffer` and empties it.
    pub(crate) async fn send(&mut self, buffer: &mut Vec<u8>) -> io::Result<()> {
        self.write(buffer).await?;
        buffer.clear();
        Ok(())
    }
    /// The same once it is a piece.
    pub(crate) async fn send_pieces(&mut self, buffer: &mut Vec<u8>) -> io::Result<()> {
        if buffer.len() >= self.piece_octets_max {
            self.send(buffer).await?;
        }
        Ok(())
    }
    /// How much of an answer is put together before it is sent.
    pub(crate) const fn piece_octets_max(&self) -> usize {
        self.piece_octets_max
    }

    async fn write(&mut self, octets: &[u8]) -> io::Result<()> {
        if self.inflater.is_none() {
            return self.write_as_is(octets).await;
        }
        for piece in octets.chunks(DEFLATE_OCTETS) {
            self.write_as_is(&compress::deflate(piece)).await?;
        }
        Ok(())
    }

    async fn write_as_is(&mut self, octets: &[u8]) -> io::Result<()> {
        if octets.is_empty() {
            return Ok(());
        }
        let mut write = pin!(self.stream.write(octets));
        let (watcher, stopping) = (&mut self.watcher, &mut self.stopping);
        let written = poll_fn(|context| {
            match watcher.poll(context) {
                // Whether the client reads fast or not at all, it hears no more.
                Poll::Ready(Over::LoggedOut(_)) => {
                    return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
                }
                // The sentence is finished; what comes after it is not begun.
                Poll::Ready(Over::Stopping) => *stopping = true,
                Poll::Pending => {}
            }
            write.as_mut().poll(context)
        })
        .await;
        self.sent += octets.len() as u64;
        written
    }

    /// What has come already.
    fn poll_read(&mut self, context: &mut Context<'_>) -> Poll<io::Result<Vec<u8>>> {
        loop {
            if let Some(inflater) = &mut self.inflater {
                let octets = inflater.next()?;
                if !octets.is_empty() {
                    return Poll::Ready(Ok(octets));
                }
            }
            let octets = ready!(self.poll_read_as_is(context))?;
            match &mut self.inflater {
                Some(inflater) if !octets.is_empty() => inflater.feed(octets),
                _ => return Poll::Ready(Ok(octets)),
            }
        }
    }

    /// The buffer is given back when nothing has come.
    fn poll_read_as_is(&mut self, context: &mut Context<'_>) -> Poll<io::Result<Vec<u8>>> {
        let mut octets = vec![0; READ_OCTETS];
        let read = pin!(self.stream.read(&mut octets)).poll(context);
        read.map_ok(|count| {
            octets.truncate(count);
            octets
        })
    }

    /// Must the session end? Does not wait.
    pub(crate) async fn over(&mut self) -> Option<Over> {
        if self.stopping {
            return Some(Over::Stopping);
        }
        poll_fn(|context| {
            Poll::Ready(match self.watcher.poll(context) {
                Poll::Ready(over) => Some(over),
                Poll::Pending => None,
            })
        })
        .await
    }
}

impl Wire {
    pub(crate) fn new(stream: Stream, stop: Stop, piece_octets_max: usize) -> Self {
        let watcher = Watcher::new(stop.clone(), None);
        let line = Line { stream, inflater: None, watcher, stop, stopping: false, sent: 0, piece_octets_max };
        Self { line, buffer: Vec::new(), enabled: Enabled::default(), tag: None }
    }

    /// From here on the session ends with its log-in.
    pub(crate) fn watch(&mut self, login: LoginWatch) {
        self.line.watcher = Watcher::new(self.line.stop.clone(), Some(login));
    }

    /// Sends everything.
    pub(crate) async fn send(&mut self) -> io::Result<()> {
        self.line.send(&mut self.buffer).await
    }
    /// Sends what is there once it is a piece; call it after each line.
    pub(crate) async fn send_pieces(&mut self) -> io::Result<()> {
        self.line.send_pieces(&mut self.buffer).await
    }

    /// Where the answer stands now.
    pub(crate) const fn mark(&self) -> Mark {
        Mark { sent: self.line.sent, buffered: self.buffer.len() }
    }
    /// Takes back what was written after `mark`; false if some of it has been sent.
    pub(crate) fn roll_back(&mut self, mark: Mark) -> bool {
        let unsent = self.line.sent == mark.sent;
        if unsent {
            self.buffer.truncate(mark.buffered);
        }
        unsent
    }

    /// Waits for the client, for news, and for the end.
    ///
    /// # Errors
    /// That of the connection.
    pub(crate) async fn wait(&mut self, mut news: Sources<'_>, by: Instant) -> io::Result<Event> {
        if let Some(over) = self.line.over().await {
            return Ok(Event::Over(over));
        }
        if self.line.inflater.as_ref().is_some_and(|inflater| inflater.has_more()) {
            // A few octets on the line can be commands for seconds: others come in between.
            tokio::task::yield_now().await;
        }
        loop {
            // TLS may hold octets that the socket no longer shows, so reading comes before waiting for the socket.
            let line = &mut self.line;
            if let Poll::Ready(octets) = poll_fn(|context| Poll::Ready(line.poll_read(context))).await {
                return octets.map(Event::Octets);
            }
            self.buffer = Vec::new();
            if let Some(inflater) = &mut line.inflater {
                inflater.rest();
            }
            let Line { stream, watcher, .. } = &mut self.line;
            tokio::select! {
                biased;
                over = poll_fn(|context| watcher.poll(context)) => return Ok(Event::Over(over)),
                readable = stream.readable() => readable?,
                () = news.changed() => return Ok(Event::Changed),
                () = sleep_until(by) => return Ok(Event::Late),
            }
        }
    }

    /// From here on both directions are compressed.
    pub(crate) fn compress(&mut self, inflater: Box<Inflater>) {
        self.line.inflater = Some(inflater);
    }
    /// So many octets were part of a letter.
    pub(crate) fn took_letter(&mut self, octets: usize) {
        if let Some(inflater) = &mut self.line.inflater {
            inflater.allow(octets as u64);
        }
    }

    /// Returns when nobody waits for the answer any more: the client has left, or its log-in no longer counts. For what
    /// takes long without a word; what changes something is not broken off.
    pub(crate) async fn abandoned(&mut self) -> io::Error {
        loop {
            sleep(LEFT_AFTER).await;
            match self.line.over().await {
                Some(Over::LoggedOut(_)) => break,
                Some(Over::Stopping) => self.line.stopping = true,
                None => {}
            }
            if self.line.stream.is_ended() {
                break;
            }
        }
        io::ErrorKind::ConnectionAborted.into()
    }

    /// Begins TLS.
    ///
    /// # Errors
    /// That of the hand-shake.
    pub(crate) async fn start_tls(self, config: &Arc<ServerConfig>, time_max: Duration) -> io::Result<Self> {
        let stream = self.line.stream.start_tls(config, time_max).await?;
        let line = Line { stream, ..self.line };
        Ok(Self { line, ..self })
    }
    /// Says goodbye.
    pub(crate) async fn close(mut self) -> io::Result<()> {
        self.send().await?;
        self.line.stream.close().await;
        Ok(())
    }
}
