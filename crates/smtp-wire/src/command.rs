//! Command lines: text to [`Command`], and back for the tests and for logs.
//!
//! RFC 5321 §4.1.1 (commands), §4.1.2 (arguments), RFC 3030 §2 (BDAT), RFC 3207 §4 (STARTTLS), RFC 4954 §4 (AUTH).
//! Trailing spaces are ignored (§4.1.1). What only submission forgives stands with the argument it concerns.

mod hello;
mod params;
mod path;

use std::fmt;

use model::{AddressError, ReversePath, Secret};

pub use self::hello::{Hello, HelloName};
pub(crate) use self::params::MailParams;
pub use self::path::Recipient;
pub(crate) use self::path::{PathError, Side};
use crate::sasl::Mechanism;
use crate::session::Service;

/// One command of the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Hello(Hello),
    Mail {
        from: ReversePath,
        params: MailParams,
    },
    Rcpt {
        to: Recipient,
    },
    Data,
    Bdat {
        size: u64,
        last: bool,
    },
    Rset,
    Noop,
    Quit,
    Vrfy,
    Help,
    StartTls,
    /// A mechanism we do not know is `None`; the initial response is still in base64.
    Auth {
        mechanism: Option<Mechanism>,
        initial: Option<Secret<String>>,
    },
}

/// Why a line is no command that we carry out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CommandError {
    #[error("unknown command")]
    Unknown,
    #[error("a command of RFC 5321 that is not carried out here")]
    NotImplemented,
    #[error("this is HTTP")]
    Http,
    #[error("control characters, or text that is not UTF-8")]
    Characters,
    #[error("expected: {0}")]
    Syntax(&'static str),
    #[error("the length of the chunk cannot be read")]
    ChunkSize,
    #[error("EHLO and HELO need a host name or an address in brackets")]
    HelloName,
    #[error("unknown parameter of MAIL or RCPT")]
    UnknownParameter,
    #[error("a parameter of MAIL or RCPT has a value it cannot have")]
    BadParameter,
    #[error("{0:?}: {1}")]
    Path(Side, PathError),
}

impl Command {
    /// One line without its CRLF.
    pub(crate) fn parse(line: &[u8], service: Service) -> Result<Self, CommandError> {
        if line.iter().any(u8::is_ascii_control) {
            return Err(CommandError::Characters);
        }
        let end = line.iter().position(|octet| *octet == b' ').unwrap_or(line.len());
        let (verb, argument) = line.split_at(end);
        let verb = verb.to_ascii_uppercase();
        if matches!(&verb[..], b"EHLO" | b"HELO") {
            // A computer's name in a national character set is still only a name.
            let name = HelloName::parse(String::from_utf8_lossy(argument).trim(), service)?;
            return Ok(Self::Hello(Hello { name, extended: verb == b"EHLO" }));
        }
        let argument = str::from_utf8(argument).map_err(|_| CommandError::Characters)?;
        Self::parse_argument(&verb, argument.trim_end().strip_prefix(' ').unwrap_or_default(), service)
    }

    fn parse_argument(verb: &[u8], argument: &str, service: Service) -> Result<Self, CommandError> {
        let alone = |command: Self, usage| {
            if argument.is_empty() { Ok(command) } else { Err(CommandError::Syntax(usage)) }
        };
        match verb {
            b"MAIL" => mail(argument, service),
            b"RCPT" => rcpt(argument, service),
            b"DATA" => alone(Self::Data, "DATA"),
            b"BDAT" => bdat(argument),
            b"RSET" => alone(Self::Rset, "RSET"),
            b"NOOP" => Ok(Self::Noop),
            b"QUIT" => alone(Self::Quit, "QUIT"),
            b"VRFY" if argument.is_empty() => Err(CommandError::Syntax("VRFY name")),
            b"VRFY" => Ok(Self::Vrfy),
            b"HELP" => Ok(Self::Help),
            b"STARTTLS" => alone(Self::StartTls, "STARTTLS"),
            b"AUTH" => auth(argument),
            b"EXPN" | b"ETRN" | b"ATRN" | b"TURN" | b"SEND" | b"SOML" | b"SAML" | b"BURL" => {
                Err(CommandError::NotImplemented)
            }
            b"GET" | b"POST" | b"PUT" | b"HEAD" | b"OPTIONS" | b"CONNECT" | b"DELETE" | b"PATCH"
            | b"TRACE" | b"PRI" | b"HOST:" => Err(CommandError::Http),
            _ => Err(CommandError::Unknown),
        }
    }
}

