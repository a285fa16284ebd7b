//! One municipality with one school on a folder of its own: `init`, `serve`, accounts, stop, kill, start again.

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use rustls::ClientConfig;
use serde_json::json;
use tempfile::TempDir;

use super::ports::PortBase;
use super::program::{Outcome, Program};
use super::{Imap, Smtp, binary, tls};

pub(crate) const DOMAIN: &str = "skola.test";
pub(crate) const SCHOOL: &str = "99900001";

const START_WAIT: Duration = Duration::from_secs(60);
const ARRIVAL_WAIT: Duration = Duration::from_secs(20);
const STOP_WAIT: Duration = Duration::from_secs(30);

/// An account and how to log in to it.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) name: String,
    pub(crate) address: String,
    pub(crate) password: String,
}

/// A running installation. It is killed, and its folder removed, when this is dropped.
pub(crate) struct Town {
    home: TempDir,
    ports: PortBase,
    tls: Option<Arc<ClientConfig>>,
    server: Option<Child>,
}

impl Town {
    /// A new installation with one school, serving.
    pub(crate) fn start() -> Self {
        let mut town = Self::stopped();
        town.serve();
        town.found_school();
        town
    }

    /// The one school of this town.
    pub(crate) fn found_school(&self) {
        self.console(&["school", "add", "--code", SCHOOL, "--name", "Åsaskolan"]);
    }

    /// A new installation after `init`, not yet serving.
    pub(crate) fn stopped() -> Self {
        Self::stopped_below(&std::env::temp_dir())
    }

    /// The same in a folder below `place`, such as a small disk.
    pub(crate) fn stopped_below(place: &Path) -> Self {
        let home =
            tempfile::Builder::new().prefix("skolpost-e2e-").tempdir_in(place).expect("a temporary folder");
        let mut town = Self { home, ports: PortBase::take(), tls: None, server: None };
        let base = town.ports.base().to_string();
        let dir = town.dir();
        Program::new(binary::skolpost())
            .args(["init", "--name", "Granköpings kommun", "--domain", DOMAIN, "--port-base", &base, "--dir"])
            .arg(dir)
            .pass();
        town.tls = Some(tls::trusting(&town.certificate()));
        town
    }

    /// Changes a line of the settings; they are read at the next start.
    pub(crate) fn configure(&self, from: &str, to: &str) {
        let file = self.dir().join("skolpost.toml");
        let settings = fs::read_to_string(&file).expect("init writes it");
        assert!(settings.contains(from), "{from:?} is not in the settings:\n{settings}");
        fs::write(&file, settings.replace(from, to)).expect("a file of ours can be written");
    }

    /// The folder given to `--dir`.
    pub(crate) fn dir(&self) -> PathBuf {
        self.home.path().join("data")
    }

