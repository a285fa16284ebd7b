//! Mutations of the seeds, from a seed of their own: the same number gives the same inputs.
//!
//! `FUZZ_SECONDS` is how long each target runs (default 1; `tests/run` takes 20), `FUZZ_SEED` where it begins. An input that
//! fails is written beside the build; put it into `corpus/` once it is mended.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Nothing that is tried here may take so long.
const SLOW: Duration = Duration::from_secs(10);
const INPUT_OCTETS_MAX: usize = 64 << 10;

#[test]
fn imap_session() {
    let mut seeds = corpus("session");
    seeds.extend(said_in_transcripts());
    run("session", fuzz::session, &seeds, SESSION_WORDS);
}

#[test]
fn letter() {
    let mut seeds = corpus("letter");
    let letters = files(&workspace().join("crates/message/tests/mail"), "eml");
    seeds.extend(letters.into_iter().map(|letter| [b"\0", &letter[..]].concat()));
    run("letter", fuzz::letter, &seeds, LETTER_WORDS);
}

#[test]
fn mutf7() {
    run("mutf7", fuzz::mutf7, &corpus("mutf7"), MUTF7_WORDS);
}

fn run(name: &str, target: fn(&[u8]), seeds: &[Vec<u8>], words: &[&str]) {
    assert!(!seeds.is_empty(), "no seeds for {name}");
    let number = |name: &str, default: u64| {
        std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
    };
    let (seconds, seed) = (number("FUZZ_SECONDS", 1), number("FUZZ_SEED", 1));
    for input in seeds {
        attempt(name, target, input);
    }
    let (begun, mut random, mut tried) = (Instant::now(), Random(seed | 1), 0_u64);
    while begun.elapsed() < Duration::from_secs(seconds) {
        let mut input = seeds[random.below(seeds.len())].clone();
        for _ in 0..=random.below(6) {
            mutate(&mut input, seeds, words, &mut random);
        }
        input.truncate(INPUT_OCTETS_MAX);
        attempt(name, target, &input);
        tried += 1;
    }
    assert!(tried > 100, "only {tried} inputs in {seconds} s");
}

fn attempt(name: &str, target: fn(&[u8]), input: &[u8]) {
    let begun = Instant::now();
    let outcome = catch_unwind(AssertUnwindSafe(|| target(input)));
    if outcome.is_ok() && begun.elapsed() < SLOW {
        return;
    }
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-failing-input"));
    fs::write(&path, input).unwrap();
    let shown = String::from_utf8_lossy(&input[..input.len().min(2000)]).into_owned();
    panic!("{name} fails after {:?}, input in {}: {shown:?}", begun.elapsed(), path.display());
}

/// One change: of a bit or octet, of the length, of a number, of the order, or with a piece of another seed.
fn mutate(input: &mut Vec<u8>, seeds: &[Vec<u8>], words: &[&str], random: &mut Random) {
    let at = random.below(input.len() + 1);
    let end = (at + random.below(32)).min(input.len());
    match random.below(9) {
        0 if at < input.len() => input[at] ^= 1 << random.below(8),
        1 if at < input.len() => {
            input[at] = b"\0\r\n \"{}()\\*%~$&+-/:;<>[]\x7f\x80\xc3\xff09aA"[random.below(31)]
        }
        2 => drop(input.drain(at..end)),
        3 => {
            let piece = input[at..end].to_vec();
            insert(input, random, &piece);
        }
        4 => {
            let other = &seeds[random.below(seeds.len())];
            let from = random.below(other.len() + 1);
            let until = (from + random.below(200)).min(other.len());
            input.splice(at..end, other[from..until].iter().copied());
        }
        5 | 6 => drop(input.splice(at..at, words[random.below(words.len())].bytes())),
        7 => {
            let numbers = ["0", "1", "4294967295", "4294967296", "18446744073709551616", "00", "-1"];
            let digit = input[at..].iter().position(u8::is_ascii_digit).map(|behind| at + behind);
            let Some(start) = digit else { return };
            let digits = input[start..].iter().take_while(|octet| octet.is_ascii_digit()).count();
            input.splice(start..start + digits, numbers[random.below(numbers.len())].bytes());
        }
        _ => {
            let piece = input[at..end].to_vec();
            for _ in 0..random.below(200) {
                input.splice(at..at, piece.iter().copied());
                if input.len() > INPUT_OCTETS_MAX {
                    break;
                }
            }
        }
    }
}

fn insert(input: &mut Vec<u8>, random: &mut Random, piece: &[u8]) {
    let at = random.below(input.len() + 1);
    input.splice(at..at, piece.iter().copied());
}

struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap() % limit.max(1)
    }
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn corpus(target: &str) -> Vec<Vec<u8>> {
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target), "")
}

/// Contents, in the order of names.
fn files(folder: &Path, extension: &str) -> Vec<Vec<u8>> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|has| has == extension) || extension.is_empty());
    paths.sort();
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

/// What clients say in the transcripts of the grammar, logged in and with a mailbox selected.
fn said_in_transcripts() -> Vec<Vec<u8>> {
    let folder = workspace().join("crates/imap-wire/tests/transcripts");
    let transcripts = files(&folder, "txt");
    let said = |transcript: &Vec<u8>| {
        let mut seed = b"\0\0\x07l LOGIN ada x\r\ns SELECT INBOX\r\n".to_vec();
        for line in String::from_utf8_lossy(transcript).lines() {
            if let Some(line) = line.strip_prefix("C: ") {
                seed.extend_from_slice(line.replace("\\r", "\r").replace("\\n", "\n").as_bytes());
                seed.extend_from_slice(b"\r\n");
            }
        }
        seed
    };
    transcripts.iter().map(said).collect()
}

const SESSION_WORDS: &[&str] = &[
    "\r\n",
    "a ",
    "UID ",
    "FETCH 1:* ",
    "SEARCH ",
    "RETURN (MIN MAX COUNT SAVE) ",
    "STORE 1 +FLAGS (\\Seen)",
    "{5}\r\n",
    "{5+}\r\n",
    "~{9+}\r\n",
    "{0}",
    "{4294967296+}\r\n",
    "APPEND INBOX ",
    "CATENATE (TEXT {3+}\r\nabc URL \"/x\")",
    "REPLACE 1 INBOX ",
    "UTF8 (~{3+}\r\nabc)",
    "(",
    ")",
    "((",
    "NOT ",
    "OR ",
    "$",
    "*:*",
    "BODY[1.2.HEADER.FIELDS (A)]<0.9>",
    "BINARY.PEEK[1]",
    "(CHANGEDSINCE 1 VANISHED)",
    "(PARTIAL -1:-5)",
    "SELECT x (QRESYNC (1 2 1:3 (1 1)))",
    "ENABLE CONDSTORE QRESYNC\r\n",
    "IDLE\r\n",
    "DONE\r\n",
    "COMPRESS DEFLATE\r\n",
    "LIST (SUBSCRIBED) \"\" (% *) RETURN (STATUS (MESSAGES))\r\n",
    "THREAD REFERENCES UTF-8 ALL\r\n",
    "SORT (REVERSE DATE) UTF-8 ",
    "NOTIFY SET (SELECTED (MessageNew))\r\n",
    "SETMETADATA \"\" (/a {2+}\r\nxy)\r\n",
    "GETACL x\r\n",
    "LOGOUT\r\n",
    "AUTHENTICATE PLAIN ",
    "AGEzYQ==\r\n",
    "&AOU-",
    "&",
    "\u{e5}",
    "\"\\\"\"",
    "NIL",
    " ",
    "LOGIN ada x\r\n",
];

const LETTER_WORDS: &[&str] = &[
    "\r\n\r\n",
    "\r\n",
    "Content-Type: multipart/mixed; boundary=b\r\n",
    "--b\r\n",
    "--b--\r\n",
    "Content-Type: message/rfc822\r\n\r\n",
    "Content-Transfer-Encoding: base64\r\n",
    "Content-Transfer-Encoding: quoted-printable\r\n",
    "=?utf-8?q?=C3=A5?=",
    "=?x?b?//8?=",
    "charset*0*=utf-8''%e5",
    "filename*1=x",
    "; name=\"a\\\"b\"",
    "From: a <a@b>, \"c\" <d@e>;\r\n",
    "Date: Mon, 1 Jan 0000 99:99:99 +9999\r\n",
    "Message-ID: <a@b>\r\n",
    "References: <a@b> <c@d>\r\n",
    "<html><body>&aring;<script>",
    "=\r\n",
    "=E5",
    "&#99999999;",
    "\u{e5}",
    "\0",
    "Content-Disposition: attachment; filename=x\r\n",
    "Content-Type: text/html; charset=utf-16\r\n",
    "group: a@b, c@d;",
    "(((",
    "\\",
];

const MUTF7_WORDS: &[&str] = &[
    "&",
    "-",
    "&-",
    "&AOU-",
    "&2D3cAA-",
    "&2D0-",
    "&AGE-",
    "/",
    "*",
    "%",
    "\n",
    "INBOX",
    "\u{e5}",
    "A\u{30a}",
    "\u{1f600}",
    "&&",
    ",",
];
