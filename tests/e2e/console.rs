//! The command line as outside scripts rely on it, and what its acts do to mail and open sessions.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::harness::{Smtp, Town};

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

const LETTER: &[u8] = b"From: a@fjarran.test\r\nSubject: hej\r\nMessage-ID: <1@fjarran.test>\r\n\r\nHej!\r\n";

#[test]
fn accounts_are_added_shown_listed_and_removed() {
    let town = Town::start();
    let added = town
        .command()
        .args([
            "account", "add", "--school", "99900001", "--role", "pupil", "--first", "Åsa", "--last", "Öqvist",
        ])
        .args(["--class", "4B", "--password-stdin", "--json"])
        .input("sommarlov-26\n")
        .pass();
    let account = json(&added.text())["new-account"].clone();
    assert_eq!(account["address"], "asa.oqvist@skola.test");
    assert_eq!(account["class"], "4B");
    // A namesake gets another address; nobody's is ever taken over.
    let twin = town
        .command()
        .args([
            "account", "add", "--school", "99900001", "--role", "pupil", "--first", "Åsa", "--last", "Öqvist",
        ])
        .args(["--password-stdin", "--json"])
        .input("sommarlov-27\n")
        .pass();
    let twin = json(&twin.text())["new-account"]["address"].as_str().expect("an address").to_owned();
    assert!(twin.starts_with("asa.oqvist.") && twin.ends_with("@skola.test"), "{twin}");
    let list = json(&town.console(&["account", "list", "--json"]).text());
    assert_eq!(list.as_array().map(Vec::len), Some(2));

    town.console(&["account", "remove", &twin]);
    let again = town
        .command()
        .args(["account", "add", "--school", "99900001", "--role", "pupil", "--first", "Å", "--last", "Ö"])
        .args(["--address", &twin, "--password-stdin"])
        .input("sommarlov-28\n")
        .run();
    assert_eq!(again.status.code(), Some(1), "a removed person's address is never given again");
    assert!(town.stranger().send("a@fjarran.test", &[&twin], LETTER).expect("25 answers").code == 550);
}

#[test]
fn refusals_say_what_to_do_in_both_languages_and_exit_with_1_or_2() {
    let town = Town::start();
    let unknown =
        town.command().args(["account", "show", "ingen@skola.test"]).env("LC_ALL", "sv_SE.UTF-8").run();
    assert_eq!(unknown.status.code(), Some(1));
    let english =
        town.command().args(["account", "show", "ingen@skola.test"]).env("LC_ALL", "en_GB.UTF-8").run();
    assert!(
        !unknown.text().is_empty() && unknown.text() != english.text(),
        "{} {}",
        unknown.text(),
        english.text()
    );
    let value = town.command().args(["account", "show", "ingen@skola.test", "--json"]).run();
    let error = json(&value.text())["error"].clone();
    assert!(error["code"].is_string() && error["sv"].is_string() && error["en"].is_string(), "{error}");
    assert_eq!(town.command().args(["account", "fly"]).run().status.code(), Some(2));
    let short = town
        .command()
        .args([
            "account",
            "add",
            "--school",
            "99900001",
            "--role",
            "pupil",
            "--first",
            "A",
            "--last",
            "B",
            "--password-stdin",
        ])
        .input("kort\n")
        .run();
    assert_eq!(short.status.code(), Some(1), "seven octets are too few");
    assert_eq!(json(&town.console(&["account", "list", "--json"]).text()).as_array().map(Vec::len), Some(0));
    let second = town.command().arg("serve").run();
    assert_eq!(second.status.code(), Some(1), "one folder, one service");
}

#[test]
fn a_lock_ends_open_sessions_within_a_second_and_an_unlock_lets_in_again() {
    let town = Town::start();
    let asa = town.person("asa.oqvist", "Åsa", "Öqvist");
    let mut idle = town.imap(&asa);
    idle.command("SELECT INBOX").expect("993 answers").ok();
    idle.send("IDLE").expect("993 answers");
    idle.response().expect("a continuation");
    let mut smtp = town.submission(&asa);
    town.console(&["account", "lock", &asa.address]);
    let locked = Instant::now();
    let goodbye = idle.response().expect("BYE");
    assert!(goodbye.text.starts_with("* BYE"), "{}", goodbye.text);
    assert!(locked.elapsed() < Duration::from_secs(1), "{:?}", locked.elapsed());
    let after = smtp.command("NOOP").map_or(421, |reply| reply.code);
    assert_eq!(after, 421, "the submission session goes too");
    let mut smtp = Smtp::tls(town.port(465), town.tls()).expect("465 answers");
    smtp.hello().expect("465 answers").expect(250);
    smtp.auth_plain(&asa.address, &asa.password).expect("465 answers").expect(535);
    town.console(&["account", "unlock", &asa.address]);
    town.imap(&asa);
}

