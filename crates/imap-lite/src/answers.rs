//! Refusals of the other crates as answers: the one place where they meet the protocol.
//!
//! RFC 3501 §7.1, RFC 5530. The client reads a calm line; the log has the cause.

use directory::{AuthError, DirectoryError, Ended};
use imap_wire::{Code, Completion};
use mailbox::MailboxError;
use model::{MailboxName, Text};
use store::{CommitError, StoreError};
use tracing::{error, warn};

use crate::wire::Over;

/// What a mailbox operation could not do.
pub(crate) fn mailbox_error(error: &MailboxError) -> Completion {
    let code = match error {
        MailboxError::NoMailbox(_) | MailboxError::Gone => Code::NonExistent,
        MailboxError::Exists(_) => Code::AlreadyExists,
        MailboxError::Twin { .. }
        | MailboxError::Permanent(_)
        | MailboxError::IntoItself
        | MailboxError::Name(_) => Code::Cannot,
        MailboxError::HasChildren(_) => Code::HasChildren,
        MailboxError::Limit(_) | MailboxError::SearchTooLarge => Code::Limit,
        MailboxError::OverQuota => Code::OverQuota,
        MailboxError::NoSuchMessage => return Completion::bad(error.text()),
        MailboxError::Expunged => Code::ExpungeIssued,
        MailboxError::NoPermission | MailboxError::AccessEnded => Code::NoPerm,
        MailboxError::ReadOnly => Code::ReadOnly,
        MailboxError::Busy => Code::InUse,
        MailboxError::Store(error) => return store_error(error),
        MailboxError::Commit(error) => return commit_error(error),
    };
    Completion::no(code, error.text())
}

/// The same for a mailbox that is written into: the client is asked to make it (RFC 3501 §6.3.11, §6.4.7).
pub(crate) fn target_error(error: &MailboxError) -> Completion {
    match error {
        MailboxError::NoMailbox(_) | MailboxError::Gone => Completion::no(Code::TryCreate, error.text()),
        other => mailbox_error(other),
    }
}

pub(crate) fn store_error(cause: &StoreError) -> Completion {
    error!(error = %cause, "reading for IMAP");
    match cause {
        StoreError::NoBody(_) | StoreError::Damaged { .. } | StoreError::Record { .. } => Completion::no(
            Code::Corruption,
            Text::new(
                "Brevet eller mappen är skadad. Kontakta skolans it-stöd.",
                "The message or mailbox is damaged. Contact your school's IT support.",
            ),
        ),
        StoreError::Full => full(),
        StoreError::Io { .. } | StoreError::Closed => Completion::no(
            Code::Unavailable,
            Text::new(
                "Servern kan inte läsa det just nu. Försök igen om en stund.",
                "The server cannot read that now. Try again in a while.",
            ),
        ),
    }
}

fn commit_error(cause: &CommitError) -> Completion {
    warn!(error = %cause, "writing for IMAP");
    match cause {
        CommitError::Full => full(),
        CommitError::ReadOnly => read_only(),
        CommitError::Unknown(_) => Completion::no(
            Code::Unavailable,
            Text::new(
                "Det är inte säkert att ändringen sparades. Titta efter innan du försöker igen.",
                "It is not certain that the change was saved. Look before you try again.",
            ),
        ),
        CommitError::Store(cause) => store_error(cause),
        CommitError::Conflict(_) | CommitError::NoMailbox(_) | CommitError::UsedUp(_) => {
            mailbox_error(&cause.clone().into())
        }
        CommitError::NoBody(_) | CommitError::TooLarge(_) => server_bug(),
    }
}

/// Taking stops while the disk is nearly full; reading and deleting go on.
pub(crate) fn full() -> Completion {
    Completion::no(
        Code::Unavailable,
        Text::new(
            "Serverns disk är nästan full, så inget nytt kan sparas just nu. Det går att läsa och ta bort.",
            "The server's disk is nearly full, so nothing new can be saved now. Reading and deleting work.",
        ),
    )
}

pub(crate) fn read_only() -> Completion {
    Completion::no(
        Code::Unavailable,
        Text::new(
            "Servern kan inte spara ändringar just nu. Det går att läsa.",
            "The server cannot save changes now. Reading works.",
        ),
    )
}

fn server_bug() -> Completion {
    Completion::no(
        Code::ServerBug,
        Text::new("Något gick fel hos servern.", "Something went wrong in the server."),
    )
}

/// The letter of an APPEND could not be kept while it came.
pub(crate) fn spool_error(cause: &std::io::Error) -> Completion {
    error!(error = %cause, "spool of an APPEND");
    full()
}

/// A date that cannot be kept.
pub(crate) fn early_date() -> Completion {
    Completion::no(
        Code::Cannot,
        Text::new("Brevets datum ligger före 1970.", "The message's date is before 1970."),
    )
}

/// A letter that is put together grows beyond the limit, or one of several is too large.
pub(crate) fn letter_too_large(bytes_max: u64) -> Completion {
    Completion::no(
        Code::TooBig,
        Text::new(
            format!("Brevet är för stort: gränsen är {bytes_max} byte."),
            format!("The message is too large: the limit is {bytes_max} bytes."),
        ),
    )
}

pub(crate) fn empty_letter() -> Completion {
    Completion::no(
        Code::Cannot,
        Text::new("Ett tomt brev kan inte sparas.", "An empty message cannot be saved."),
    )
}

