//! The service as systemd, a certificate's renewal and a letter to the whole school meet it.

use std::os::unix::net::UnixDatagram;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::harness::{Imap, Program, Town, skolpost};

#[test]
fn systemd_hears_that_the_ports_answer() {
    let town = Town::stopped();
    let socket = town.beside("notify").join("socket");
    let notify = UnixDatagram::bind(&socket).expect("a socket of ours");
    notify.set_read_timeout(Some(Duration::from_secs(30))).expect("a time limit");
    let mut server = Command::new(skolpost())
        .args(["serve", "--dir"])
        .arg(town.dir())
        .env("NOTIFY_SOCKET", &socket)
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary starts");
    let mut said = [0; 256];
    let len = notify.recv(&mut said).expect("READY=1 within thirty seconds");
    assert_eq!(&said[..len.min(7)], b"READY=1", "{}", String::from_utf8_lossy(&said[..len]));
    assert!(Imap::plain(town.port(143)).is_ok(), "a port that does not answer is not ready");
    let pid = Pid::from_raw(i32::try_from(server.id()).expect("a process id")).expect("not zero");
    kill_process(pid, Signal::TERM).expect("our own child");
    assert!(server.wait().expect("our own child").success());
}

/// The names in the certificate that is shown to a client which asks for `name`.
fn shown(port: u16, name: &str) -> String {
    let script = format!(
        "openssl s_client -connect 127.0.0.1:{port} -servername {name} </dev/null 2>/dev/null | openssl x509 -noout -subject"
    );
    Program::new("bash").args(["-c", &script]).pass().text()
}

#[test]
fn a_second_certificate_is_chosen_by_name_without_a_restart() {
    let town = Town::start();
    assert!(
        shown(town.port(993), "post.annan.test").contains("mail.skola.test"),
        "the only one serves everybody"
    );
    let tls = town.dir().join("tls");
    let (chain, key) = (tls.join("annan.crt"), tls.join("annan.key"));
    Program::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "30",
        ])
        .args(["-subj", "/CN=post.annan.test", "-addext", "subjectAltName=DNS:post.annan.test", "-keyout"])
        .arg(&key)
        .arg("-out")
        .arg(&chain)
        .pass();
    let pid = Pid::from_raw(i32::try_from(town.pid()).expect("a process id")).expect("not zero");
    kill_process(pid, Signal::HUP).expect("our own child");
    let asked = Instant::now();
    while !shown(town.port(993), "post.annan.test").contains("post.annan.test") {
        assert!(asked.elapsed() < Duration::from_secs(20), "still the old one\n{}", town.log_tail());
        std::thread::sleep(Duration::from_millis(200));
    }
    assert!(shown(town.port(993), "mail.skola.test").contains("mail.skola.test"));
    assert!(shown(town.port(465), "post.annan.test").contains("post.annan.test"));
}

/// Accounts made by an import, with their first passwords.
fn crowd(town: &Town, count: usize) -> Vec<(String, String)> {
    let folder = town.beside("crowd");
    let (file, secrets) = (folder.join("elever.csv"), folder.join("losenord.csv"));
    let mut rows = String::from("Skolenhetskod;Roll;Förnamn;Efternamn;Klass;E-post\n");
    for number in 0..count {
        rows.push_str(&format!("99900001;elev;Elev;Nummer{number};4B;elev{number}@skola.test\n"));
    }
    std::fs::write(&file, rows).expect("a file of ours");
    town.command().arg("import").arg(&file).arg("--secrets-out").arg(&secrets).pass();
    let text = std::fs::read_to_string(&secrets).expect("the passwords");
    let cells = |line: &str| {
        let cells: Vec<_> = line.split(';').map(str::to_owned).collect();
        (cells[4].clone(), cells[5].clone())
    };
    text.lines().skip(1).map(cells).collect()
}

#[test]
fn a_letter_to_the_whole_school_outlives_a_kill_and_reaches_each_once() {
    let mut town = Town::start();
    let crowd = crowd(&town, 250);
    assert_eq!(crowd.len(), 250);
    let to: Vec<_> = crowd.iter().map(|(address, _)| address.as_str()).collect();
    let letter =
        format!("From: rektor@fjarran.test\r\nSubject: till alla\r\n\r\n{}\r\n", "text ".repeat(4000));
    town.stranger().send("rektor@fjarran.test", &to, letter.as_bytes()).expect("25 answers").expect(250);
    // Acknowledged; the filing has just begun.
    town.kill();
    town.serve();
    let began = Instant::now();
    for (address, password) in &crowd {
        let mut imap = Imap::tls(town.port(993), town.tls()).expect("993 answers");
        imap.login(address, password).expect("993 answers").ok();
        imap.command("SELECT INBOX").expect("993 answers").ok();
        while imap.uids("SUBJECT \"till alla\"").expect("993 answers").is_empty() {
            assert!(began.elapsed() < Duration::from_secs(120), "{address} never got it");
            std::thread::sleep(Duration::from_millis(50));
            imap.command("NOOP").expect("993 answers").ok();
        }
    }
    town.kill();
    town.console(&["store", "check"]);
    town.serve();
    for (address, password) in crowd.iter().step_by(7) {
        let mut imap = Imap::tls(town.port(993), town.tls()).expect("993 answers");
        imap.login(address, password).expect("993 answers").ok();
        imap.command("SELECT INBOX").expect("993 answers").ok();
        assert_eq!(imap.uids("ALL").expect("993 answers").len(), 1, "{address}");
    }
}

#[test]
fn two_services_do_not_share_a_port() {
    let town = Town::start();
    let other = tempfile::tempdir().expect("a temporary folder");
    let dir = other.path().join("d");
    let base = (town.port(25) - 25).to_string();
    Program::new(skolpost())
        .args(["init", "--name", "Annan kommun", "--domain", "annan.test", "--port-base", &base, "--dir"])
        .arg(&dir)
        .pass();
    let refused = Program::new(skolpost()).args(["serve", "--dir"]).arg(&dir).run();
    assert_eq!(refused.status.code(), Some(1));
    assert!(refused.text().contains(&town.port(25).to_string()), "names the port: {}", refused.text());
}