#[test]
fn a_new_password_ends_sessions_and_the_old_one_is_dead_at_once() {
    let town = Town::start();
    let asa = town.person("asa.oqvist", "Åsa", "Öqvist");
    let mut open = town.imap(&asa);
    town.command()
        .args(["account", "passwd", &asa.address, "--password-stdin"])
        .input("helt-nytt-losen\n")
        .pass();
    std::thread::sleep(Duration::from_secs(1));
    assert!(
        open.command("NOOP")
            .map_or(true, |answer| answer.status.contains("BYE") || !answer.status.starts_with("OK"))
    );
    let mut smtp = Smtp::tls(town.port(465), town.tls()).expect("465 answers");
    smtp.hello().expect("465 answers").expect(250);
    smtp.auth_plain(&asa.address, &asa.password).expect("465 answers").expect(535);
    smtp.auth_plain(&asa.address, "helt-nytt-losen").expect("465 answers").expect(235);
}

#[test]
fn a_letter_can_be_traced_by_its_id_and_by_address_without_its_subject() {
    let town = Town::start();
    let asa = town.person("asa.oqvist", "Åsa", "Öqvist");
    let mut smtp = town.stranger();
    let reply = smtp.send("mamma@fjarran.test", &[&asa.address], LETTER).expect("25 answers").expect(250);
    let by_address = json(&town.console(&["trace", &asa.address, "--json"]).text());
    let letter = by_address["letters"][0].clone();
    assert_eq!(letter["recipients"][0]["status"], "filed");
    let id = letter["id"].as_str().expect("an id").to_owned();
    assert!(reply.text().contains(&id), "{} names {id}", reply.text());
    let by_id = town.console(&["trace", &id, "--json"]).text();
    assert_eq!(json(&by_id)["letters"][0], letter);
    assert!(!by_id.contains("hej"), "no subject in the log");
    let source = town.console(&["trace", "mamma@fjarran.test", "--json"]).text();
    assert_eq!(json(&source)["letters"].as_array().map(Vec::len), Some(1));
}

#[test]
fn a_full_mailbox_refuses_now_and_a_letter_that_never_fits_for_good() {
    let town = Town::start();
    let asa = town.person("asa.oqvist", "Åsa", "Öqvist");
    town.console(&["quota", "set", "--account", &asa.address, "--storage", "20K"]);
    let letter = |kilobytes: usize| {
        format!("Subject: x\r\n\r\n{}", "rad med text\r\n".repeat(kilobytes * 1024 / 14)).into_bytes()
    };
    let mut smtp = town.stranger();
    smtp.send("a@fjarran.test", &[&asa.address], &letter(15)).expect("25 answers").expect(250);
    let full = smtp.send("a@fjarran.test", &[&asa.address], &letter(15)).expect("25 answers");
    assert_eq!(full.code, 452, "{}", full.text());
    let mut smtp = town.stranger();
    let never = smtp.command(&format!("MAIL FROM:<a@fjarran.test> SIZE={}", 40 << 10)).expect("25 answers");
    assert_eq!(never.code, 250);
    let never = smtp.command(&format!("RCPT TO:<{}>", asa.address)).expect("25 answers");
    assert_eq!(never.code, 552, "{}", never.text());
}

#[test]
fn submission_sends_only_as_oneself_and_only_where_there_is_a_way() {
    let town = Town::start();
    let (asa, nils) = (town.person("asa.oqvist", "Åsa", "Öqvist"), town.person("nils.ek", "Nils", "Ek"));
    let mut smtp = town.submission(&asa);
    assert_eq!(smtp.command(&format!("MAIL FROM:<{}>", nils.address)).expect("465 answers").code, 550);
    let forged = format!("From: {}\r\nSubject: lura\r\n\r\nx\r\n", nils.address);
    let reply = smtp.send(&asa.address, &[&nils.address], forged.as_bytes()).expect("465 answers");
    assert_eq!(reply.code, 550, "{}", reply.text());
    let own = format!("From: {}\r\nSubject: hej Nils\r\n\r\nx\r\n", asa.address);
    // Whose only recipient was refused is still in progress: the next MAIL needs RSET before it.
    let away = smtp.send(&asa.address, &["mamma@fjarran.test"], own.as_bytes()).expect("465 answers");
    assert_eq!(away.code, 550, "{}", away.text());
    smtp.command("RSET").expect("465 answers").expect(250);
    smtp.send(&asa.address, &[&nils.address], own.as_bytes()).expect("465 answers").expect(250);
    town.arrived(&nils, "hej Nils");
}

