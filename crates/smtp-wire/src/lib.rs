//! The server's half of an SMTP conversation as bytes in, steps out.
//!
//! RFC 5321 (SMTP), 1870 (SIZE), 2034 and 3463 (enhanced status), 2920 (PIPELINING), 3030 (CHUNKING; not BINARYMIME),
//! 3207 (STARTTLS), 4616 and 4954 (AUTH PLAIN; LOGIN as in draft-murchison-sasl-login), 6152 (8BITMIME), 6409
//! (submission), 6531 (SMTPUTF8), 9422 (LIMITS, RCPTMAX only). Not here: DSN (3461), VRFY and EXPN that tell anything.
//!
//! Nothing here knows a socket, a task or a clock. A driver is one loop over [`Session::step`]; see there.

mod body;
mod command;
mod input;
mod limits;
mod printable;
mod replies;
mod reply;
mod sasl;
mod session;

pub use command::{Hello, HelloName, Recipient};
pub use limits::Limits;
pub use reply::{EnhancedStatus, Reply};
pub use sasl::Mechanism;
pub use session::{Answer, HangUp, Question, Service, Session, SessionConfig, Step, Tls};
