//! What we say that we can do, by state.
//!
//! RFC 3501 §6.1.1, §7.2.1. A word stands here only when it is implemented; the configured deny list takes words away,
//! and with each of them those that mean nothing without it.

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

/// Words that mean nothing without another: RFC 4314 §2.2, RFC 8440; RFC 7162 §3.2.3; RFC 5464 §1, RFC 9590; RFC 5182 §2,
/// RFC 9394 §3, RFC 5267 §3; RFC 5957, RFC 5267 §3; RFC 5258 (RETURN), RFC 5819; RFC 9208 §3.1; RFC 8508 §3; and what only
/// ENABLE switches on (RFC 5161, RFC 6855 §3, RFC 9051 appendix A).
const LEAN_ON: &[(&str, &[&str])] = &[
    ("RIGHTS=kxte", &["ACL"]),
    ("LIST-MYRIGHTS", &["ACL", "LIST-EXTENDED"]),
    ("QRESYNC", &["CONDSTORE", "ENABLE"]),
    ("METADATA-SERVER", &["METADATA"]),
    ("LIST-METADATA", &["METADATA", "LIST-EXTENDED"]),
    ("SEARCHRES", &["ESEARCH"]),
    ("PARTIAL", &["ESEARCH"]),
    ("CONTEXT=SEARCH", &["ESEARCH"]),
    ("ESORT", &["SORT", "ESEARCH"]),
    ("SORT=DISPLAY", &["SORT"]),
    ("CONTEXT=SORT", &["ESORT"]),
    ("UTF8=ACCEPT", &["ENABLE"]),
    ("IMAP4rev2", &["ENABLE"]),
    ("LIST-STATUS", &["LIST-EXTENDED"]),
    ("QUOTA=RES-STORAGE", &["QUOTA"]),
    ("QUOTA=RES-MESSAGE", &["QUOTA"]),
    ("REPLACE", &["UIDPLUS"]),
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
    let mut itself = config.capabilities_denied.iter().chain(denied);
    let leans_on = LEAN_ON.iter().filter(|(known, _)| *known == word).flat_map(|(_, on)| *on);
    let without = |word: &&str| is_denied(word, config, denied);
    word != "IMAP4rev1"
        && (itself.any(|denied| denied.eq_ignore_ascii_case(word)) || leans_on.into_iter().any(without))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leans_on_a_denied_word_goes_with_it() {
        let all = |config: &SessionConfig, denied: &[String]| {
            let list = list(config, denied, Transport::Tls, true);
            list.split(' ').map(str::to_owned).collect::<Vec<_>>()
        };
        for (denied, gone) in [
            ("acl", "ACL RIGHTS=kxte LIST-MYRIGHTS"),
            ("CONDSTORE", "CONDSTORE QRESYNC"),
            ("METADATA", "METADATA METADATA-SERVER LIST-METADATA"),
            ("ESEARCH", "ESEARCH SEARCHRES ESORT PARTIAL CONTEXT=SEARCH CONTEXT=SORT"),
            ("SORT", "SORT SORT=DISPLAY ESORT CONTEXT=SORT"),
            ("ENABLE", "IMAP4rev2 ENABLE UTF8=ACCEPT QRESYNC"),
            ("LIST-EXTENDED", "LIST-EXTENDED LIST-STATUS LIST-MYRIGHTS LIST-METADATA"),
            ("QUOTA", "QUOTA QUOTA=RES-STORAGE QUOTA=RES-MESSAGE"),
            ("UIDPLUS", "UIDPLUS REPLACE"),
            ("QRESYNC", "QRESYNC"),
        ] {
            let mut config = SessionConfig::default();
            let before = all(&config, &[]);
            let missing = |now: Vec<String>| {
                let gone = before.iter().filter(|word| !now.contains(word)).cloned();
                gone.collect::<Vec<_>>().join(" ")
            };
            assert_eq!(missing(all(&config, &[denied.to_owned()])), gone);
            config.capabilities_denied.push(denied.to_owned());
            assert_eq!(missing(all(&config, &[])), gone);
        }
        for (word, on) in LEAN_ON {
            let known = |word: &str| ALWAYS.contains(&word) || AFTER_LOGIN.contains(&word);
            assert!(known(word) && on.iter().all(|on| known(on)), "{word}");
        }
    }
}