/// What follows `FROM:` or `TO:`.
fn after_keyword<'a>(argument: &'a str, keyword: &str, service: Service) -> Option<&'a str> {
    let (found, rest) = argument.split_at_checked(keyword.len())?;
    // Outlook 365 sends `MAIL FROM: <a@b>`; another mail server has no excuse.
    let rest = if service == Service::Submission { rest.trim_start() } else { rest };
    found.eq_ignore_ascii_case(keyword).then_some(rest)
}

fn mail(argument: &str, service: Service) -> Result<Command, CommandError> {
    let rest =
        after_keyword(argument, "FROM:", service).ok_or(CommandError::Syntax("MAIL FROM:<name@domain>"))?;
    let (inner, rest) = path::split(rest).map_err(|error| CommandError::Path(Side::From, error))?;
    let from = path::reverse(inner).map_err(|error| CommandError::Path(Side::From, error))?;
    Ok(Command::Mail { from, params: MailParams::parse(rest, service)? })
}

fn rcpt(argument: &str, service: Service) -> Result<Command, CommandError> {
    let rest =
        after_keyword(argument, "TO:", service).ok_or(CommandError::Syntax("RCPT TO:<name@domain>"))?;
    let (inner, rest) = path::split(rest).map_err(|error| CommandError::Path(Side::To, error))?;
    let to = Recipient::parse(inner).map_err(|error| CommandError::Path(Side::To, error))?;
    // No extension that we announce has a parameter here.
    if rest.trim().is_empty() { Ok(Command::Rcpt { to }) } else { Err(CommandError::UnknownParameter) }
}

fn bdat(argument: &str) -> Result<Command, CommandError> {
    let mut words = argument.split_ascii_whitespace();
    let digits = words.next().filter(|size| size.bytes().all(|octet| octet.is_ascii_digit()));
    let size = digits.and_then(|size| size.parse().ok()).ok_or(CommandError::ChunkSize)?;
    match (words.next(), words.next()) {
        (None, None) => Ok(Command::Bdat { size, last: false }),
        (Some(last), None) if last.eq_ignore_ascii_case("LAST") => Ok(Command::Bdat { size, last: true }),
        _ => Err(CommandError::ChunkSize),
    }
}

fn auth(argument: &str) -> Result<Command, CommandError> {
    let mut words = argument.split_ascii_whitespace();
    let (Some(name), initial, None) = (words.next(), words.next(), words.next()) else {
        return Err(CommandError::Syntax("AUTH mechanism [initial-response]"));
    };
    let initial = initial.map(|initial| Secret::new(initial.to_owned()));
    Ok(Command::Auth { mechanism: Mechanism::named(name), initial })
}

/// The address is no address; which kind of wrong decides the status code.
impl From<AddressError> for PathError {
    fn from(error: AddressError) -> Self {
        Self::Address(error)
    }
}

/// The one spelling of a command; a secret is not part of it.
impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hello(hello) => write!(f, "{hello}"),
            Self::Mail { from, params } => write!(f, "MAIL FROM:{from}{params}"),
            Self::Rcpt { to } => write!(f, "RCPT TO:<{to}>"),
            Self::Data => f.write_str("DATA"),
            Self::Bdat { size, last } => write!(f, "BDAT {size}{}", if *last { " LAST" } else { "" }),
            Self::Rset => f.write_str("RSET"),
            Self::Noop => f.write_str("NOOP"),
            Self::Quit => f.write_str("QUIT"),
            Self::Vrfy => f.write_str("VRFY ***"),
            Self::Help => f.write_str("HELP"),
            Self::StartTls => f.write_str("STARTTLS"),
            Self::Auth { mechanism, initial } => {
                let name = mechanism.map_or("UNKNOWN", Mechanism::name);
                write!(f, "AUTH {name}{}", if initial.is_some() { " ***" } else { "" })
            }
        }
    }
}

#[cfg(test)]
mod tests;