/// RFC 4469 §5: a URL of CATENATE that leads nowhere, or not to octets of a letter here.
pub(crate) fn bad_url(url: String) -> Completion {
    Completion::no(
        Code::BadUrl(url),
        Text::new("Adressen leder inte till något brev här.", "The URL leads to no message here."),
    )
}

/// RFC 3516 §4.3: BINARY of a part whose encoding nobody knows.
pub(crate) fn unknown_encoding() -> Completion {
    Completion::no(
        Code::UnknownCte,
        Text::new(
            "En del av brevet är kodad på ett okänt sätt. Hämta den som den är.",
            "A part of the message is encoded in an unknown way. Fetch it as it is.",
        ),
    )
}

/// RFC 3516 §4.4: a literal8 with NUL.
pub(crate) fn binary_nul() -> Completion {
    let Completion::No { text, .. } = nul() else { return nul() };
    Completion::no(Code::UnknownCte, text)
}

/// The letter of an APPEND has an octet that FETCH cannot send.
pub(crate) fn nul() -> Completion {
    Completion::no(
        Code::Cannot,
        Text::new(
            "Brevet har tecknet NUL i sig och kan inte sparas.",
            "The message has a NUL character in it and cannot be saved.",
        ),
    )
}

pub(crate) fn directory_error(cause: &DirectoryError) -> Completion {
    match cause {
        DirectoryError::Store(cause) => store_error(cause),
        DirectoryError::Busy => Completion::no(Code::Unavailable, cause.text()),
        other => {
            error!(error = %other, "directory for IMAP");
            server_bug()
        }
    }
}

/// RFC 5530 §3: AUTHENTICATIONFAILED only where the password was looked at.
pub(crate) fn auth_error(cause: &AuthError) -> Completion {
    if let AuthError::Store(cause) = cause {
        warn!(error = %cause, "log-in");
    }
    let code = match cause {
        AuthError::Wrong => Code::AuthenticationFailed,
        AuthError::Locked => Code::ContactAdmin,
        AuthError::TooManyTries | AuthError::Unavailable | AuthError::Store(_) => Code::Unavailable,
    };
    Completion::no(code, cause.text())
}

pub(crate) fn acting_for_another() -> Completion {
    Completion::no(
        Code::AuthorizationFailed,
        Text::new(
            "Det går inte att logga in åt någon annan. Lämna fältet för auktoriserings-id tomt.",
            "Nobody logs in for somebody else. Leave the authorization identity empty.",
        ),
    )
}

pub(crate) fn too_many_sessions() -> Completion {
    Completion::no(
        Code::Limit,
        Text::new(
            "Kontot har för många anslutningar. Stäng ett program och försök igen.",
            "The account has too many connections. Close a program and try again.",
        ),
    )
}

pub(crate) fn too_many_compressed() -> Completion {
    Completion::no(
        Code::Limit,
        Text::new(
            "Servern komprimerar redan för många anslutningar; fortsätt utan.",
            "The server compresses too many connections already; go on without it.",
        ),
    )
}

/// A name below the place where mailboxes of others appear.
pub(crate) fn place_of_others(name: &MailboxName) -> Completion {
    Completion::no(
        Code::Cannot,
        Text::new(
            format!("Namnet {name} hör till andras mappar. Välj ett annat namn."),
            format!("The name {name} is one of mailboxes of others. Choose another name."),
        ),
    )
}

/// `INBOX` below somebody's INBOX, which has one name here.
pub(crate) fn inbox_of_others(inbox: &MailboxName) -> Completion {
    Completion::no(
        Code::Cannot,
        Text::new(
            format!("Inkorgen finns redan: den heter {inbox} här."),
            format!("The INBOX is here already: it is called {inbox}."),
        ),
    )
}

/// RENAME from one account into another.
pub(crate) fn between_accounts() -> Completion {
    Completion::no(
        Code::Cannot,
        Text::new(
            "En mapp kan inte flyttas mellan konton. Flytta breven i stället.",
            "A mailbox cannot be moved between accounts. Move the messages instead.",
        ),
    )
}

/// RFC 5182 §2.1.
pub(crate) fn not_saved() -> Completion {
    Completion::no(
        Code::NotSaved,
        Text::new("Så många träffar sparas inte.", "That many matches are not saved."),
    )
}

/// A request at a moment when the session should not have made it.
/// A client asks only for what the list of capabilities has.
pub(crate) fn not_yet() -> Completion {
    Completion::no(Code::Cannot, Text::new("Det kan servern inte.", "The server cannot do that."))
}

pub(crate) fn out_of_order() -> Completion {
    error!("the session asked for something that cannot be asked here");
    server_bug()
}

/// Why a session ends.
pub(crate) fn over(over: Over) -> (Option<Code>, Text) {
    match over {
        Over::Stopping => (
            Some(Code::Unavailable),
            Text::new("Servern startar om. Försök igen strax.", "The server is restarting. Try again soon."),
        ),
        Over::LoggedOut(Ended::Changed) => (
            Some(Code::Expired),
            Text::new("Lösenordet har ändrats. Logga in igen.", "The password has changed. Log in again."),
        ),
        Over::LoggedOut(Ended::Locked) => (
            Some(Code::ContactAdmin),
            Text::new("Kontot har stoppats. Kontakta skolan.", "The account is locked. Contact the school."),
        ),
        Over::LoggedOut(Ended::Removed) => {
            (Some(Code::ContactAdmin), Text::new("Kontot är avslutat.", "The account has been closed."))
        }
    }
}

/// Nothing came for too long.
pub(crate) fn late() -> Text {
    Text::new("Ingenting hände på länge.", "Nothing happened for too long.")
}
