//! EHLO and HELO: what the client calls itself.
//!
//! RFC 5321 §4.1.1.1, §4.1.3 (address literals), §4.1.4 (a false name is no reason to refuse mail). On submission
//! any name does: laptops call themselves `Åsas dator` and `my_pc`, and their owners could not change it.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use model::Domain;

use super::CommandError;
use crate::session::Service;

/// The client's greeting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hello {
    /// Its name for itself. It proves nothing.
    pub name: HelloName,
    /// EHLO, not HELO.
    pub extended: bool,
}

impl fmt::Display for Hello {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", if self.extended { "EHLO" } else { "HELO" }, self.name)
    }
}

/// What a client may call itself. Its print is safe in a header field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HelloName {
    /// A domain name.
    Domain(Domain),
    /// `[192.0.2.1]` or `[IPv6:2001:db8::1]`.
    Address(IpAddr),
    /// On submission, anything else: what a domain name cannot hold has become `-`.
    Sloppy(String),
}

impl HelloName {
    pub(crate) fn parse(text: &str, service: Service) -> Result<Self, CommandError> {
        if let Ok(domain) = text.parse() {
            return Ok(Self::Domain(domain));
        }
        if let Some(address) = literal(text) {
            return Ok(Self::Address(address));
        }
        if service == Service::Relay || text.is_empty() || text.len() > 255 {
            return Err(CommandError::HelloName);
        }
        let safe = |c: char| if c.is_ascii_alphanumeric() || "._-:".contains(c) { c } else { '-' };
        let name: String = text.chars().map(safe).collect();
        Ok(name.parse().map_or(Self::Sloppy(name), Self::Domain))
    }
}

/// RFC 5321 §4.1.3.
fn literal(text: &str) -> Option<IpAddr> {
    let inner = text.strip_prefix('[')?.strip_suffix(']')?;
    match inner.split_at_checked(5) {
        Some((tag, address)) if tag.eq_ignore_ascii_case("IPv6:") => {
            address.parse::<Ipv6Addr>().ok().map(IpAddr::V6)
        }
        _ => inner.parse::<Ipv4Addr>().ok().map(IpAddr::V4),
    }
}

impl fmt::Display for HelloName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Domain(domain) => domain.fmt(f),
            Self::Address(IpAddr::V4(address)) => write!(f, "[{address}]"),
            Self::Address(IpAddr::V6(address)) => write!(f, "[IPv6:{address}]"),
            Self::Sloppy(text) => f.write_str(text),
        }
    }
}