#[test]
fn sigterm_says_goodbye_and_ends_cleanly() {
    let mut town = Town::start();
    let asa = town.person("asa.oqvist", "Åsa", "Öqvist");
    let mut idle = town.imap(&asa);
    idle.command("SELECT INBOX").expect("993 answers").ok();
    idle.send("IDLE").expect("993 answers");
    idle.response().expect("a continuation");
    let status = town.stop();
    assert!(status.success(), "{status}");
    assert!(idle.response().expect("BYE").text.starts_with("* BYE"));
    town.console(&["store", "check"]);
}

#[test]
fn the_socket_and_the_settings_are_for_us_alone() {
    let town = Town::start();
    let mode =
        |name: &str| fs::metadata(town.dir().join(name)).expect("it is there").permissions().mode() & 0o777;
    assert_eq!(mode("skolpost.sock"), 0o600);
    assert_eq!(mode("tls/skolpost.key"), 0o600);
    assert_eq!(mode("data"), 0o700);
    let status = json(&town.console(&["status", "--json"]).text());
    assert_eq!(status["status"]["writable"], true);
}

#[test]
fn a_school_file_makes_accounts_once() {
    let town = Town::start();
    let file = town.beside("import").join("elever.csv");
    let rows = "Skolenhetskod;Roll;Förnamn;Efternamn;Klass;E-post\r\n99900001;elev;Åsa-Märta;Öqvist;4B;\r\n\
                99900001;elev;Nils;af Klint;4B;\r\n99900001;lärare;Zoë;D'Angelo;;zoe@skola.test\r\n";
    fs::write(&file, rows).expect("a file of ours");
    let (path, secrets) = (file.to_str().expect("UTF-8"), town.beside("import").join("secrets.csv"));
    let dry = json(&town.console(&["import", path, "--dry-run", "--json"]).text());
    assert_eq!((dry["created"].as_u64(), dry["dry_run"].as_bool()), (Some(3), Some(true)));
    assert_eq!(json(&town.console(&["account", "list", "--json"]).text()).as_array().map(Vec::len), Some(0));
    let secrets_path = secrets.to_str().expect("UTF-8");
    let done = json(&town.console(&["import", path, "--secrets-out", secrets_path, "--json"]).text());
    assert_eq!(done["created"].as_u64(), Some(3));
    assert_eq!(fs::metadata(&secrets).expect("written").permissions().mode() & 0o777, 0o600);
    let text = fs::read_to_string(&secrets).expect("written");
    let row = text.lines().find(|line| line.contains("zoe@skola.test")).expect("Zoë's row");
    let password = row.rsplit(';').next().expect("a last cell").to_owned();
    let mut imap = crate::harness::Imap::tls(town.port(993), town.tls()).expect("993 answers");
    imap.login("zoe@skola.test", &password).expect("993 answers").ok();

    let again = town.beside("import").join("secrets2.csv");
    let twice = json(
        &town.console(&["import", path, "--secrets-out", again.to_str().expect("UTF-8"), "--json"]).text(),
    );
    assert_eq!((twice["created"].as_u64(), twice["present"].as_u64()), (Some(0), Some(3)));

    fs::write(&file, rows.replace("4B", "#SAKNAS!")).expect("a file of ours");
    let bad = town.command().args(["import", path, "--dry-run"]).env("LC_ALL", "sv_SE.UTF-8").run();
    assert_eq!(bad.status.code(), Some(1));
    assert!(bad.text().contains("rad 2") && bad.text().contains("Klass"), "{}", bad.text());
}