    /// A folder beside it, for what a client keeps; gone with the town.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        let folder = self.home.path().join(name);
        fs::create_dir_all(&folder).expect("a folder below our own can be made");
        folder
    }

    /// The self-signed certificate that `init` wrote, its own trust anchor.
    pub(crate) fn certificate(&self) -> PathBuf {
        self.dir().join("tls/skolpost.crt")
    }

    /// The authority that signed it, for programs that trust no certificate by itself.
    pub(crate) fn authority(&self) -> PathBuf {
        self.dir().join("tls/skolpost-ca.crt")
    }

    pub(crate) fn tls(&self) -> &Arc<ClientConfig> {
        self.tls.as_ref().expect("set by stopped()")
    }

    /// The port here that stands for a well-known one, such as 993.
    pub(crate) fn port(&self, well_known: u16) -> u16 {
        self.ports.port(well_known)
    }

    /// Starts `serve` and returns when the mail ports greet.
    pub(crate) fn serve(&mut self) {
        self.spawn();
        let started = Instant::now();
        while !self.is_ready() {
            if let Some(status) = self.exited() {
                panic!("serve ended during its start: {status}\n{}", self.log_tail());
            }
            assert!(started.elapsed() < START_WAIT, "serve not ready in {START_WAIT:?}\n{}", self.log_tail());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Starts `serve` and returns at once, for tests that kill it during its start.
    pub(crate) fn spawn(&mut self) {
        assert!(self.server.is_none(), "serve runs already");
        let log =
            File::options().create(true).append(true).open(self.log()).expect("a log file beside the data");
        let child = Command::new(binary::skolpost())
            .args(["serve", "--dir"])
            .arg(self.dir())
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a descriptor can be duplicated"))
            .stderr(log)
            .spawn()
            .expect("the binary starts");
        self.server = Some(child);
    }

    /// SIGKILL: no goodbye, as in a crash.
    pub(crate) fn kill(&mut self) {
        if let Some(mut server) = self.server.take() {
            server.kill().expect("our own child can be killed");
            server.wait().expect("our own child can be waited for");
        }
    }

    /// SIGTERM, and waits for the end. Fails the test when it takes too long.
    pub(crate) fn stop(&mut self) -> ExitStatus {
        let mut server = self.server.take().expect("serve is running");
        kill_process(pid(&server), Signal::TERM).expect("our own child can be signalled");
        let asked = Instant::now();
        loop {
            if let Some(status) = server.try_wait().expect("our own child can be waited for") {
                return status;
            }
            if asked.elapsed() > STOP_WAIT {
                server.kill().expect("our own child can be killed");
                panic!("serve did not end within {STOP_WAIT:?} of SIGTERM\n{}", self.log_tail());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// The process id of the running server.
    pub(crate) fn pid(&self) -> u32 {
        self.server.as_ref().expect("serve is running").id()
    }

    /// `skolpost --dir DIR …`, which must succeed.
    #[track_caller]
    pub(crate) fn console(&self, args: &[&str]) -> Outcome {
        self.command().args(args).pass()
    }

    /// `skolpost --dir DIR`, ready for more arguments or input, and for refusals.
    pub(crate) fn command(&self) -> Program {
        Program::new(binary::skolpost()).arg("--dir").arg(self.dir())
    }

    /// A pupil at `local`@skola.test.
    pub(crate) fn person(&self, local: &str, first: &str, last: &str) -> Person {
        self.person_as("pupil", local, first, last)
    }

    /// The same in another role.
    #[track_caller]
    pub(crate) fn person_as(&self, role: &str, local: &str, first: &str, last: &str) -> Person {
        let person = Person {
            name: format!("{first} {last}"),
            address: format!("{local}@{DOMAIN}"),
            password: format!("Vinter-{local}-42!"),
        };
        self.command()
            .args(["account", "add", "--school", SCHOOL, "--role", role, "--first", first, "--last", last])
            .args(["--address", &person.address, "--password-stdin"])
            .input(format!("{}\n", person.password))
            .pass();
        person
    }

    /// Waits until the inbox of `person` holds a letter whose subject contains `subject`, and returns it.
    #[track_caller]
    pub(crate) fn arrived(&self, person: &Person, subject: &str) -> Vec<u8> {
        let mut imap = self.imap(person);
        imap.command("SELECT INBOX").expect("993 answers").ok();
        let asked = Instant::now();
        loop {
            imap.command("NOOP").expect("993 answers").ok();
            if let Some(uid) = imap.uids(&format!("SUBJECT \"{subject}\"")).expect("993 answers").last() {
                return imap.letter(*uid).expect("993 answers").expect("a letter that was just found");
            }
            assert!(asked.elapsed() < ARRIVAL_WAIT, "no letter {subject:?} came to {}", person.address);
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// An IMAP session over 993, logged in.
    pub(crate) fn imap(&self, person: &Person) -> Imap {
        let mut imap = Imap::tls(self.port(993), self.tls()).expect("993 answers");
        imap.login(&person.address, &person.password).expect("993 answers").ok();
        imap
    }

    /// An SMTP session over 465, logged in.
    pub(crate) fn submission(&self, person: &Person) -> Smtp {
        let mut smtp = Smtp::tls(self.port(465), self.tls()).expect("465 answers");
        smtp.hello().expect("465 answers").expect(250);
        smtp.auth_plain(&person.address, &person.password).expect("465 answers").expect(235);
        smtp
    }

    /// An SMTP session on port 25, after EHLO.
    pub(crate) fn stranger(&self) -> Smtp {
        let mut smtp = Smtp::plain(self.port(25)).expect("25 answers");
        smtp.hello().expect("25 answers").expect(250);
        smtp
    }

    /// What the scripts in `tests/clients` read: ports, certificate, people.
    pub(crate) fn scene(&self, people: &[&Person]) -> PathBuf {
        let people: Vec<_> = people
            .iter()
            .map(
                |person| json!({"name": person.name, "address": person.address, "password": person.password}),
            )
            .collect();
        let scene = json!({
            "host": "localhost",
            "ports": {
                "smtp": self.port(25), "imap": self.port(143), "submissions": self.port(465),
                "submission": self.port(587), "imaps": self.port(993),
            },
            "certificate": self.certificate(),
            "authority": self.authority(),
            "work": self.beside("work"),
            "people": people,
        });
        let file = self.home.path().join("scene.json");
        fs::write(&file, scene.to_string()).expect("a file below our own folder can be written");
        file
    }

    /// The last lines that the server wrote.
    pub(crate) fn log_tail(&self) -> String {
        let log = fs::read_to_string(self.log()).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(60)..].join("\n")
    }

    fn log(&self) -> PathBuf {
        self.home.path().join("serve.log")
    }

    fn exited(&mut self) -> Option<ExitStatus> {
        let server = self.server.as_mut()?;
        server.try_wait().expect("our own child can be waited for")
    }

    /// Plain ports greet, TLS ports accept.
    fn is_ready(&self) -> bool {
        Smtp::plain(self.port(25)).is_ok()
            && Smtp::plain(self.port(587)).is_ok()
            && Imap::plain(self.port(143)).is_ok()
            && [465, 993]
                .iter()
                .all(|port| TcpStream::connect((Ipv4Addr::LOCALHOST, self.port(*port))).is_ok())
    }
}

impl Drop for Town {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            eprintln!("--- the server's last lines ---\n{}", self.log_tail());
        }
    }
}

fn pid(child: &Child) -> Pid {
    let id = i32::try_from(child.id()).expect("a process id fits");
    Pid::from_raw(id).expect("a process id is not zero")
}

/// The folder of client scripts and configuration templates.
pub(crate) fn clients() -> PathBuf {
    binary::workspace().join("tests/clients")
}
