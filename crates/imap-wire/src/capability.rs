//! What we say that we can do, by state.
//!
//! RFC 3501 §6.1.1, §7.2.1. A word stands here only when it is implemented; the configured deny list takes words away.

use crate::limits::SessionConfig;

/// What carries the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// No TLS; STARTTLS if there is a certificate to offer.
    Plain {
        /// STARTTLS is there.
        starttls: bool,
    },
    /// TLS, from the start or by STARTTLS.
    Tls,
}

const ALWAYS: &[&str] = &["IMAP4rev1", "SASL-IR", "LITERAL+", "ENABLE", "ID"];
const MECHANISMS: &[&str] = &["AUTH=PLAIN", "AUTH=LOGIN"];
const AFTER_LOGIN: &[&str] = &[
    "IDLE",
    "NAMESPACE",
    "CHILDREN",
    "UNSELECT",
    "UIDPLUS",
    "MOVE",
    "SPECIAL-USE",
    "LIST-EXTENDED",
    "QUOTA",
    "QUOTA=RES-STORAGE",
    "QUOTA=RES-MESSAGE",
];

/// May a password be sent?
pub(crate) fn login_allowed(config: &SessionConfig, transport: Transport) -> bool {
    config.plaintext_login || transport == Transport::Tls
}

/// The list, without the word CAPABILITY.
pub(crate) fn list(
    config: &SessionConfig,
    denied: &[String],
    transport: Transport,
    logged_in: bool,
) -> String {
    let mut words = ALWAYS.to_vec();
    if logged_in {
        words.extend(AFTER_LOGIN);
    } else {
        if transport == (Transport::Plain { starttls: true }) {
            words.push("STARTTLS");
        }
        if login_allowed(config, transport) {
            words.extend(MECHANISMS);
        } else {
            words.push("LOGINDISABLED");
        }
    }
    // Without IMAP4rev1 there is no protocol; it cannot be denied.
    let denied = |word: &&str| {
        *word != "IMAP4rev1"
            && config.capabilities_denied.iter().chain(denied).any(|denied| denied.eq_ignore_ascii_case(word))
    };
    words.retain(|word| !denied(word));
    words.join(" ")
}
