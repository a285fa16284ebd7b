//! What stands behind the ports, and one connection from its greeting to its end.

use std::path::PathBuf;
use std::sync::Arc;

use directory::Directory;
use imap_wire::{SessionConfig, Transport};
use listen::{Connection, Network};
use mailbox::Mailboxes;
use model::LocalZone;
use rustls::ServerConfig;
use tracing::debug;

use crate::conversation::Conversation;
use crate::wire::Wire;
use crate::{AccountSessions, CompressedConnections, LetterMemory, Limits};

/// The door for both ports: 993 has TLS when the conversation begins, 143 offers STARTTLS.
pub struct Door {
    /// The protocol's bounds and names.
    pub session: Arc<SessionConfig>,
    /// Times and amounts.
    pub limits: Limits,
    /// For STARTTLS.
    pub tls: Arc<ServerConfig>,
    /// From where passwords are taken without TLS.
    pub plaintext_networks: Vec<Network>,
    /// Messages and names.
    pub mailboxes: Mailboxes,
    /// Who is who.
    pub directory: Directory,
    /// Zone of INTERNALDATE where a client gives no date.
    pub zone: LocalZone,
    /// Where letters wait that APPEND brings and that are too large for the memory.
    pub spool_folder: PathBuf,
    /// How many sessions each account has; starts empty.
    pub accounts: AccountSessions,
    /// How many connections are compressed; starts empty.
    pub compressed: CompressedConnections,
    /// How much memory arriving letters have; starts empty.
    pub letter_memory: LetterMemory,
}

impl Door {
    /// Serves one connection until it ends.
    pub async fn converse(self: Arc<Self>, connection: Connection) {
        let Connection { stream, peer, admitted, stop } = connection;
        let transport = if stream.is_tls() { Transport::Tls } else { Transport::Plain { starttls: true } };
        let mut config = self.session.clone();
        if self.plaintext_networks.iter().any(|network| network.contains(peer)) {
            Arc::make_mut(&mut config).plaintext_login = true;
        }
        let wire = Wire::new(stream, stop, self.limits.answer_bytes_max);
        let mut conversation = Conversation::new(self, config, transport, peer);
        if let Err(error) = conversation.run(wire).await {
            debug!(%peer, %error, "IMAP connection lost");
        }
        drop(admitted);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size<D, C, F>(_: impl Fn(D, C) -> F) -> usize {
        size_of::<F>()
    }

    #[test]
    fn a_session_that_waits_is_small() {
        let octets = size(Door::converse);
        assert!(octets < 3072, "{octets} octets for each connection");
    }
}
