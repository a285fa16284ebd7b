//! IMAP on ports 143 and 993: the driver around `imap-wire`.
//!
//! RFC 3501 (every command), RFC 2177 (IDLE), RFC 2342 (NAMESPACE), RFC 3348 (CHILDREN), RFC 3502 (MULTIAPPEND), RFC 3691
//! (UNSELECT), RFC 4315 (UIDPLUS), RFC 4469 (CATENATE), RFC 4978 (COMPRESS=DEFLATE), RFC 5258 (LIST-EXTENDED), RFC 5530
//! (response codes), RFC 6154 (SPECIAL-USE), RFC 6851 (MOVE), RFC 8508 (REPLACE), RFC 9208 (QUOTA); others in their files.
//! The grammar stands in `imap-wire`, messages and names in `mailbox`; here are sockets, clocks, log-ins and answers.
//!
//! One command at a time: the next octets are read when the answer to the last command is on its way, and an answer is
//! sent in pieces, so what a client can make us hold is bounded by [`Limits`], not by its mailbox.

mod account;
mod acl;
mod answers;
mod append;
mod binary;
mod compress;
mod contexts;
mod conversation;
mod door;
mod esearch;
mod fetch;
mod folders;
mod in_mailbox;
mod limits;
mod list;
mod log_in;
mod metadata;
mod news;
mod notify;
mod partial;
mod quota;
mod resync;
mod search;
mod section;
mod select;
mod shared;
mod sort;
mod status;
mod store_flags;
mod thread;
mod transfer;
mod updates;
mod wire;

pub use account::AccountSessions;
pub use append::LetterMemory;
pub use compress::CompressedConnections;
pub use door::Door;
pub use limits::Limits;

/// Said in place of a greeting when there is no room (RFC 3501 §7.1.5, RFC 5530 UNAVAILABLE).
pub const BUSY: &[u8] = b"* BYE [UNAVAILABLE] Too many connections, try again later\r\n";
