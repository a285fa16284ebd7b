//! AUTH PLAIN and AUTH LOGIN: what the client sends, decoded.
//!
//! RFC 4616 (PLAIN), RFC 4954 §4 (`=` for an empty initial response, `*` to give up). LOGIN has no RFC; its two
//! prompts are compared octet by octet by some clients, so they are constants.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use model::Secret;
use zeroize::Zeroize;

/// `Username:`, as Outlook expects it.
pub(crate) const USERNAME_PROMPT: &str = "VXNlcm5hbWU6";
/// `Password:`
pub(crate) const PASSWORD_PROMPT: &str = "UGFzc3dvcmQ6";

/// Scanners and old phones forget the padding; nothing is ambiguous without it.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// How a client logs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mechanism {
    /// All in one response (RFC 4616).
    Plain,
    /// Name and password in turn.
    Login,
}

impl Mechanism {
    pub(crate) fn named(name: &str) -> Option<Self> {
        [Self::Plain, Self::Login].into_iter().find(|known| known.name().eq_ignore_ascii_case(name))
    }
    /// As in EHLO and for logs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::Login => "LOGIN",
        }
    }
}

/// Who somebody says to be, and the proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Credentials {
    pub(crate) mechanism: Mechanism,
    pub(crate) authorization: Option<String>,
    pub(crate) authentication: String,
    pub(crate) secret: Secret<String>,
}

/// An exchange that waits for the client's next line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Exchange {
    Plain,
    LoginName,
    LoginPassword { name: String },
}

/// What a line leads to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next {
    Prompt(&'static str, Exchange),
    Check(Credentials),
}

/// The line was no answer to the prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SaslError {
    Cancelled,
    Malformed,
}

impl Exchange {
    /// Before anything was sent.
    pub(crate) const fn begin(mechanism: Mechanism) -> (&'static str, Self) {
        match mechanism {
            Mechanism::Plain => ("", Self::Plain),
            Mechanism::Login => (USERNAME_PROMPT, Self::LoginName),
        }
    }
    /// With an initial response, where `=` is the empty one.
    pub(crate) fn initial(self, response: &str) -> Result<Next, SaslError> {
        self.answer(if response == "=" { b"" } else { response.as_bytes() })
    }
    /// With the client's next line.
    pub(crate) fn answer(self, line: &[u8]) -> Result<Next, SaslError> {
        if line == b"*" {
            return Err(SaslError::Cancelled);
        }
        let response = decode(line)?;
        match self {
            Self::Plain => plain(response.expose()).map(Next::Check),
            Self::LoginName if response.expose().is_empty() => Err(SaslError::Malformed),
            Self::LoginName => {
                Ok(Next::Prompt(PASSWORD_PROMPT, Self::LoginPassword { name: response.expose().clone() }))
            }
            Self::LoginPassword { name } => Ok(Next::Check(Credentials {
                mechanism: Mechanism::Login,
                authorization: None,
                authentication: name,
                secret: response,
            })),
        }
    }
}

/// Base64 of UTF-8 without control characters other than the NUL that PLAIN uses.
fn decode(line: &[u8]) -> Result<Secret<String>, SaslError> {
    let octets = BASE64.decode(line.trim_ascii()).map_err(|_| SaslError::Malformed)?;
    String::from_utf8(octets).map(Secret::new).map_err(|error| {
        error.into_bytes().zeroize();
        SaslError::Malformed
    })
}

/// `[authzid] NUL authcid NUL passwd` (RFC 4616 §2).
fn plain(text: &str) -> Result<Credentials, SaslError> {
    let mut fields = text.split('\0');
    let (Some(authorization), Some(authentication), Some(secret), None) =
        (fields.next(), fields.next(), fields.next(), fields.next())
    else {
        return Err(SaslError::Malformed);
    };
    if authentication.is_empty() || secret.is_empty() {
        return Err(SaslError::Malformed);
    }
    Ok(Credentials {
        mechanism: Mechanism::Plain,
        authorization: Some(authorization).filter(|id| !id.is_empty()).map(str::to_owned),
        authentication: authentication.to_owned(),
        secret: Secret::new(secret.to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(next: Result<Next, SaslError>) -> (Option<String>, String, String) {
        match next {
            Ok(Next::Check(found)) => {
                (found.authorization, found.authentication, found.secret.expose().clone())
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn prompts_are_what_outlook_compares() {
        assert_eq!(BASE64.encode("Username:"), USERNAME_PROMPT);
        assert_eq!(BASE64.encode("Password:"), PASSWORD_PROMPT);
    }

    #[test]
    fn plain_with_and_without_authorization() {
        let read = |text: &str| Exchange::Plain.answer(BASE64.encode(text).as_bytes());
        assert_eq!(checked(read("\0ada\0pw")), (None, "ada".into(), "pw".into()));
        assert_eq!(checked(read("eva\0ada\0på")), (Some("eva".into()), "ada".into(), "på".into()));
        for text in ["", "ada", "\0ada", "\0ada\0", "\0\0pw", "\0a\0b\0c"] {
            assert_eq!(read(text), Err(SaslError::Malformed), "{text:?}");
        }
        assert_eq!(Exchange::Plain.answer(b"AGFkYQBwdw"), Exchange::Plain.answer(b"AGFkYQBwdw=="));
        assert_eq!(Exchange::Plain.answer(b"!"), Err(SaslError::Malformed));
        assert_eq!(Exchange::Plain.answer(b"//8="), Err(SaslError::Malformed), "not UTF-8");
        assert_eq!(Exchange::Plain.answer(b"*"), Err(SaslError::Cancelled));
    }

    #[test]
    fn login_in_two_steps() {
        let Ok(Next::Prompt(PASSWORD_PROMPT, next)) = Exchange::LoginName.answer(b"YWRh") else { panic!() };
        assert_eq!(checked(next.answer(b"cHc=")), (None, "ada".into(), "pw".into()));
        assert_eq!(Exchange::LoginName.initial("="), Err(SaslError::Malformed));
    }
}
