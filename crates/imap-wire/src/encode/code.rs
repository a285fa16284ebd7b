//! Response codes, in brackets behind OK, NO and BAD.
//!
//! RFC 3501 §7.1, RFC 4315 §3 (UIDPLUS), RFC 5530, RFC 7889 §4 (TOOBIG; the code stands alone there).

use model::{FlagSet, Keyword, ModSeq, SeqNo, Uid, UidSet, UidValidity};

use super::string::number;

/// What a program should learn from a reply, beside its sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Code {
    /// Show the sentence to the person.
    Alert,
    /// The charset of SEARCH is not known.
    BadCharset,
    /// What the server can do now.
    Capability(String),
    /// A message could not be parsed.
    Parse,
    /// Flags that stay; with `\*` if clients may invent keywords.
    PermanentFlags {
        /// Which.
        flags: FlagSet,
        /// Further keywords: a mailbox may have more than the flags of one message.
        keywords: Vec<Keyword>,
        /// New keywords may be made.
        new_keywords: bool,
    },
    /// The mailbox cannot be changed here.
    ReadOnly,
    /// The mailbox can be changed.
    ReadWrite,
    /// CREATE the mailbox first.
    TryCreate,
    /// The next UID.
    UidNext(Uid),
    /// The mailbox's UIDVALIDITY.
    UidValidity(UidValidity),
    /// The first message without \Seen.
    Unseen(SeqNo),
    /// Where APPEND put the messages.
    AppendUid(UidValidity, UidSet),
    /// Where COPY or MOVE put messages; both sets ascend together, the first to the first.
    CopyUid {
        /// Of the mailbox they are in now.
        uid_validity: UidValidity,
        /// Their UIDs before.
        from: UidSet,
        /// Their UIDs now.
        to: UidSet,
    },
    /// UIDs do not stay.
    UidNotSticky,
    /// Try again later.
    Unavailable,
    /// Wrong name or password.
    AuthenticationFailed,
    /// Right password, but not on whose behalf.
    AuthorizationFailed,
    /// The password is too old.
    Expired,
    /// Only over TLS.
    PrivacyRequired,
    /// Somebody should call the administrator.
    ContactAdmin,
    /// Not allowed.
    NoPerm,
    /// In use by another.
    InUse,
    /// Some of the messages are gone.
    ExpungeIssued,
    /// The data are damaged.
    Corruption,
    /// Our fault.
    ServerBug,
    /// The client's fault.
    ClientBug,
    /// It will never work, as with a bad name.
    Cannot,
    /// A bound was met.
    Limit,
    /// The quota is used up.
    OverQuota,
    /// It is there already.
    AlreadyExists,
    /// It is not there.
    NonExistent,
    /// The message is too large.
    TooBig,
    /// That of the newest change (RFC 7162 §3.1.2.1).
    HighestModSeq(ModSeq),
    /// STORE left these out, since they had changed (RFC 7162 §3.1.3); sequence numbers or UIDs, as a set.
    Modified(String),
    /// The mailbox that was selected is left (RFC 7162 §3.2.11).
    Closed,
    /// The special use cannot be given (RFC 6154 §3).
    UseAttr,
    /// The name that stays over RENAME (RFC 8474 §4).
    MailboxId(String),
    /// The result was not kept (RFC 5182 §2.1).
    NotSaved,
    /// A part's encoding is not known (RFC 3516 §4.3).
    UnknownCte,
    /// Compression is on already (RFC 4978 §3).
    CompressionActive,
    /// Too much to tell; NOTIFY is off again (RFC 5465 §5.8).
    NotificationOverflow,
    /// Events that we know (RFC 5465 §5).
    BadEvent(&'static str),
    /// A URL of CATENATE leads nowhere (RFC 4469 §4.2).
    BadUrl(String),
    /// A value is larger than so many octets (RFC 5464 §4.3).
    MetadataMaxSize(u32),
    /// So many octets were left out as too long (RFC 5464 §4.2.1).
    MetadataLongEntries(u32),
    /// Too many entries (RFC 5464 §4.3).
    MetadataTooMany,
    /// No private entries here (RFC 5464 §4.3).
    MetadataNoPrivate,
    /// No news of the search with this tag (RFC 5267 §4.3).
    NoUpdate(String),
    /// How far a command is (RFC 9585): its tag, how much is done, of how much.
    InProgress(String, u64, u64),
    /// A mailbox with others below cannot go (RFC 9051 §6.3.5).
    HasChildren,
}

