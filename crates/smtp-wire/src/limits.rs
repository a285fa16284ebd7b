//! How much a peer may ask of one SMTP session.

use serde::Deserialize;

/// A reply line with code and CRLF (RFC 5321 §4.5.3.1.5). The protocol's number, not ours to change.
pub(crate) const REPLY_LINE_BYTES_MAX: usize = 512;

/// Limits of the SMTP sessions of one listener. Time is the driver's: nothing here has a clock.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Longest command line in octets with its CRLF (RFC 5321 §4.5.3.1.4 asks for 512 and more with extensions).
    /// Default 2000.
    pub command_line_bytes_max: usize,
    /// Longest line of an AUTH exchange, in octets with its CRLF. Default 4096.
    pub auth_line_bytes_max: usize,
    /// A line that grows beyond this ends the session instead of being read to its end. Default 65536.
    pub line_flood_bytes_max: usize,
    /// Largest message taken, in octets without dot-stuffing; announced as SIZE (RFC 1870). Default 26214400.
    pub message_bytes_max: u64,
    /// Longest line of a message in octets without its CRLF. RFC 5321 §4.5.3.1.6 allows 998, the world sends more:
    /// it is kept as it is up to here and refused beyond. Default 65536.
    pub body_line_bytes_max: usize,
    /// RCPT commands in one message, refused ones included (RFC 5321 §4.5.3.1.8: at least 100). Default 1000.
    pub recipients_max: u32,
    /// Permanent errors in one session that are still answered; the next one gets 421. Default 20.
    pub errors_max: u32,
    /// Failed log-ins in one session that are still answered; the next one gets 421. Default 5.
    pub auth_failures_max: u32,
    /// Commands since the last accepted message that bring none nearer (NOOP, RSET, EHLO, MAIL, ...), then 421.
    /// Default 100.
    pub idle_commands_max: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            command_line_bytes_max: 2000,
            auth_line_bytes_max: 4096,
            line_flood_bytes_max: 64 << 10,
            message_bytes_max: 25 << 20,
            body_line_bytes_max: 64 << 10,
            recipients_max: 1000,
            errors_max: 20,
            auth_failures_max: 5,
            idle_commands_max: 100,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Limits;

    #[test]
    fn nothing_said_is_the_default_and_a_slip_is_an_error() {
        assert_eq!(toml::from_str::<Limits>("").unwrap(), Limits::default());
        assert_eq!(toml::from_str::<Limits>("errors_max = 3").unwrap().errors_max, 3);
        assert!(toml::from_str::<Limits>("error_max = 3").is_err());
    }
}
