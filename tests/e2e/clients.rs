//! The mail programs that schools use, driven against the built service.
//!
//! Each test starts a town with two people and one program's scenario in it. A program that is missing fails its test
//! with the way to install it. Scripts and configuration templates lie in `tests/clients`.

mod curl;
mod fetchmail;
mod getmail;
mod mbsync;
mod msmtp;
mod neomutt;
mod node;
mod offlineimap;
mod python;
mod swaks;
mod thunderbird;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use crate::harness::{self, Person, Town};

pub(crate) use python::python;

/// A town with two people who write to each other.
struct Pair {
    town: Town,
    asa: Person,
    per: Person,
}

impl Pair {
    fn start() -> Self {
        let town = Town::start();
        let asa = town.person("asa.oqvist", "Åsa", "Öqvist");
        let per = town.person("per.ek", "Per", "Ek");
        Self { town, asa, per }
    }

    /// The template `name` with `@KEY@` filled in, in a file that only its owner reads.
    fn config(&self, name: &str, more: &[(&str, &str)]) -> PathBuf {
        let template = harness::clients().join(name);
        let mut text = fs::read_to_string(&template)
            .unwrap_or_else(|error| panic!("template {}: {error}", template.display()));
        let certificate = self.town.certificate().display().to_string();
        let ports =
            [143, 465, 587, 993].map(|port| (format!("@PORT{port}@"), self.town.port(port).to_string()));
        for (key, value) in &ports {
            text = text.replace(key, value);
        }
        text = text.replace("@CERTIFICATE@", &certificate);
        for (key, value) in more {
            text = text.replace(&format!("@{key}@"), value);
        }
        assert!(!text.contains('@') || !text.contains("@PORT"), "{name} has a key that nobody fills");
        let file = self.town.beside("config").join(name);
        fs::write(&file, text).expect("a file below our own folder can be written");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("our own file");
        file
    }
}

/// Whether `letter` holds these octets somewhere.
fn contains(letter: &[u8], part: &str) -> bool {
    letter.windows(part.len()).any(|window| window == part.as_bytes())
}