impl Code {
    /// Appends it with its brackets.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.push(b'[');
        match self {
            Self::Capability(list) => word_and("CAPABILITY ", list, out),
            Self::PermanentFlags { flags, keywords, new_keywords } => {
                permanent_flags(flags, keywords, *new_keywords, out);
            }
            Self::UidNext(uid) => word_and("UIDNEXT ", uid, out),
            Self::UidValidity(number) => word_and("UIDVALIDITY ", number, out),
            Self::Unseen(place) => word_and("UNSEEN ", place, out),
            Self::AppendUid(validity, uid) => word_and("APPENDUID ", format_args!("{validity} {uid}"), out),
            Self::CopyUid { uid_validity, from, to } => {
                out.extend_from_slice(b"COPYUID ");
                number(u64::from(uid_validity.get()), out);
                word_and(" ", format_args!("{from} {to}"), out);
            }
            Self::HighestModSeq(mod_seq) => word_and("HIGHESTMODSEQ ", mod_seq.0, out),
            Self::Modified(numbers) => word_and("MODIFIED ", numbers, out),
            Self::MailboxId(id) => word_and("MAILBOXID (", format_args!("{id})"), out),
            Self::BadEvent(events) => word_and("BADEVENT (", format_args!("{events})"), out),
            Self::BadUrl(url) => {
                out.extend_from_slice(b"BADURL ");
                quoted_url(url, out);
            }
            Self::MetadataMaxSize(octets) => word_and("METADATA MAXSIZE ", octets, out),
            Self::MetadataLongEntries(octets) => word_and("METADATA LONGENTRIES ", octets, out),
            Self::NoUpdate(tag) => {
                out.extend_from_slice(b"NOUPDATE ");
                quoted(tag, out);
            }
            Self::InProgress(tag, done, goal) => {
                out.extend_from_slice(b"INPROGRESS (");
                quoted(tag, out);
                word_and(" ", format_args!("{done} {goal})"), out);
            }
            plain => out.extend_from_slice(plain.word().as_bytes()),
        }
        out.push(b']');
    }

    fn word(&self) -> &'static str {
        match self {
            Self::Alert => "ALERT",
            Self::BadCharset => "BADCHARSET (US-ASCII UTF-8)",
            Self::Capability(_) => "CAPABILITY",
            Self::Parse => "PARSE",
            Self::PermanentFlags { .. } => "PERMANENTFLAGS",
            Self::ReadOnly => "READ-ONLY",
            Self::ReadWrite => "READ-WRITE",
            Self::TryCreate => "TRYCREATE",
            Self::UidNext(_) => "UIDNEXT",
            Self::UidValidity(_) => "UIDVALIDITY",
            Self::Unseen(_) => "UNSEEN",
            Self::AppendUid(..) => "APPENDUID",
            Self::CopyUid { .. } => "COPYUID",
            Self::UidNotSticky => "UIDNOTSTICKY",
            Self::Unavailable => "UNAVAILABLE",
            Self::AuthenticationFailed => "AUTHENTICATIONFAILED",
            Self::AuthorizationFailed => "AUTHORIZATIONFAILED",
            Self::Expired => "EXPIRED",
            Self::PrivacyRequired => "PRIVACYREQUIRED",
            Self::ContactAdmin => "CONTACTADMIN",
            Self::NoPerm => "NOPERM",
            Self::InUse => "INUSE",
            Self::ExpungeIssued => "EXPUNGEISSUED",
            Self::Corruption => "CORRUPTION",
            Self::ServerBug => "SERVERBUG",
            Self::ClientBug => "CLIENTBUG",
            Self::Cannot => "CANNOT",
            Self::Limit => "LIMIT",
            Self::OverQuota => "OVERQUOTA",
            Self::AlreadyExists => "ALREADYEXISTS",
            Self::NonExistent => "NONEXISTENT",
            Self::TooBig => "TOOBIG",
            Self::HighestModSeq(_) => "HIGHESTMODSEQ",
            Self::Modified(_) => "MODIFIED",
            Self::Closed => "CLOSED",
            Self::UseAttr => "USEATTR",
            Self::MailboxId(_) => "MAILBOXID",
            Self::NotSaved => "NOTSAVED",
            Self::UnknownCte => "UNKNOWN-CTE",
            Self::CompressionActive => "COMPRESSIONACTIVE",
            Self::NotificationOverflow => "NOTIFICATIONOVERFLOW",
            Self::BadEvent(_) => "BADEVENT",
            Self::BadUrl(_) => "BADURL",
            Self::MetadataMaxSize(_) | Self::MetadataLongEntries(_) => "METADATA",
            Self::MetadataTooMany => "METADATA TOOMANY",
            Self::MetadataNoPrivate => "METADATA NOPRIVATE",
            Self::NoUpdate(_) => "NOUPDATE",
            Self::InProgress(..) => "INPROGRESS",
            Self::HasChildren => "HASCHILDREN",
        }
    }
}