#[test]
fn wrong_words_are_answered_as_they_were_asked() {
    let town = Town::start();
    for words in
        [&["nonsens", "--json"][..], &["trace", "--json"], &["quota", "set", "--role", "pupil", "--json"]]
    {
        let refused = town.command().args(words).run();
        assert_eq!(refused.status.code(), Some(2), "{words:?}");
        assert_eq!(json(&refused.text())["error"]["code"], "usage", "{words:?}");
    }
    let swedish = town.command().arg("nonsens").env("LC_ALL", "sv_SE.UTF-8").run();
    assert!(swedish.text().contains("går inte att förstå"), "{}", swedish.text());
    let roles = json(&town.console(&["quota", "show", "--json"]).text());
    town.console(&["quota", "set", "--role", "pupil", "--storage", "500M"]);
    assert_ne!(json(&town.console(&["quota", "show", "--json"]).text()), roles);
}

#[test]
fn settings_that_cannot_be_meant_stop_the_start_with_a_remedy() {
    for (from, to, names) in [
        ("[auth]", "[log]\nlevel = \"wran\"\n\n[auth]", "wran"),
        ("[auth]", "[limits.smtp]\nrecipients_max = 0\n\n[auth]", "recipients_max"),
        ("[auth]", "[limits.smtp]\nrecipient_max = 5\n\n[auth]", "recipient_max"),
    ] {
        let town = Town::stopped();
        town.configure(from, to);
        let refused = town.command().arg("serve").run();
        assert_eq!(refused.status.code(), Some(1), "{to}");
        assert!(refused.text().contains(names), "{}", refused.text());
    }
}

#[test]
fn a_backup_restores_into_a_new_folder_and_overwrites_nothing() {
    let mut town = Town::start();
    let asa = town.person("asa.oqvist", "Åsa", "Öqvist");
    let letter =
        |subject: &str| format!("From: a@fjarran.test\r\nSubject: {subject}\r\n\r\nHej!\r\n").into_bytes();
    town.stranger()
        .send("a@fjarran.test", &[&asa.address], &letter("sparat"))
        .expect("25 answers")
        .expect(250);
    let file = town.beside("backup").join("kopia.skolpost");
    let path = file.to_str().expect("UTF-8");
    let report = json(&town.console(&["store", "export", path, "--json"]).text());
    assert!(report["export"]["bodies"].as_u64() >= Some(1), "{report}");
    assert_eq!(
        town.command().args(["store", "export", path]).run().status.code(),
        Some(1),
        "never written over"
    );
    town.console(&["store", "check", "--export", path]);
    let running = town.command().args(["store", "rebuild", "--from", path]).run();
    assert_eq!(running.status.code(), Some(1), "not under a running service");
    let validity = |town: &Town| {
        let mut imap = town.imap(&asa);
        imap.command("SELECT INBOX")
            .expect("993 answers")
            .ok()
            .find("OK [UIDVALIDITY")
            .map(|line| line.text.clone())
    };
    let before = validity(&town);
    town.stranger()
        .send("a@fjarran.test", &[&asa.address], &letter("senare"))
        .expect("25 answers")
        .expect(250);
    town.stop();
    town.console(&["store", "rebuild", "--from", path]);
    town.console(&["store", "check"]);
    town.serve();
    town.arrived(&asa, "sparat");
    let mut imap = town.imap(&asa);
    imap.command("SELECT INBOX").expect("993 answers").ok();
    assert_eq!(imap.uids("ALL").expect("993 answers").len(), 1);
    assert_ne!(validity(&town), before, "programs must not take new letters for those that are gone");
    let kept = fs::read_dir(town.dir()).expect("our folder").filter_map(Result::ok);
    assert!(
        kept.filter(|entry| entry.file_name().to_string_lossy().starts_with("data.before-")).count() == 1
    );
}

#[test]
fn every_act_from_the_first_on_is_in_the_audit() {
    let town = Town::start();
    let asa = town.person("asa.oqvist", "Åsa", "Öqvist");
    town.console(&["account", "lock", &asa.address]);
    let mut socket =
        UnixStream::connect(town.dir().join("skolpost.sock")).expect("the socket of the command line");
    socket.write_all(b"{\"op\":\"audit-list\"}\n").expect("it listens");
    let mut line = String::new();
    BufReader::new(socket).read_line(&mut line).expect("it answers");
    let rows = json(&line)["ok"]["audit"].clone();
    let acts: Vec<_> =
        rows.as_array().expect("a list").iter().map(|row| row["op"].as_str().expect("a word")).collect();
    assert_eq!(acts, ["account-lock", "account-add", "school-add", "municipality-add"], "newest first");
    assert!(!line.contains("Vinter") && !line.contains("Åsa"), "no secret and no name: {line}");
}
