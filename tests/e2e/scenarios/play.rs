//! A scenario carried out against the built service.

use std::collections::HashMap;
use std::io;
use std::time::Duration;

use super::pattern::Names;
use super::script::{Act, Port, Script, Service, Step};
use crate::harness::{Person, Town, Wire};

/// How long a line may take to come.
const WAIT: Duration = Duration::from_secs(10);
/// How long nothing has to come.
const QUIET: Duration = Duration::from_millis(250);

/// One connection and what it has said since its client last spoke.
struct Line {
    wire: Wire,
    heard: Vec<String>,
    skipping: bool,
}

/// A town with the scenario's people and connections.
pub(super) struct Play {
    town: Town,
    names: Names,
    people: HashMap<String, Person>,
    lines: HashMap<String, Line>,
    /// Everything that was said, for whoever reads a failure.
    said: String,
}

impl Play {
    /// Carries a script out.
    ///
    /// # Errors
    /// The line that did not come out as written, and the conversation up to there.
    pub(super) fn run(script: &Script) -> Result<(), String> {
        let mut town = Town::stopped();
        for (from, to) in &script.settings {
            town.configure(from, to);
        }
        town.serve();
        town.found_school();
        let mut play = Self {
            town,
            names: Names::default(),
            people: HashMap::new(),
            lines: HashMap::new(),
            said: String::new(),
        };
        for Step { line, act } in &script.steps {
            play.act(act).map_err(|why| format!("line {line}: {why}\n--- so far ---\n{}", play.said))?;
        }
        Ok(())
    }

    fn act(&mut self, act: &Act) -> Result<(), String> {
        match act {
            Act::People(role, names) => names.iter().for_each(|name| self.person(role, name)),
            Act::Open { names, port, person } => {
                for name in names {
                    self.open(name, port, person.as_deref())?;
                }
            }
            Act::Mail { person, subject } => self.mail(person, subject)?,
            Act::Say(name, text) => self.say(name, text)?,
            Act::Hear(name, pattern) => self.hear(name, pattern)?,
            Act::Skip(name) => self.line(name)?.skipping = true,
            Act::NotHeard(name, part) => {
                let part = self.names.text(part)?;
                if let Some(line) = self.line(name)?.heard.iter().find(|line| line.contains(&part)) {
                    return Err(format!("{name} heard {line:?}, which has {part:?} in it"));
                }
            }
            Act::Quiet(name) => self.quiet(name)?,
            Act::Closed(name) => match self.read(name, WAIT) {
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {}
                other => return Err(format!("{name} is not closed: {other:?}")),
            },
            Act::Deflate(name) => self.line(name)?.wire.deflate(),
            Act::Wait(time) => std::thread::sleep(*time),
            Act::Console(command) => {
                let command = self.names.text(command)?;
                self.town.console(&command.split(' ').collect::<Vec<_>>());
            }
            Act::Service(Service::Crash) => self.town.kill(),
            Act::Service(Service::Stop) => _ = self.town.stop(),
            Act::Service(Service::Start) => self.town.serve(),
        }
        Ok(())
    }

    fn person(&mut self, role: &str, name: &str) {
        let person = self.town.person_as(role, name, name, "Ek");
        self.names.set(name, &person.address);
        self.names.set(&format!("{name}.password"), &person.password);
        self.people.insert(name.to_owned(), person);
    }

    fn open(&mut self, name: &str, port: &Port, person: Option<&str>) -> Result<(), String> {
        let person = match person {
            Some(person) => {
                Some(self.people.get(person).cloned().ok_or(format!("nobody is called {person}"))?)
            }
            None => None,
        };
        let (town, tls) = (&self.town, self.town.tls());
        let wire = match port {
            Port::Imap => Wire::tls(town.port(993), tls),
            Port::Submission => Wire::tls(town.port(465), tls),
            Port::Smtp => Wire::plain(town.port(25)),
        };
        let wire = wire.map_err(|error| format!("{name}: {error}"))?;
        self.lines.insert(name.to_owned(), Line { wire, heard: Vec::new(), skipping: false });
        let (login, done) = match (port, person) {
            (Port::Imap, None) => return self.hear(name, "* OK ${*}"),
            (_, None) => return self.hear(name, "220 ${*}"),
            (Port::Imap, Some(person)) => {
                self.hear(name, "* OK ${*}")?;
                (format!("login LOGIN {} {}", person.address, person.password), "login OK ${*}")
            }
            (_, Some(person)) => {
                self.hear(name, "220 ${*}")?;
                let token = format!("${{base64 \\0{}\\0{}}}", person.address, person.password);
                (format!("EHLO laptop.test\\r\\nAUTH PLAIN {token}"), "235 ${*}")
            }
        };
        self.say(name, &(login + "\\r\\n"))?;
        self.line(name)?.skipping = true;
        self.hear(name, done)
    }

    fn mail(&mut self, person: &str, subject: &str) -> Result<(), String> {
        let to = &self.people.get(person).ok_or(format!("nobody is called {person}"))?.address;
        let letter = format!("From: Ada <ada@fjarran.test>\r\nSubject: {subject}\r\n\r\nHej!\r\n");
        let reply = self.town.stranger().send("ada@fjarran.test", &[to], letter.as_bytes());
        let reply = reply.map_err(|error| error.to_string())?;
        if reply.code == 250 { Ok(()) } else { Err(reply.text()) }
    }

    fn say(&mut self, name: &str, text: &str) -> Result<(), String> {
        let octets = self.names.octets(text)?;
        let line = self.line(name)?;
        line.heard.clear();
        line.wire.write(&octets).map_err(|error| format!("{name} cannot write: {error}"))?;
        for text in String::from_utf8_lossy(&octets).lines() {
            self.said.push_str(&format!("{name} C: {text}\n"));
        }
        Ok(())
    }

    fn hear(&mut self, name: &str, pattern: &str) -> Result<(), String> {
        let skipping = std::mem::take(&mut self.line(name)?.skipping);
        loop {
            let heard = self.read(name, WAIT);
            let heard = heard.map_err(|error| format!("{name} expects {pattern:?}, but: {error}"))?;
            if self.names.matches(pattern, &heard) {
                return Ok(());
            }
            if !skipping || refuses(&heard) {
                return Err(format!("{name} expects {pattern:?}"));
            }
        }
    }

    fn quiet(&mut self, name: &str) -> Result<(), String> {
        match self.read(name, QUIET) {
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
                Ok(())
            }
            other => Err(format!("{name} is not quiet: {other:?}")),
        }
    }

    fn read(&mut self, name: &str, wait: Duration) -> io::Result<String> {
        let line = self.lines.get_mut(name).ok_or_else(|| io::Error::other("it is not open"))?;
        line.wire.set_wait(wait)?;
        let text = String::from_utf8_lossy(&line.wire.line()?).into_owned();
        line.heard.push(text.clone());
        self.said.push_str(&format!("{name} S: {text}\n"));
        Ok(text)
    }

    fn line(&mut self, name: &str) -> Result<&mut Line, String> {
        self.lines.get_mut(name).ok_or_else(|| format!("{name} is not open"))
    }
}

/// A tagged refusal: what is waited for will not come.
fn refuses(line: &str) -> bool {
    let mut words = line.split(' ');
    words.next() != Some("*") && matches!(words.next(), Some("NO" | "BAD"))
}
