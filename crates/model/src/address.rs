//! Addresses that mail can be routed by.
//!
//! RFC 5321 §4.1.2 (Mailbox, with quoted local parts), RFC 6531 §3.3 (UTF-8 in both halves), RFC 5890 (a domain is kept
//! as A-labels in lower case). Not here: address literals (`user@[192.0.2.1]`), which no recipient of ours has, and
//! source routes, which `smtp-wire` strips.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use unicode_normalization::UnicodeNormalization;

/// Why a text is not an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// No `@`.
    #[error("an address has the form name@domain; the @ is missing")]
    NoAt,
    /// Nothing before the `@`, or over 64 octets.
    #[error("the part before the @ has 1 to 64 octets")]
    LocalLength,
    /// An octet that may not stand there.
    #[error("the part before the @ has a character at place {0} that an address cannot hold")]
    LocalCharacter(usize),
    /// Not a domain name.
    #[error("the part after the @ is not a domain name")]
    Domain,
}

/// The part before the `@`, unquoted, NFC. Its case is kept and never decides whose it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LocalPart(String);

impl LocalPart {
    /// As text, without quotes.
    pub fn as_str(&self) -> &str {
        &self.0
    }
    /// In lower case: the form that is compared and looked up.
    pub fn folded(&self) -> String {
        self.0.to_lowercase()
    }
    /// Can it be written only with SMTPUTF8?
    pub fn needs_utf8(&self) -> bool {
        !self.0.is_ascii()
    }

    fn is_atom(octet: char) -> bool {
        octet.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(octet) || !octet.is_ascii()
    }
    fn is_dot_string(text: &str) -> bool {
        !text.split('.').any(str::is_empty) && text.chars().all(Self::is_atom)
    }
    fn unquote(text: &str) -> Result<String, AddressError> {
        let Some(quoted) = text.strip_prefix('"') else {
            let bad = text.char_indices().find(|(_, c)| !Self::is_atom(*c) || c.is_control());
            return match bad {
                Some((place, _)) => Err(AddressError::LocalCharacter(place)),
                None if Self::is_dot_string(text) => Ok(text.to_owned()),
                None if text.is_empty() => Err(AddressError::LocalLength),
                None => Err(AddressError::LocalCharacter(text.find("..").unwrap_or(0))),
            };
        };
        let wrong = |place: usize| AddressError::LocalCharacter(place);
        let inner = quoted.strip_suffix('"').ok_or(wrong(text.len()))?;
        let (mut plain, mut escaped) = (String::new(), false);
        for (place, c) in inner.char_indices() {
            if c.is_control() || (c == '"' && !escaped) {
                return Err(wrong(place + 1));
            }
            escaped = c == '\\' && !escaped;
            if !escaped {
                plain.push(c);
            }
        }
        if escaped { Err(wrong(text.len())) } else { Ok(plain) }
    }
}

impl FromStr for LocalPart {
    type Err = AddressError;
    fn from_str(text: &str) -> Result<Self, AddressError> {
        let plain: String = Self::unquote(text)?.nfc().collect();
        if plain.is_empty() || plain.len() > 64 {
            return Err(AddressError::LocalLength);
        }
        Ok(Self(plain))
    }
}

/// Quoted where it must be.
impl fmt::Display for LocalPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if Self::is_dot_string(&self.0) {
            return f.write_str(&self.0);
        }
        f.write_str("\"")?;
        for c in self.0.chars() {
            if matches!(c, '"' | '\\') {
                f.write_str("\\")?;
            }
            write!(f, "{c}")?;
        }
        f.write_str("\"")
    }
}

/// A domain name as A-labels in lower case, without a final dot.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Domain(String);

impl Domain {
    /// In A-labels.
    pub fn as_str(&self) -> &str {
        &self.0
    }
    /// For people: in U-labels where they are sound.
    pub fn to_unicode(&self) -> String {
        let (text, result) = idna::domain_to_unicode(&self.0);
        if result.is_ok() { text } else { self.0.clone() }
    }
}

