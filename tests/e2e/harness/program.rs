//! A real program, run with a time limit; its output is shown when it does not do what it should.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// Where a missing program comes from.
const INSTALL: &str = "run tests/install.sh, which installs every program that the tests drive";

/// A command line to run once.
pub(crate) struct Program {
    name: String,
    command: Command,
    input: Vec<u8>,
    wait: Duration,
}

/// What it printed (standard output and error together, in order) and how it ended.
pub(crate) struct Outcome {
    name: String,
    pub(crate) status: ExitStatus,
    pub(crate) output: Vec<u8>,
}

impl Program {
    /// Fails the test when the program is not installed.
    pub(crate) fn new(program: impl AsRef<OsStr>) -> Self {
        let path = find(program.as_ref()).unwrap_or_else(|| {
            panic!("FAIL: {} is not installed; {INSTALL}", program.as_ref().display());
        });
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let mut command = Command::new(path);
        command.env("LC_ALL", "C.UTF-8");
        Self { name, command, input: Vec::new(), wait: Duration::from_secs(120) }
    }

    pub(crate) fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.command.arg(arg);
        self
    }

    pub(crate) fn args<A: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.command.args(args);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub(crate) fn folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.command.current_dir(folder.into());
        self
    }

    pub(crate) fn input(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.input = bytes.into();
        self
    }

    pub(crate) fn wait(mut self, wait: Duration) -> Self {
        self.wait = wait;
        self
    }

    /// Runs it and fails the test, with its output, unless it exits with 0.
    #[track_caller]
    pub(crate) fn pass(self) -> Outcome {
        let outcome = self.run();
        assert!(outcome.status.success(), "FAIL: {}: {}\n{}", outcome.name, outcome.status, outcome.text());
        outcome
    }

    /// Runs it to its end, whatever that is.
    pub(crate) fn run(mut self) -> Outcome {
        let mut output = tempfile::tempfile().expect("a temporary file for the output");
        let mut input = tempfile::tempfile().expect("a temporary file for the input");
        input.write_all(&self.input).and_then(|()| input.rewind()).expect("the input is written");
        let mut child = self
            .command
            .stdin(input)
            .stdout(Stdio::from(clone(&output)))
            .stderr(Stdio::from(clone(&output)))
            .spawn()
            .unwrap_or_else(|error| panic!("FAIL: {} does not start: {error}", self.name));
        let started = Instant::now();
        let status = loop {
            match child.try_wait().expect("our own child can be waited for") {
                Some(status) => break status,
                None if started.elapsed() > self.wait => {
                    child.kill().expect("our own child can be killed");
                    child.wait().expect("our own child can be waited for");
                    let text = String::from_utf8_lossy(&read_all(&mut output)).into_owned();
                    panic!("FAIL: {} was not done after {:?}\n{text}", self.name, self.wait);
                }
                None => std::thread::sleep(Duration::from_millis(10)),
            }
        };
        Outcome { name: self.name, status, output: read_all(&mut output) }
    }
}

impl Outcome {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.output).into_owned()
    }
}

fn find(program: &OsStr) -> Option<PathBuf> {
    let path = PathBuf::from(program);
    if path.components().count() > 1 {
        return path.is_file().then_some(path);
    }
    let folders = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&folders).map(|folder| folder.join(program)).find(|path| path.is_file())
}

fn clone(file: &File) -> File {
    file.try_clone().expect("a descriptor can be duplicated")
}

fn read_all(file: &mut File) -> Vec<u8> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(0)).and_then(|_| file.read_to_end(&mut bytes)).expect("the output can be read");
    bytes
}
