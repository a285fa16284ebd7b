//! Paths: what stands in angle brackets after MAIL FROM and RCPT TO.
//!
//! RFC 5321 §4.1.2 (Path, quoted strings), §4.5.1 (`<Postmaster>` without a domain), appendix C (source routes: read
//! and forgotten), RFC 6531 §3.3. Address literals are understood and refused: nobody here has such an address.

use std::fmt;

use model::{AddressError, Domain, EmailAddress, ReversePath};

/// Which path it was; the statuses differ (RFC 3463 §3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    From,
    To,
}

/// Why a path is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PathError {
    #[error("the address stands in angle brackets, right after the colon")]
    NoBrackets,
    #[error("a bracket or a quotation mark is not closed")]
    Unbalanced,
    #[error("a source route is not well formed")]
    Route,
    #[error("an address literal")]
    Literal,
    #[error("a recipient cannot be empty")]
    Empty,
    #[error("{0}")]
    Address(AddressError),
}

/// One who shall get the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recipient {
    /// `<name@domain>`
    Address(EmailAddress),
    /// `<Postmaster>` without a domain: whoever that is here, always taken (RFC 5321 §4.5.1).
    Postmaster,
}

impl Recipient {
    /// What stood between the brackets.
    pub(crate) fn parse(inner: &str) -> Result<Self, PathError> {
        match without_route(inner)? {
            "" => Err(PathError::Empty),
            name if name.eq_ignore_ascii_case("postmaster") => Ok(Self::Postmaster),
            address => address_of(address).map(Self::Address),
        }
    }
    /// Can it be written only with SMTPUTF8?
    pub(crate) fn needs_utf8(&self) -> bool {
        matches!(self, Self::Address(address) if address.local().needs_utf8())
    }
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
            Self::Postmaster => f.write_str("Postmaster"),
        }
    }
}

/// `<...>` and what follows it, which is nothing or begins with a space.
pub(crate) fn split(text: &str) -> Result<(&str, &str), PathError> {
    let body = text.strip_prefix('<').ok_or(PathError::NoBrackets)?;
    let (mut quoted, mut escaped) = (false, false);
    for (place, c) in body.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '<' if !quoted => break,
            '>' if !quoted => {
                let rest = &body[place + 1..];
                let separate = rest.is_empty() || rest.starts_with(' ');
                return separate.then_some((&body[..place], rest)).ok_or(PathError::Unbalanced);
            }
            _ => {}
        }
    }
    Err(PathError::Unbalanced)
}

/// The sender, or nobody.
pub(crate) fn reverse(inner: &str) -> Result<ReversePath, PathError> {
    match without_route(inner)? {
        "" => Ok(ReversePath::Null),
        address => address_of(address).map(ReversePath::Address),
    }
}

fn address_of(text: &str) -> Result<EmailAddress, PathError> {
    let literal = text.rsplit_once('@').is_some_and(|(_, domain)| domain.starts_with('['));
    if literal { Err(PathError::Literal) } else { Ok(text.parse()?) }
}

/// `@a.test,@b.test:c@d.test` is `c@d.test` (RFC 5321 appendix C: MUST be accepted, SHOULD be ignored).
fn without_route(inner: &str) -> Result<&str, PathError> {
    let Some(_) = inner.strip_prefix('@') else { return Ok(inner) };
    let (route, address) = inner.split_once(':').ok_or(PathError::Route)?;
    let hop = |hop: &str| hop.strip_prefix('@').is_some_and(|domain| domain.parse::<Domain>().is_ok());
    if address.is_empty() || !route.split(',').all(hop) { Err(PathError::Route) } else { Ok(address) }
}