impl FromStr for Domain {
    type Err = AddressError;
    fn from_str(text: &str) -> Result<Self, AddressError> {
        let ascii = idna::domain_to_ascii_strict(text).map_err(|_| AddressError::Domain)?;
        let label = |label: &str| {
            !label.is_empty()
                && label.len() <= 63
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        };
        if ascii.is_empty() || ascii.len() > 253 || !ascii.split('.').all(label) {
            return Err(AddressError::Domain);
        }
        Ok(Self(ascii))
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An address we can route, both halves checked (RFC 5321 §4.1.2).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EmailAddress {
    local: LocalPart,
    domain: Domain,
}

impl EmailAddress {
    /// From its halves.
    pub const fn new(local: LocalPart, domain: Domain) -> Self {
        Self { local, domain }
    }
    /// Before the `@`.
    pub const fn local(&self) -> &LocalPart {
        &self.local
    }
    /// After the `@`.
    pub const fn domain(&self) -> &Domain {
        &self.domain
    }
    /// The form by which two addresses are the same to us: all in lower case.
    pub fn folded(&self) -> String {
        format!("{}@{}", self.local.folded(), self.domain)
    }
}

impl FromStr for EmailAddress {
    type Err = AddressError; // which part, at which place
    fn from_str(text: &str) -> Result<Self, AddressError> {
        let (local, domain) = text.rsplit_once('@').ok_or(AddressError::NoAt)?;
        Ok(Self { local: local.parse()?, domain: domain.parse()? })
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.local, self.domain)
    }
}

macro_rules! serde_as_text {
    ($name:ident) => {
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
serde_as_text!(Domain);
serde_as_text!(EmailAddress);

/// MAIL FROM: an address, or the empty path of notices, which nobody may answer with a notice (RFC 5321 §4.5.5).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ReversePath {
    /// `<>`
    Null,
    /// `<name@domain>`
    Address(EmailAddress),
}

impl fmt::Display for ReversePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("<>"),
            Self::Address(address) => write!(f, "<{address}>"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn addresses_of_all_kinds() {
        for (text, shown, folded) in [
            ("Asa.Oqvist@Skola.Test", "Asa.Oqvist@skola.test", "asa.oqvist@skola.test"),
            ("åsa@öskola.test", "åsa@xn--skola-iua.test", "åsa@xn--skola-iua.test"),
            ("\"a b\"@x.test", "\"a b\"@x.test", "a b@x.test"),
            ("\"plain\"@x.test", "plain@x.test", "plain@x.test"),
            ("\"a\\\"b\"@x.test", "\"a\\\"b\"@x.test", "a\"b@x.test"),
        ] {
            let address: EmailAddress = text.parse().unwrap();
            assert_eq!(address.to_string(), shown);
            assert_eq!(address.folded(), folded);
        }
    }

    #[test]
    fn texts_that_are_no_addresses() {
        for (text, error) in [
            ("ada", AddressError::NoAt),
            ("@x.test", AddressError::LocalLength),
            (".ada@x.test", AddressError::LocalCharacter(0)),
            ("a b@x.test", AddressError::LocalCharacter(1)),
            ("a\u{7f}@x.test", AddressError::LocalCharacter(1)),
            ("ada@", AddressError::Domain),
            ("ada@x..test", AddressError::Domain),
            ("ada@-x.test", AddressError::Domain),
            ("ada@[192.0.2.1]", AddressError::Domain),
            ("ada@x_y.test", AddressError::Domain),
        ] {
            assert_eq!(text.parse::<EmailAddress>(), Err(error), "{text}");
        }
        assert_eq!(
            format!("{}@x.test", "x".repeat(65)).parse::<EmailAddress>(),
            Err(AddressError::LocalLength)
        );
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back(local in "[ -~åäö]{1,20}", domain in "[a-z][a-z0-9]{0,8}(\\.[a-z]{2,5}){0,2}") {
            let quoted = format!("\"{}\"@{domain}", local.replace('\\', "\\\\").replace('"', "\\\""));
            let address: EmailAddress = quoted.parse().unwrap();
            prop_assert_eq!(address.local().as_str(), local);
            prop_assert_eq!(address.to_string().parse::<EmailAddress>().unwrap(), address);
        }
        #[test]
        fn no_text_panics(text in "\\PC{0,80}") {
            let _ = text.parse::<EmailAddress>();
        }
    }
}
