//! A service of its own for each workload, in a folder that goes with it.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// The password of every account here.
pub(crate) const PASSWORD: &str = "matning-2026";

/// A running service.
pub(crate) struct Service {
    binary: PathBuf,
    folder: TempDir,
    child: Option<Child>,
    base: u16,
}

impl Service {
    /// Makes a folder with `accounts` pupils `elev0@skola.test`, `elev1@…` and starts the service.
    pub(crate) fn start(base: u16, accounts: usize) -> Self {
        let binary = std::env::var_os("SKOLPOST").map_or_else(built, PathBuf::from);
        let folder = tempfile::tempdir_in(std::env::var_os("BENCH_DIR").unwrap_or_else(|| "target".into()))
            .expect("a folder for the data");
        let mut service = Self { binary, folder, child: None, base };
        let port_base = base.to_string();
        service
            .call(&["init", "--name", "Mätkommun", "--domain", "skola.test", "--port-base", &port_base], "");
        let file = service.folder.path().join("skolpost.toml");
        let settings = std::fs::read_to_string(&file).expect("init writes it");
        // The load generator signs in without TLS where TLS is not what is measured.
        let open = settings.replace("plaintext_networks = []", "plaintext_networks = [\"127.0.0.0/8\"]");
        assert_ne!(open, settings, "the configuration names plaintext_networks");
        // Ten thousand clients sit behind this one address.
        let open = format!("{open}\n[limits.connections]\nschool_networks = [\"127.0.0.0/8\"]\n");
        std::fs::write(&file, open).expect("the folder is ours");
        service.boot();
        service.call(&["school", "add", "--code", "99900001", "--name", "Mätskolan"], "");
        for number in 0..accounts {
            let (first, address) = (format!("E{number}"), format!("elev{number}@skola.test"));
            let words = ["account", "add", "--school", "99900001", "--role", "teacher", "--first", &first];
            let more = ["--last", "Prov", "--address", &address, "--password-stdin"];
            service.call(&[&words[..], &more[..]].concat(), PASSWORD);
        }
        service
    }

    /// Starts the process and waits for its greeting; how long that took.
    pub(crate) fn boot(&mut self) -> Duration {
        let begun = Instant::now();
        let child = Command::new(&self.binary)
            .arg("serve")
            .arg("--dir")
            .arg(self.data())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(self.data().join("bench.log")).expect("the folder is ours"))
            .spawn()
            .expect("the binary starts");
        self.child = Some(child);
        while std::net::TcpStream::connect(("127.0.0.1", self.port(25))).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(300), "the service does not answer");
            std::thread::sleep(Duration::from_millis(2));
        }
        begun.elapsed()
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().and_then(|()| child.wait()).expect("our own child");
        }
    }

    /// SIGTERM, and its end awaited.
    pub(crate) fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            Command::new("kill").arg(child.id().to_string()).status().expect("kill is there");
            child.wait().expect("our own child");
        }
    }

    /// Runs a command of the command line.
    pub(crate) fn call(&self, words: &[&str], input: &str) -> String {
        let mut child = Command::new(&self.binary)
            .arg("--dir")
            .arg(self.data())
            .args(words)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        child.stdin.take().expect("piped").write_all(input.as_bytes()).expect("it reads");
        let output = child.wait_with_output().expect("it ends");
        assert!(output.status.success(), "{words:?}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// The folder with data, tls and settings.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    /// The port that stands for `well_known` here.
    pub(crate) const fn port(&self, well_known: u16) -> u16 {
        self.base + well_known
    }

    /// Resident octets of the process.
    pub(crate) fn memory(&self) -> u64 {
        let id = self.child.as_ref().expect("it runs").id();
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).expect("Linux");
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("Linux says so");
        line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).expect("a number") * 1024
    }

    /// Octets on the disk below the data folder, as allocated, without the journal's prepared space.
    pub(crate) fn disk(&self) -> u64 {
        fn walk(folder: &std::path::Path) -> u64 {
            let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
            let size = |entry: std::fs::DirEntry| {
                use std::os::unix::fs::MetadataExt;
                let path = entry.path();
                if path.is_dir() {
                    return if path.ends_with("journal") { 0 } else { walk(&path) };
                }
                entry.metadata().map_or(0, |about| about.blocks() * 512)
            };
            entries.flatten().map(size).sum()
        }
        walk(&self.folder.path().join("data"))
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.kill();
    }
}

fn built() -> PathBuf {
    let here = std::env::current_exe().expect("Linux says so");
    let binary = here.with_file_name("skolpost");
    assert!(binary.exists(), "build it first: cargo build --release");
    binary
}
