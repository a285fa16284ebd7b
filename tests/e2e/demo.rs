//! `demo`, as the README's first command runs it.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::harness::{Imap, PortBase, skolpost, trusting};

/// A demo that a failing test does not leave running.
struct Demo(Child);

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.0.kill();
    }
}

#[test]
fn the_demo_has_people_and_letters_and_leaves_nothing_behind() {
    let ports = PortBase::take();
    let child = Command::new(skolpost())
        .args(["demo", "--json", "--port-base", &ports.base().to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let mut demo = Demo(child);
    let mut line = String::new();
    BufReader::new(demo.0.stdout.take().expect("piped")).read_line(&mut line).expect("it speaks");
    let told: serde_json::Value =
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
    let accounts = told["accounts"].as_array().expect("a list");
    assert_eq!(accounts.iter().filter(|account| account["role"] == "pupil").count(), 60);
    assert_eq!(accounts.len(), 68);
    let pupil = accounts.iter().find(|account| account["role"] == "pupil").expect("sixty of them");
    let certificate = std::path::PathBuf::from(told["certificate"].as_str().expect("a path"));
    let port = u16::try_from(told["ports"]["imaps"].as_u64().expect("a port")).expect("a port");
    let mut imap = Imap::tls(port, &trusting(&certificate)).expect("993 answers");
    let (address, password) =
        (pupil["address"].as_str().expect("text"), told["password"].as_str().expect("text"));
    imap.login(address, password).expect("993 answers").ok();
    imap.command("SELECT INBOX").expect("993 answers").ok();
    assert!(imap.uids("ALL").expect("993 answers").len() >= 3, "some letters are there already");
    let teacher =
        accounts.iter().find(|account| account["school"] == "99900001" && account["role"] == "teacher");
    let mut imap = Imap::tls(port, &trusting(&certificate)).expect("993 answers");
    let address =
        teacher.and_then(|teacher| teacher["address"].as_str()).expect("a teacher of the first school");
    imap.login(address, password).expect("993 answers").ok();
    imap.command("SELECT Delade/expedition@skola.test").expect("993 answers").ok();
    let dir = std::path::PathBuf::from(told["dir"].as_str().expect("a path"));
    let pid = Pid::from_raw(i32::try_from(demo.0.id()).expect("a process id")).expect("not zero");
    kill_process(pid, Signal::INT).expect("our own child");
    assert!(demo.0.wait().expect("our own child").success());
    assert!(!dir.exists(), "gone with Ctrl-C");
}
