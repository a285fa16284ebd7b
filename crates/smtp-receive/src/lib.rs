//! SMTP on ports 25, 465 and 587: the driver around `smtp-wire`.
//!
//! RFC 5321 §4.5.3.2 (time-outs, the server's half), RFC 3207 (STARTTLS), RFC 6409 (submission). The grammar stands in
//! `smtp-wire`, every decision about a letter in `flow`; here are sockets, clocks and log-ins.

mod answers;
mod conversation;
mod limits;

pub use conversation::Door;
pub use limits::Limits;

/// Said in place of a greeting when there is no room (RFC 5321 §3.1).
pub const BUSY: &[u8] = b"421 4.3.2 Too many connections, try again later\r\n";
