//! IMAP as bytes to steps: what a client said becomes a typed [`Request`], what the driver answers becomes bytes.
//!
//! Two layers read: [`Splitter`] cuts the stream into lines and literals, [`command`] parses one collected command.
//! [`Session`] keeps the protocol's state, answers what needs no mailbox, and asks its driver for the rest; [`encode`]
//! writes untagged responses straight into a `Vec<u8>`. Nothing here awaits, reads a clock or opens a socket.
//!
//! RFC 3501 (IMAP4rev1, complete), RFC 7888 (LITERAL+), RFC 4959 (SASL-IR), RFC 2971 (ID), RFC 5161 (ENABLE), RFC 2177
//! (IDLE), RFC 2342 (NAMESPACE), RFC 3348 (CHILDREN), RFC 3691 (UNSELECT), RFC 4315 (UIDPLUS), RFC 6851 (MOVE), RFC 6154
//! (SPECIAL-USE), RFC 9208 (QUOTA), RFC 5258 (LIST-EXTENDED), RFC 5530 (response codes), RFC 4978 (COMPRESS), RFC 9051
//! (IMAP4rev2). Mailboxes: RFC 5819 (LIST-STATUS), RFC 8438 (STATUS=SIZE), RFC 7889 (APPENDLIMIT), RFC 4314 (ACL), RFC 8440
//! (LIST-MYRIGHTS), RFC 5464 (METADATA), RFC 5465 (NOTIFY), RFC 6855 (UTF8=ACCEPT). Messages: RFC 7162 (CONDSTORE, QRESYNC),
//! RFC 4731 (ESEARCH), RFC 5182 (SEARCHRES), RFC 5032 (WITHIN), RFC 6203 (FUZZY), RFC 5256 and RFC 5957 (SORT, THREAD), RFC 5267
//! (ESORT, CONTEXT), RFC 9394 (PARTIAL), RFC 3516 (BINARY), RFC 8474 (OBJECTID), RFC 8514 (SAVEDATE), RFC 8970 (PREVIEW), RFC 3502
//! (MULTIAPPEND), RFC 4469 (CATENATE), RFC 8508 (REPLACE), RFC 9585 (INPROGRESS). What of it is announced stands in
//! `capability`.
//!
//! # Where clients are sloppy, and what we take
//! - several spaces where one belongs, and spaces at the end of a line;
//! - LF alone as the end of a line (see [`Splitter`]); empty lines before a command;
//! - raw UTF-8 in mailbox names, quoted or not, and a lone `&` that begins no modified UTF-7;
//! - a backslash in a quoted string before a character that needs none;
//! - FETCH macros inside parentheses, flags of STORE without parentheses, `\Recent` and flags with a backslash that nobody
//!   knows in a flag list (dropped);
//! - a mod-sequence of zero where the grammar wants one that is not; tags of CANCELUPDATE without quotes;
//! - base64 without its padding; passwords in Latin-1.

mod capability;
mod cursor;
mod datetime;
mod enabled;
mod limits;
mod list_pattern;
mod mutf7;
mod reply_text;
mod sequence;
mod splitter;

pub mod command;
pub mod encode;
mod session;

pub use capability::{Transport, capabilities};
pub use command::{Command, CommandError, Request, Tag, Verb};
pub use datetime::{Date, DateTime};
pub use enabled::Enabled;
pub use encode::Code;
pub use limits::{ReplyLanguage, SessionConfig, WireLimits};
pub use list_pattern::ListPattern;
pub use mutf7::{Mutf7Error, decode as decode_mutf7, encode as encode_mutf7};
pub use sequence::{Bound, Numbers, SequenceSet};
pub use session::{Completion, Selected, Session, Step};
pub use splitter::{LiteralHeader, Piece, Splitter, literal_header};
