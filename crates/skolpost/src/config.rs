//! The configuration: `skolpost.toml`, a documented struct with safe defaults.
//!
//! Unknown names are errors: a limit that was misspelt would not hold. Errors name file, line and remedy.

use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use listen::Network;
use model::{Domain, Language, Text};
use serde::Deserialize;

use crate::failure::Failure;
use crate::time_zone::TimeZone;

/// Everything that an installation may choose.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Config {
    /// Our name in greetings, trace headers and the self-signed certificate. Default `localhost`; `init` sets it.
    pub(crate) hostname: Domain,
    /// Language of texts for people of whom no language is known: `sv` or `en`. Default `sv`.
    pub(crate) language: Language,
    /// Time zone of the dates in letters and mailboxes. Default `Europe/Stockholm`.
    pub(crate) time_zone: TimeZone,
    /// Folder of index, journal and bodies, below the service's folder unless absolute. Default `data`.
    pub(crate) data: PathBuf,
    /// Folder of certificate and key pairs, likewise. Default `tls`.
    pub(crate) tls: PathBuf,
    /// Ports and addresses.
    pub(crate) listen: Listen,
    /// Log-in.
    pub(crate) auth: Auth,
    /// Every bound that a peer can push against.
    pub(crate) limits: Limits,
    /// The store on this machine.
    pub(crate) store: store_sled::Options,
    /// IMAP beside its limits.
    pub(crate) imap: Imap,
    /// The program's own log, on standard error.
    pub(crate) log: Log,
}

/// Ports and addresses.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Listen {
    /// Addresses of all ports. Default all of IPv6 and IPv4; `init --port-base` writes the loopback addresses.
    pub(crate) addresses: Vec<IpAddr>,
    /// Ports are base + 25, 143, 465, 587, 993. Default 0.
    pub(crate) port_base: u16,
}

/// Log-in.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Auth {
    /// Networks from which log-ins without TLS are taken, such as a webmail on the same machine. Default none.
    pub(crate) plaintext_networks: Vec<Network>,
    /// Hashing, throttling and the memory of known log-ins.
    pub(crate) passwords: directory::AuthConfig,
}

/// Every bound that a peer can push against.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Limits {
    /// Connections of all ports together.
    pub(crate) connections: listen::Limits,
    /// SMTP: what a peer may say.
    pub(crate) smtp: smtp_wire::Limits,
    /// SMTP: how long it may take.
    pub(crate) smtp_times: smtp_receive::Limits,
    /// IMAP: what a client may say.
    pub(crate) imap: imap_wire::WireLimits,
    /// IMAP: how long and how much.
    pub(crate) imap_sessions: imap_lite::Limits,
    /// Letters on their way, and the delivery log.
    pub(crate) flow: flow::Limits,
    /// Mailboxes and their views.
    pub(crate) mailbox: mailbox::Limits,
    /// How far a letter is taken apart.
    pub(crate) message: message::Limits,
    /// Files of schools.
    pub(crate) import: roster::Limits,
}

/// IMAP beside its limits.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Imap {
    /// Capabilities that are never shown, for clients that stumble over one. Default none.
    pub(crate) capabilities_denied: Vec<String>,
}

/// The program's own log.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Log {
    /// `error`, `warn`, `info`, `debug`, or rules as `info,smtp_receive=debug`. Default `info`.
    pub(crate) level: String,
    /// One JSON object a line. Default false.
    pub(crate) json: bool,
}

impl Default for Log {
    fn default() -> Self {
        Self { level: "info".into(), json: false }
    }
}

impl Default for Listen {
    fn default() -> Self {
        Self { addresses: vec![IpAddr::from([0_u16; 8]), IpAddr::from([0_u8; 4])], port_base: 0 }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            hostname: "localhost".parse().expect("localhost is a domain name"),
            language: Language::Sv,
            time_zone: TimeZone::default(),
            data: "data".into(),
            tls: "tls".into(),
            listen: Listen::default(),
            auth: Auth::default(),
            limits: Limits::default(),
            store: store_sled::Options::default(),
            imap: Imap::default(),
            log: Log::default(),
        }
    }
}

