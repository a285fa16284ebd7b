//! Every file of `transcripts/` is a conversation that must come out so.
//!
//! `C:` the client's line (those in a row come in one packet), `C|` the same without a line end, `S:` the server's line,
//! `Q:` what the driver is asked, in our own spelling, `A:` its answer (OK if absent), `M:` the message of APPEND, `TLS` and
//! `CLOSE` what the driver should do, `O:` options in front: `none`, `authenticated`, `selected`, `read-only` (where the
//! dialogue begins), `plain`, `starttls`, `deny:WORD` and `deny_account:WORD`, and limits as `message_bytes_max=100`. `\r`, `\n`, `\0` and `\xNN` are octets.
//! With `BLESS=1` the files are written anew from what happens; read the difference before you commit it.

#![allow(clippy::unwrap_used, reason = "a test may stop")]

mod support;

use std::fs;
use std::path::Path;

use imap_wire::{SessionConfig, Transport};
use support::dialogue::Dialogue;

#[test]
fn every_transcript() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 330, "only {} transcripts found", files.len());
    let failed: Vec<_> = files.iter().filter_map(|file| check(file).err()).collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

fn check(file: &Path) -> Result<(), String> {
    let script = fs::read_to_string(file).unwrap();
    let happened = play(&script);
    if happened == script {
        return Ok(());
    }
    if std::env::var_os("BLESS").is_some() {
        fs::write(file, happened).unwrap();
        return Ok(());
    }
    Err(format!("{}: expected\n{script}\nbut it went\n{happened}", file.display()))
}

/// The script as it goes: what client and driver say is taken from it, the rest is what happened.
fn play(script: &str) -> String {
    let mut played = String::new();
    let lines: Vec<&str> = script.lines().collect();
    let mut dialogue = begin(&lines);
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        if line.starts_with('#') || line.starts_with("O:") {
            played.push_str(line);
            played.push('\n');
        }
        at += 1;
        if !is_client(line) {
            continue;
        }
        for event in dialogue.events.drain(..) {
            played.push_str(&format!("{event}\n"));
        }
        let mut packet = client_octets(line);
        played.push_str(&format!("{line}\n"));
        while let Some(next) = lines.get(at).filter(|next| is_client(next)) {
            packet.extend(client_octets(next));
            played.push_str(&format!("{next}\n"));
            at += 1;
        }
        let until = lines[at..].iter().position(|line| is_client(line)).map_or(lines.len(), |len| at + len);
        let answers: Vec<_> = lines[at..until].iter().filter_map(|line| line.strip_prefix("A: ")).collect();
        dialogue.answers.extend(answers.iter().map(|answer| (*answer).to_owned()));
        dialogue.say(&packet);
        let mut answers = answers.into_iter();
        for event in dialogue.events.drain(..) {
            played.push_str(&format!("{event}\n"));
            if event.starts_with("Q:") {
                for answer in answers.by_ref() {
                    played.push_str(&format!("A: {answer}\n"));
                    if !answer.starts_with("* ") {
                        break;
                    }
                }
            }
        }
        assert!(dialogue.answers.is_empty(), "answers that nobody asked for in\n{script}");
    }
    played
}

fn is_client(line: &str) -> bool {
    line.starts_with("C:") || line.starts_with("C|")
}

fn begin(lines: &[&str]) -> Dialogue {
    let (mut config, mut account_denied) = (SessionConfig::default(), Vec::new());
    let (mut transport, mut prelude) = (Transport::Tls, "");
    for option in lines.iter().filter_map(|line| line.strip_prefix("O: ")).flat_map(str::split_whitespace) {
        match option {
            "plain" => transport = Transport::Plain { starttls: false },
            "starttls" => transport = Transport::Plain { starttls: true },
            "plaintext_login" => config.plaintext_login = true,
            "swedish" => config.language = imap_wire::ReplyLanguage::Sv,
            "none" => prelude = "",
            "greeting" => prelude = "greeting",
            "authenticated" => prelude = "x LOGIN u p\r\n",
            "selected" => prelude = "x LOGIN u p\r\nx SELECT INBOX\r\n",
            "read-only" => prelude = "x LOGIN u p\r\nx EXAMINE INBOX\r\n",
            denied if denied.starts_with("deny:") => config.capabilities_denied.push(denied[5..].to_owned()),
            denied if denied.starts_with("deny_account:") => account_denied.push(denied[13..].to_owned()),
            limit => {
                let (name, value) = limit.split_once('=').expect("an option");
                let value: u32 = value.parse().unwrap();
                let limits = &mut config.limits;
                match name {
                    "message_bytes_max" => limits.message_bytes_max = u64::from(value),
                    "literal_bytes_max" => limits.literal_bytes_max = value,
                    "line_bytes_max" => limits.line_bytes_max = value,
                    "literals_max" => limits.literals_max = value,
                    "discard_factor_max" => limits.discard_factor_max = value,
                    "bad_commands_max" => limits.bad_commands_max = value,
                    "login_failures_max" => limits.login_failures_max = value,
                    "search_keys_max" => limits.search_keys_max = value,
                    "search_depth_max" => limits.search_depth_max = value,
                    "list_items_max" => limits.list_items_max = value,
                    "pattern_bytes_max" => limits.pattern_bytes_max = value,
                    other => panic!("no such limit: {other}"),
                }
            }
        }
    }
    let mut dialogue = Dialogue::new(config, transport);
    dialogue.denied = account_denied;
    dialogue.say(prelude.strip_prefix("greeting").unwrap_or(prelude).as_bytes());
    if prelude != "greeting" {
        dialogue.events.clear();
    }
    dialogue
}

/// The octets of a `C:` or `C|` line.
fn client_octets(line: &str) -> Vec<u8> {
    let text = line[2..].strip_prefix(' ').unwrap_or(&line[2..]);
    let mut octets = Vec::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        let escape = if c == '\\' { chars.clone().next() } else { None };
        match escape {
            Some('r') => octets.push(b'\r'),
            Some('n') => octets.push(b'\n'),
            Some('0') => octets.push(0),
            Some('x') => {
                chars.next();
                let digits: String = chars.by_ref().take(2).collect();
                octets.push(u8::from_str_radix(&digits, 16).unwrap());
                continue;
            }
            _ => {
                octets.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                continue;
            }
        }
        chars.next();
    }
    if line.starts_with("C:") {
        octets.extend_from_slice(b"\r\n");
    }
    octets
}
