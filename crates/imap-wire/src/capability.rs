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

/// RFC 9051 appendix A: both stand side by side, and what a client hears changes only behind ENABLE IMAP4rev2.
const ALWAYS: &[&str] = &["IMAP4rev1", "IMAP4rev2", "SASL-IR", "LITERAL+", "ENABLE", "ID"];
const MECHANISMS: &[&str] = &["AUTH=PLAIN", "AUTH=LOGIN"];
/// In the order in which they came to be; a line without its slashes is on. `APPENDLIMIT` gets its number.
const AFTER_LOGIN: &[&str] = &[
    "IDLE",
    "NAMESPACE",
    "CHILDREN",
    "UNSELECT",
    "UIDPLUS",
    "MOVE",
    "SPECIAL-USE",
    "CREATE-SPECIAL-USE",
    "LIST-EXTENDED",
    "LIST-STATUS",
    "CONDSTORE",
    "ESEARCH",
    "APPENDLIMIT",
    "QUOTA",
    "QUOTA=RES-STORAGE",
    "QUOTA=RES-MESSAGE",
    "COMPRESS=DEFLATE",
    "UTF8=ACCEPT",
    "WITHIN",
    "STATUS=SIZE",
    "QRESYNC",
    "SEARCHRES",
    "BINARY",
    "MULTIAPPEND",
    "ACL",
    "RIGHTS=kxte",
    "LIST-MYRIGHTS",
    "SORT",
    "SORT=DISPLAY",
    "ESORT",
    "THREAD=ORDEREDSUBJECT",
    "THREAD=REFERENCES",
    "THREAD=REFS",
    "PREVIEW",
    "OBJECTID",
    "SAVEDATE",
    "NOTIFY",
    "REPLACE",
    "METADATA",
    "METADATA-SERVER",
    "LIST-METADATA",
    "PARTIAL",
    "INPROGRESS",
    "CATENATE",
    "CONTEXT=SEARCH",
    "CONTEXT=SORT",
    // "SEARCH=FUZZY",
];

/// Every word that somebody who has logged in may find in the list.
pub fn capabilities() -> impl Iterator<Item = &'static str> {
    ALWAYS.iter().chain(AFTER_LOGIN).copied()
}

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
    words.retain(|word| !is_denied(word, config, denied));
    let mut list = words.join(" ");
    if let Some(place) = list.find("APPENDLIMIT") {
        let limit = format!("={}", config.limits.message_bytes_max);
        list.insert_str(place + "APPENDLIMIT".len(), &limit);
    }
    list
}

/// Does somebody who has logged in find the word in the list?
pub(crate) fn is_announced(word: &str, config: &SessionConfig, denied: &[String]) -> bool {
    ALWAYS.iter().chain(AFTER_LOGIN).any(|known| *known == word) && !is_denied(word, config, denied)
}

/// Is the word taken away, from all or from this account? Without IMAP4rev1 there is no protocol; it cannot be denied.
fn is_denied(word: &str, config: &SessionConfig, denied: &[String]) -> bool {
    let mut denied = config.capabilities_denied.iter().chain(denied);
    word != "IMAP4rev1" && denied.any(|denied| denied.eq_ignore_ascii_case(word))
}