fn word_and(word: &str, value: impl std::fmt::Display, out: &mut Vec<u8>) {
    use std::io::Write;
    write!(out, "{word}{value}").expect("a Vec takes everything");
}

/// A quoted string inside the brackets; what would leave its line or its quotes is left out.
fn quoted(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    out.extend(
        text.bytes().filter(|octet| matches!(octet, b' '..=b'~') && !matches!(octet, b'"' | b'\\' | b']')),
    );
    out.push(b'"');
}

/// The client's URL, so that it finds it again: what cannot stand here is percent-encoded (RFC 3986 §2.1), as a URL may be
/// without meaning anything else.
fn quoted_url(url: &str, out: &mut Vec<u8>) {
    use std::io::Write;
    out.push(b'"');
    for octet in url.bytes() {
        match octet {
            b' '..=b'~' if !b"\"\\]".contains(&octet) => out.push(octet),
            _ => write!(out, "%{octet:02X}").expect("a Vec takes everything"),
        }
    }
    out.push(b'"');
}

fn permanent_flags(flags: &FlagSet, keywords: &[Keyword], new_keywords: bool, out: &mut Vec<u8>) {
    let mut words = Vec::with_capacity(keywords.len() + 2);
    words.extend((!flags.is_empty()).then(|| flags.to_string()));
    words.extend(keywords.iter().map(|keyword| keyword.as_str().to_owned()));
    words.extend(new_keywords.then(|| "\\*".to_owned()));
    word_and("PERMANENTFLAGS (", format_args!("{})", words.join(" ")), out);
}

#[cfg(test)]
mod tests {
    use model::SystemFlag;

    use super::*;

    fn permanent(flags: &[SystemFlag], keywords: &[&str], new_keywords: bool) -> Code {
        let keywords = keywords.iter().map(|word| word.parse().unwrap()).collect();
        Code::PermanentFlags { flags: flags.iter().copied().collect(), keywords, new_keywords }
    }

    #[test]
    fn codes_with_values() {
        let uid = |number| Uid::new(number).unwrap();
        let validity = UidValidity::new(38505).unwrap();
        for (code, text) in [
            (Code::AppendUid(validity, UidSet::range(uid(3955), uid(3955))), "[APPENDUID 38505 3955]"),
            (Code::HighestModSeq(ModSeq(7)), "[HIGHESTMODSEQ 7]"),
            (Code::BadUrl("/Läxor/;UID=1".to_owned()), "[BADURL \"/L%C3%A4xor/;UID=1\"]"),
            (Code::BadUrl("/a\r\n]\"".to_owned()), "[BADURL \"/a%0D%0A%5D%22\"]"),
            (Code::InProgress("a1".to_owned(), 3, 9), "[INPROGRESS (\"a1\" 3 9)]"),
            (
                Code::CopyUid {
                    uid_validity: validity,
                    from: [304, 319, 320].map(uid).into_iter().collect(),
                    to: UidSet::range(uid(3956), uid(3958)),
                },
                "[COPYUID 38505 304,319:320 3956:3958]",
            ),
            (permanent(&[SystemFlag::Seen], &[], true), "[PERMANENTFLAGS (\\Seen \\*)]"),
            (permanent(&[SystemFlag::Seen], &["a", "b"], true), "[PERMANENTFLAGS (\\Seen a b \\*)]"),
            (permanent(&[], &[], true), "[PERMANENTFLAGS (\\*)]"),
            (permanent(&[], &[], false), "[PERMANENTFLAGS ()]"),
            (Code::Unseen(SeqNo::MIN), "[UNSEEN 1]"),
            (Code::BadCharset, "[BADCHARSET (US-ASCII UTF-8)]"),
            (Code::OverQuota, "[OVERQUOTA]"),
        ] {
            let mut out = Vec::new();
            code.write(&mut out);
            assert_eq!(String::from_utf8(out).unwrap(), text);
        }
    }
}
