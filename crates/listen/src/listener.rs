//! One port: accept, admit, hand over; on a stop, wait for those inside.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tracing::{debug, warn};

use crate::{Admission, Admitted, Stop, Stream};

/// One port.
pub struct Listener {
    /// The bound socket.
    pub socket: TcpListener,
    /// TLS from the first octet on, as on 465 and 993.
    pub implicit_tls: Option<Arc<ServerConfig>>,
    /// Who may come in.
    pub admission: Admission,
    /// What is said to those who may not, where it can be said without TLS.
    pub busy: &'static [u8],
    /// When it is over.
    pub stop: Stop,
}

/// Somebody who came in.
pub struct Connection {
    /// Its octets, after the hand-shake where TLS is implicit.
    pub stream: Stream,
    /// Where it comes from; IPv4 as IPv4, however the socket listens.
    pub peer: IpAddr,
    /// Its place inside; keep it as long as the connection.
    pub admitted: Admitted,
    /// When it is over.
    pub stop: Stop,
}

impl Listener {
    /// Serves until the stop, then waits for those inside, as long as the limits allow.
    pub async fn serve<Handle, Handled>(mut self, handle: Handle)
    where
        Handle: Fn(Connection) -> Handled + Clone + Send + Sync + 'static,
        Handled: Future<Output = ()> + Send + 'static,
    {
        let mut inside = JoinSet::new();
        loop {
            let accepted = tokio::select! {
                () = self.stop.wait() => break,
                Some(_) = inside.join_next() => continue,
                accepted = self.socket.accept() => accepted,
            };
            match accepted {
                Ok((stream, peer)) => self.admit(stream, peer, &mut inside, &handle).await,
                Err(error) => {
                    // Mostly no file descriptors left: those inside give theirs back.
                    warn!(%error, "cannot accept");
                    sleep(Duration::from_millis(100)).await;
                }
            }
        }
        drop(self.socket);
        let drain = Duration::from_secs(self.admission.limits().drain_seconds_max);
        let _ = timeout(drain, async { while inside.join_next().await.is_some() {} }).await;
        inside.shutdown().await;
    }

    async fn admit<Handle, Handled>(
        &self,
        stream: TcpStream,
        peer: SocketAddr,
        inside: &mut JoinSet<()>,
        handle: &Handle,
    ) where
        Handle: Fn(Connection) -> Handled + Clone + Send + Sync + 'static,
        Handled: Future<Output = ()> + Send + 'static,
    {
        let peer = peer.ip().to_canonical();
        let limits = self.admission.limits();
        let Some(admitted) = self.admission.admit(peer) else {
            debug!(%peer, "no place");
            if self.implicit_tls.is_none() {
                // One try: the socket's buffer is empty, or the peer is not worth waiting for.
                let _ = stream.writable().await.and_then(|()| stream.try_write(self.busy));
            }
            return;
        };
        let _ = stream.set_nodelay(true);
        let stream = Stream::plain(stream, Duration::from_secs(limits.write_seconds_max));
        let Some(tls) = self.implicit_tls.clone() else {
            inside.spawn(handle(Connection { stream, peer, admitted, stop: self.stop.clone() }));
            return;
        };
        let (hand_shake, stop) = (Duration::from_secs(limits.handshake_seconds_max), self.stop.clone());
        let handle = handle.clone();
        inside.spawn(async move {
            match stream.start_tls(&tls, hand_shake).await {
                Ok(stream) => handle(Connection { stream, peer, admitted, stop }).await,
                Err(error) => debug!(%peer, %error, "no TLS"),
            }
        });
    }
}
