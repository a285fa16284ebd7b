//! What a peer may make us hold or do, and what an installation may choose.

use serde::Deserialize;

/// Bounds of one IMAP connection.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WireLimits {
    /// Longest line, in octets. Default 65536.
    pub line_bytes_max: u32,
    /// All literals of one command together, APPEND's message not counted. Default 65536.
    pub literal_bytes_max: u32,
    /// Literals in one command. Default 100.
    pub literals_max: u32,
    /// Largest message that APPEND takes, in octets. Default 26214400.
    pub message_bytes_max: u64,
    /// A LITERAL+ over its limit is read and thrown away up to this many times the limit; beyond, we hang up. Default 10.
    pub discard_factor_max: u32,
    /// Commands in a row that we could not take, then BYE. Default 20.
    pub bad_commands_max: u32,
    /// Failed log-ins of one connection, then BYE. Default 10.
    pub login_failures_max: u32,
    /// Keys of one SEARCH. Default 500.
    pub search_keys_max: u32,
    /// Nesting of one SEARCH: parentheses, NOT and OR. Default 32.
    pub search_depth_max: u32,
    /// Members of one list: fetch items, header names, patterns, status items. Default 256.
    pub list_items_max: u32,
    /// Octets of the patterns of one LIST, all together: each is held against each name. Default 2048.
    pub pattern_bytes_max: u32,
}

impl Default for WireLimits {
    fn default() -> Self {
        Self {
            line_bytes_max: 65_536,
            literal_bytes_max: 65_536,
            literals_max: 100,
            message_bytes_max: 26_214_400,
            discard_factor_max: 10,
            bad_commands_max: 20,
            login_failures_max: 10,
            search_keys_max: 500,
            search_depth_max: 32,
            list_items_max: 256,
            pattern_bytes_max: 2_048,
        }
    }
}

/// The language of the sentences after OK, NO and BYE that people may read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReplyLanguage {
    /// Swedish, then English.
    #[default]
    Both,
    /// Swedish only.
    Sv,
    /// English only.
    En,
}

/// What all sessions of an installation share.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SessionConfig {
    /// Bounds of one connection.
    pub limits: WireLimits,
    /// Name in the greeting and in the ID reply. Default `Skolpost`.
    pub server_name: String,
    /// Allow log-in without TLS: only for networks that the configuration names. Default false.
    pub plaintext_login: bool,
    /// Capabilities that are never shown, for clients that stumble over one. Default none.
    pub capabilities_denied: Vec<String>,
    /// Language of the sentences. Default both.
    pub language: ReplyLanguage,
}

impl Default for SessionConfig {
    fn default() -> Self {
        Self {
            limits: WireLimits::default(),
            server_name: "Skolpost".to_owned(),
            plaintext_login: false,
            capabilities_denied: Vec::new(),
            language: ReplyLanguage::Both,
        }
    }
}