impl Config {
    /// Reads a file.
    ///
    /// # Errors
    /// [`Failure`] with file, line and remedy.
    pub(crate) fn load(file: &Path) -> Result<Self, Failure> {
        let text = fs::read_to_string(file).map_err(|error| Failure::file(file, &error))?;
        let config = Self::parse(&text).map_err(|error| {
            let shown = file.display();
            Failure::new(Text::new(
                format!("{shown} går inte att använda:\n{error}Rätta raden, eller ta bort den för att få standardvärdet."),
                format!("{shown} cannot be used:\n{error}Mend the line, or remove it to get the default."),
            ))
        })?;
        config.check(file)
    }

    /// Reads a text.
    ///
    /// # Errors
    /// With line, column and the line itself.
    pub(crate) fn parse(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }

    fn check(self, file: &Path) -> Result<Self, Failure> {
        let shown = file.display();
        if self.listen.port_base > 64_000 {
            return Err(Failure::new(Text::new(
                format!("{shown}: listen.port_base får vara högst 64000 (portarna går till bas + 993)."),
                format!("{shown}: listen.port_base may be at most 64000 (ports go up to base + 993)."),
            )));
        }
        if self.listen.addresses.is_empty() {
            return Err(Failure::new(Text::new(
                format!("{shown}: listen.addresses är tom; ange minst en adress, till exempel \"::\"."),
                format!("{shown}: listen.addresses is empty; name at least one address, such as \"::\"."),
            )));
        }
        let limits = &self.limits;
        for (name, value, least) in [
            ("limits.smtp.recipients_max", u64::from(limits.smtp.recipients_max), 1),
            ("limits.smtp.message_bytes_max", limits.smtp.message_bytes_max, 1024),
            ("limits.smtp.command_line_bytes_max", limits.smtp.command_line_bytes_max as u64, 512),
            ("limits.smtp.body_line_bytes_max", limits.smtp.body_line_bytes_max as u64, 998),
            ("limits.imap.line_bytes_max", u64::from(limits.imap.line_bytes_max), 1000),
            ("limits.imap.message_bytes_max", limits.imap.message_bytes_max, 1024),
            (
                "limits.imap_sessions.connections_per_account_max",
                u64::from(limits.imap_sessions.connections_per_account_max),
                1,
            ),
            ("limits.imap_sessions.idle_seconds_max", limits.imap_sessions.idle_seconds_max, 1800),
            ("limits.connections.connections_max", u64::from(limits.connections.connections_max), 1),
            (
                "limits.connections.connections_per_address_max",
                u64::from(limits.connections.connections_per_address_max),
                1,
            ),
            ("limits.flow.remote.recipients_max", limits.flow.remote.recipients_max as u64, 1),
            ("limits.flow.pupil.recipients_max", limits.flow.pupil.recipients_max as u64, 1),
            ("limits.flow.staff.recipients_max", limits.flow.staff.recipients_max as u64, 1),
            ("auth.passwords.argon2_memory_kib", u64::from(self.auth.passwords.argon2_memory_kib), 7168),
            ("auth.passwords.argon2_passes", u64::from(self.auth.passwords.argon2_passes), 1),
        ] {
            if value < least {
                return Err(Failure::new(Text::new(
                    format!("{shown}: {name} = {value} är för lågt; minst {least}."),
                    format!("{shown}: {name} = {value} is too low; at least {least}."),
                )));
            }
        }
        Ok(self)
    }

    /// The port that stands for a well-known one.
    pub(crate) const fn port(&self, well_known: u16) -> u16 {
        self.listen.port_base + well_known
    }

    /// How long a stop may take in all.
    pub(crate) const fn drain(&self) -> Duration {
        Duration::from_secs(self.limits.connections.drain_seconds_max + 5)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_name_is_named_with_its_line() {
        let error = Config::parse("hostname = \"mail.skola.test\"\n[limits.smtp]\nmesage_bytes_max = 1\n")
            .unwrap_err();
        let text = error.to_string();
        assert!(text.contains("line 3") && text.contains("mesage_bytes_max"), "{text}");
    }

    #[test]
    fn the_commented_example_equals_the_defaults() {
        let example =
            fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../config/skolpost.toml")).unwrap();
        let config = Config::parse(&example).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(format!("{config:#?}"), format!("{:#?}", Config::default()));
    }
}
