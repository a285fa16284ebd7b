//! AUTHENTICATE: PLAIN and LOGIN.
//!
//! RFC 3501 §6.2.2, RFC 4959 (initial response), RFC 4616 (PLAIN), draft-murchison-sasl-login (LOGIN).

use base64::Engine;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use model::{Secret, Text};
use zeroize::{Zeroize, Zeroizing};

use super::finish::{Asked, Then};
use super::{Session, Stage, Step};
use crate::command::{Credentials, Mechanism, Request, Tag, Verb};
use crate::cursor::Cursor;
use crate::encode::Code;
use crate::splitter::Piece;

/// Which answer comes next.
#[derive(Debug)]
pub(super) enum Exchange {
    Plain,
    LoginName,
    LoginPassword { username: String },
}

impl Exchange {
    /// The challenge; LOGIN's must be exactly `Username:` and `Password:`, Outlook fails on others.
    fn challenge(&self) -> &'static [u8] {
        match self {
            Self::Plain => b"+ \r\n",
            Self::LoginName => b"+ VXNlcm5hbWU6\r\n",
            Self::LoginPassword { .. } => b"+ UGFzc3dvcmQ6\r\n",
        }
    }
}

impl Session {
    pub(super) fn authenticate(
        &mut self,
        tag: Tag,
        mechanism: Option<Mechanism>,
        initial: Option<Secret<Vec<u8>>>,
    ) -> Option<Step> {
        let exchange = match mechanism {
            Some(Mechanism::Plain) => Exchange::Plain,
            Some(Mechanism::Login) => Exchange::LoginName,
            None => {
                let text = Text::new("Inloggningssättet stöds inte.", "The mechanism is not supported.");
                return self.no(&tag, Code::Cannot, &text);
            }
        };
        match initial {
            Some(answer) => self.sasl_answer(tag, exchange, answer.expose()),
            None => self.challenge(tag, exchange),
        }
    }

    fn challenge(&mut self, tag: Tag, exchange: Exchange) -> Option<Step> {
        self.out.extend_from_slice(exchange.challenge());
        self.stage = Stage::Sasl { tag, exchange };
        None
    }

    pub(super) fn sasl_line(&mut self) -> Option<Step> {
        let (text, cut) = match self.next_line() {
            Piece::More => return Some(Step::Read),
            Piece::Flood => return self.hang_up(),
            Piece::Line { text, cut, .. } => (text, cut),
        };
        let Stage::Sasl { tag, exchange } = std::mem::replace(&mut self.stage, Stage::Command) else {
            return None;
        };
        if cut {
            return self.bad(&tag, "the answer is too long");
        }
        if text.trim_ascii() == b"*" {
            return self.bad(&tag, "AUTHENTICATE cancelled");
        }
        self.sasl_answer(tag, exchange, &text)
    }

    fn sasl_answer(&mut self, tag: Tag, exchange: Exchange, base64: &[u8]) -> Option<Step> {
        let Some(answer) = decode(base64) else { return self.bad(&tag, "expected base64") };
        let credentials = match exchange {
            Exchange::Plain => plain(&answer),
            Exchange::LoginName => {
                let username = Cursor::text(&answer);
                return self.challenge(tag, Exchange::LoginPassword { username });
            }
            Exchange::LoginPassword { username } => {
                let password = Secret::new(Cursor::text(&answer));
                Some(Credentials { on_behalf_of: None, username, password })
            }
        };
        match credentials {
            Some(credentials) => {
                let asked = Asked { tag, verb: Verb::Authenticate, then: Then::LogIn };
                self.ask(asked, Request::Authenticate(credentials))
            }
            None => self.bad(&tag, "expected authzid NUL authcid NUL password"),
        }
    }
}

/// Padding is taken or left; `=` alone is the empty answer (RFC 4959 §3).
fn decode(base64: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &base64::alphabet::STANDARD,
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
    );
    let base64 = base64.trim_ascii();
    if base64 == b"=" {
        return Some(Zeroizing::default());
    }
    LENIENT.decode(base64).ok().map(Zeroizing::new)
}

fn plain(answer: &[u8]) -> Option<Credentials> {
    let mut parts = answer.split(|octet| *octet == 0);
    let (authzid, authcid, mut password) = (parts.next()?, parts.next()?, Cursor::text(parts.next()?));
    if parts.next().is_some() || authcid.is_empty() {
        password.zeroize();
        return None;
    }
    let other = !authzid.is_empty() && authzid != authcid;
    Some(Credentials {
        on_behalf_of: other.then(|| Cursor::text(authzid)),
        username: Cursor::text(authcid),
        password: Secret::new(password),
    })
}
