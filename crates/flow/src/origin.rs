//! Where a letter comes from.

use std::net::IpAddr;

use directory::Login;
use message::With;

use crate::log::Source;

/// The other end of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Its address.
    pub address: IpAddr,
    /// What it called itself with EHLO or HELO; anything may stand there.
    pub helo: String,
    /// It said EHLO.
    pub extended: bool,
    /// The connection is under TLS.
    pub tls: bool,
}

/// Who brings a letter. It decides where the letter may go and what is checked.
#[derive(Clone, Debug)]
pub enum Origin {
    /// Another server on port 25: only to people here.
    Remote(Peer),
    /// Somebody who has logged in (RFC 6409): only from their own addresses.
    Submission {
        /// Who.
        login: Login,
        /// From where; neither the letter nor the delivery log tells (people send from home).
        peer: Peer,
    },
    /// The service itself: notices, sample letters.
    Local,
}

impl Origin {
    pub(crate) const fn is_submission(&self) -> bool {
        matches!(self, Self::Submission { .. })
    }
    /// Does the letter begin here, so that what is missing in its header is ours to add (RFC 6409 §8)?
    pub(crate) const fn begins_here(&self) -> bool {
        matches!(self, Self::Submission { .. } | Self::Local)
    }
    pub(crate) fn source(&self) -> Source {
        match self {
            Self::Remote(peer) => Source::Remote { peer: peer.address, tls: peer.tls },
            Self::Submission { login, .. } => Source::Submission { account: login.account },
            Self::Local => Source::Local,
        }
    }
    /// The words after `with` in Received.
    pub(crate) const fn with(&self, utf8: bool) -> With {
        match self {
            Self::Remote(peer) => With { extended: peer.extended, tls: peer.tls, auth: false, utf8 },
            Self::Submission { peer, .. } => {
                With { extended: peer.extended, tls: peer.tls, auth: true, utf8 }
            }
            Self::Local => With { extended: true, tls: false, auth: false, utf8 },
        }
    }
}
