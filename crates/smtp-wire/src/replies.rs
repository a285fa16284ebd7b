//! Every reply that the session gives of its own accord.
//!
//! What a person may get to see in a mail program is said in Swedish and English and tells what to do; the order of
//! commands is a matter between programs and is said in English. Statuses as in RFC 3463 and RFC 5248.

use std::borrow::Cow;

use bytes::{BufMut, BytesMut};
use model::{QueueId, Text};

use crate::body::Fault;
use crate::command::{CommandError, PathError, Side};
use crate::input::LineError;
use crate::reply::{EnhancedStatus, Reply};
use crate::sasl::SaslError;
use crate::session::HangUp;

const fn status(class: u8, subject: u16, detail: u16) -> EnhancedStatus {
    EnhancedStatus::new(class, subject, detail)
}
fn both(code: u16, status: EnhancedStatus, sv: impl Into<String>, en: impl Into<String>) -> Reply {
    Reply::new(code, status, Text::new(sv, en))
}

/// Anything that went well.
pub(crate) fn fine(subject: u16, detail: u16, text: impl Into<Cow<'static, str>>) -> Reply {
    Reply::english(250, status(2, subject, detail), text)
}
pub(crate) fn queued(id: QueueId) -> Reply {
    fine(0, 0, format!("Queued as {id}"))
}
pub(crate) fn greeting(hostname: &str) -> Reply {
    Reply::bare(220, format!("{hostname} ESMTP"))
}
/// One line for each keyword (RFC 5321 §4.1.1.1).
pub(crate) fn hello(hostname: &str, keywords: &[Cow<'static, str>], out: &mut BytesMut) {
    let lines: Vec<&str> = std::iter::once(hostname).chain(keywords.iter().map(AsRef::as_ref)).collect();
    for (place, line) in lines.iter().enumerate() {
        let separator = if place + 1 == lines.len() { ' ' } else { '-' };
        out.put_slice(format!("250{separator}{line}\r\n").as_bytes());
    }
}
pub(crate) fn start_data() -> Reply {
    Reply::bare(354, "Send the message; end with a dot on a line of its own")
}
pub(crate) fn prompt(challenge: &'static str) -> Reply {
    Reply::bare(334, challenge)
}
pub(crate) fn logged_in() -> Reply {
    Reply::english(235, status(2, 7, 0), "Logged in")
}
pub(crate) fn ready_for_tls() -> Reply {
    Reply::english(220, status(2, 0, 0), "Ready to start TLS")
}
pub(crate) fn bye() -> Reply {
    Reply::english(221, status(2, 0, 0), "Bye")
}
pub(crate) fn cannot_verify() -> Reply {
    Reply::english(252, status(2, 0, 0), "Not told here; send mail and see")
}
pub(crate) fn help() -> Reply {
    Reply::english(
        214,
        status(2, 0, 0),
        "EHLO HELO MAIL RCPT DATA BDAT RSET NOOP VRFY HELP STARTTLS AUTH QUIT; see RFC 5321",
    )
}

/// Out of order (RFC 5321 §4.1.4).
pub(crate) fn order(text: &'static str) -> Reply {
    Reply::english(503, status(5, 5, 1), text)
}
pub(crate) fn no_valid_recipients() -> Reply {
    both(554, status(5, 5, 1), "Ingen mottagare togs emot.", "No valid recipients.")
}
pub(crate) fn not_here(text: &'static str) -> Reply {
    Reply::english(502, status(5, 5, 1), text)
}
pub(crate) fn nothing_may_follow_starttls() -> Reply {
    Reply::english(503, status(5, 5, 1), "Nothing may follow STARTTLS before TLS has begun; goodbye")
}
pub(crate) fn tls_first() -> Reply {
    both(
        530,
        status(5, 7, 0),
        "Slå på säker anslutning (STARTTLS) i e-postprogrammet.",
        "STARTTLS comes first: turn on a secure connection in the mail program.",
    )
}
pub(crate) fn tls_before_password() -> Reply {
    both(
        538,
        status(5, 7, 11),
        "Lösenord tas bara emot krypterat: slå på STARTTLS i e-postprogrammet.",
        "Passwords are taken only under encryption: turn on STARTTLS in the mail program.",
    )
}
pub(crate) fn log_in_first() -> Reply {
    both(
        530,
        status(5, 7, 0),
        "Logga in först: slå på lösenord för utgående e-post i programmet.",
        "Log in first: turn on authentication for outgoing mail in the mail program.",
    )
}
pub(crate) fn unknown_mechanism() -> Reply {
    Reply::english(504, status(5, 5, 4), "Known mechanisms: PLAIN LOGIN")
}
pub(crate) fn sasl(error: SaslError) -> Reply {
    match error {
        SaslError::Cancelled => Reply::english(501, status(5, 7, 0), "Log-in given up"),
        SaslError::Malformed => Reply::english(501, status(5, 5, 2), "This response cannot be decoded"),
    }
}
pub(crate) fn too_large(size_max: u64) -> Reply {
    let (sv, en) = (
        format!("Brevet är för stort: högst {} MB tas emot. Dela filen på annat sätt.", size_max >> 20),
        format!("The message is too large: the limit is {size_max} octets. Share the file another way."),
    );
    both(552, status(5, 3, 4), sv, en)
}
pub(crate) fn too_many_recipients(recipients_max: u32) -> Reply {
    both(
        452,
        status(4, 5, 3),
        format!("För många mottagare: högst {recipients_max} i ett brev."),
        format!("Too many recipients: at most {recipients_max} in one message."),
    )
}
/// RFC 6531 §3.5.
pub(crate) fn needs_smtputf8() -> Reply {
    both(
        553,
        status(5, 6, 7),
        "Adressen har tecken som kräver SMTPUTF8, och programmet sade inte det.",
        "The address has characters that need SMTPUTF8, which was not announced.",
    )
}
pub(crate) fn too_many_errors() -> Reply {
    Reply::english(421, status(4, 7, 0), "Too many errors; goodbye")
}
pub(crate) fn too_much_talk() -> Reply {
    Reply::english(421, status(4, 7, 0), "Too many commands without a message; goodbye")
}
pub(crate) fn not_smtp() -> Reply {
    Reply::english(421, status(4, 7, 0), "This is a mail server; goodbye")
}
pub(crate) fn is_tls() -> Reply {
    Reply::english(421, status(4, 7, 0), "This port begins without TLS: use STARTTLS, or port 465; goodbye")
}
/// Something of ours failed; the log knows what.
pub(crate) fn local_error() -> Reply {
    both(
        451,
        status(4, 3, 0),
        "Ett fel hos oss: försök igen om en stund.",
        "A fault on our side: try again in a while.",
    )
}
pub(crate) fn hung_up(why: HangUp) -> Reply {
    let (status, text) = match why {
        HangUp::Idle => (status(4, 4, 2), "Nothing came for too long; goodbye"),
        HangUp::TooLong => (status(4, 4, 2), "The session took too long; goodbye"),
        HangUp::Busy => (status(4, 3, 2), "Too many connections; try again in a while"),
        HangUp::ShuttingDown => (status(4, 3, 2), "Going down; try again in a while"),
        HangUp::LoginEnded => return login_ended(),
    };
    Reply::english(421, status, text)
}
fn login_ended() -> Reply {
    Reply::new(
        421,
        status(4, 7, 0),
        Text::new(
            "Inloggningen gäller inte längre. Logga in igen med ditt nuvarande lösenord.",
            "The log-in is no longer valid. Log in again with your current password.",
        ),
    )
}

/// The line was no line.
pub(crate) fn line(error: LineError) -> Reply {
    match error {
        LineError::BareLf | LineError::BareCr => {
            Reply::english(500, status(5, 5, 2), "Lines end in CR LF, and neither stands alone")
        }
        LineError::TooLong => Reply::english(500, status(5, 5, 6), "The line is too long"),
        LineError::Flood => Reply::english(421, status(4, 7, 0), "The line is far too long; goodbye"),
    }
}

/// The line was no command.
pub(crate) fn command(error: CommandError) -> Reply {
    match error {
        CommandError::Unknown => Reply::english(500, status(5, 5, 2), "Unknown command"),
        CommandError::NotImplemented => not_here("Not carried out here"),
        CommandError::Http => not_smtp(),
        CommandError::Characters => {
            Reply::english(500, status(5, 5, 2), "A command is UTF-8 without control characters")
        }
        CommandError::Syntax(usage) => Reply::english(501, status(5, 5, 4), format!("Expected: {usage}")),
        CommandError::ChunkSize => Reply::english(
            501,
            status(5, 5, 4),
            "Expected: BDAT size [LAST]; what follows cannot be told; goodbye",
        ),
        CommandError::HelloName => both(
            501,
            status(5, 5, 2),
            "EHLO kräver ett domännamn eller en adress som [192.0.2.1].",
            "EHLO needs a domain name or an address as [192.0.2.1].",
        ),
        CommandError::UnknownParameter => Reply::english(555, status(5, 5, 4), "Unknown parameter"),
        CommandError::BadParameter => Reply::english(501, status(5, 5, 4), "Bad value of a parameter"),
        CommandError::Path(side, error) => path(side, error),
    }
}

/// RFC 3463 §3.2: X.1.7 the sender's address, X.1.3 the recipient's.
fn path(side: Side, error: PathError) -> Reply {
    let status = |detail: u16| EnhancedStatus::new(5, 1, detail);
    let syntax = status(if side == Side::From { 7 } else { 3 });
    let malformed = |sv: &str, en: String| both(501, syntax, sv, en);
    match (error, side) {
        (PathError::Literal, Side::From) => both(
            553,
            syntax,
            "Avsändaren måste ha en domän, inte ett nummer i hakparentes.",
            "The sender needs a domain name, not a number in brackets.",
        ),
        (PathError::Literal, Side::To) => both(
            550,
            status(2),
            "Här finns inga adresser med nummer i hakparentes: skriv namn@domän.",
            "No address with a number in brackets is known here: write name@domain.",
        ),
        (PathError::NoBrackets, _) => malformed(
            "Adressen ska stå i <> direkt efter kolon.",
            "The address stands in <> right after the colon.".into(),
        ),
        (PathError::Unbalanced, _) => malformed(
            "En parentes eller ett citattecken är inte avslutat i adressen.",
            "A bracket or a quotation mark in the address is not closed.".into(),
        ),
        (PathError::Route, _) => malformed(
            "Skriv adressen utan väg: <namn@domän>.",
            "Write the address without a route: <name@domain>.".into(),
        ),
        (PathError::Empty, _) => malformed("Mottagare saknas.", "The recipient is missing.".into()),
        (PathError::Address(error), _) => malformed(
            "Adressen går inte att läsa: kontrollera stavningen.",
            format!("Check the address: {error}."),
        ),
    }
}

/// The message was refused for its form.
pub(crate) fn fault(fault: Fault, size_max: u64, line_max: usize) -> Reply {
    let broken = |sv: &str, en: String| both(554, status(5, 6, 0), sv, en);
    match fault {
        Fault::TooLarge => too_large(size_max),
        Fault::BareLf => broken(
            "Brevet har en radbrytning av bara LF och kan läsas på två sätt.",
            "The message has a bare LF and can be read in two ways (RFC 5321 section 2.3.8).".into(),
        ),
        Fault::BareCr => broken(
            "Brevet har en radbrytning av bara CR och kan läsas på två sätt.",
            "The message has a bare CR and can be read in two ways (RFC 5321 section 2.3.8).".into(),
        ),
        Fault::Nul => {
            broken("Brevet har ett nolltecken.", "The message has a NUL octet (RFC 5322 section 4).".into())
        }
        Fault::LineTooLong => broken(
            "Brevet har en alldeles för lång rad.",
            format!("The message has a line of more than {line_max} octets."),
        ),
    }
}
