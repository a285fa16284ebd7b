//! What one account can make the service hold: forty sessions that do their worst, and the process afterwards.
//!
//! The bound is that of `crates/README.md`, "What a client can make us hold": 1.5 MiB for each session, and the shared
//! budgets that these attacks can reach. The service must stay well below, and answer others meanwhile.

use std::io;
use std::net::{Ipv4Addr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Barrier, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use crate::harness::{Imap, Person, Town};

/// As many as one account may have (`connections_per_account_max`), less one for the one who looks on.
const SESSIONS: usize = 39;
/// 39 sessions of 1.5 MiB; 64 MiB for letters that SEARCH reads; 128 MiB for letters that are taken apart.
const GROWTH_KIB_MAX: u64 = (SESSIONS as u64) * 1536 + (64 << 10) + (128 << 10);
/// So long an attack goes on.
const ATTACK: Duration = Duration::from_secs(4);

#[test]
fn forty_sessions_of_one_account() {
    let town = Town::start();
    let asa = town.person("asa.oqvist", "Åsa", "Öqvist");
    let per = town.person("per.ek", "Per", "Ek");
    fill(&town, &asa);
    let before = resident_kib(town.pid());
    for (name, attack) in ATTACKS {
        let (peak, slowest) = under_attack(&town, &asa, &per, *attack);
        let growth = peak.saturating_sub(before);
        eprintln!("{name}: {} KiB more, slowest NOOP of another {slowest:?}", growth);
        assert!(
            growth < GROWTH_KIB_MAX,
            "{name}: {growth} KiB more than before, allowed are {GROWTH_KIB_MAX}"
        );
        assert!(slowest < Duration::from_secs(20), "{name}: another one waited {slowest:?}");
    }
}

type Attack = fn(&mut Imap, usize) -> io::Result<()>;

const ATTACKS: &[(&str, Attack)] = &[
    ("pipelined commands, no answer read", pipelined),
    ("half commands with literals", half_commands),
    ("letters that never end", half_letters),
    ("search programs", searches),
    ("patterns", patterns),
    ("large answers, none read", slow_reader),
    ("compressed bombs", bombs),
];

/// Two large letters and two thousand small ones, and names that patterns can be tried on.
fn fill(town: &Town, asa: &Person) {
    let mut imap = town.imap(asa);
    let line = "Läxan till torsdag är sidan 42, uppgift 3 till 7.\r\n";
    let large = format!("Subject: stort\r\n\r\n{}", line.repeat(150_000));
    let small: String = (0..50)
        .map(|number| {
            let letter = format!("Subject: litet {number}\r\n\r\n{}", line.repeat(20));
            format!(" {{{}+}}\r\n{letter}", letter.len())
        })
        .collect();
    for _ in 0..2 {
        imap.append("INBOX", "", large.as_bytes()).expect("993 answers").ok();
    }
    for _ in 0..40 {
        imap.command(&format!("APPEND INBOX{small}")).expect("993 answers").ok();
    }
    for number in 0..100 {
        imap.command(&format!("CREATE {}{number}", "a".repeat(400))).expect("993 answers").ok();
    }
}

/// The highest RSS while the attack goes on, and how long the slowest NOOP of somebody else took.
fn under_attack(town: &Town, asa: &Person, per: &Person, attack: Attack) -> (u64, Duration) {
    let (peak, done) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let (all_in, pid) = (Barrier::new(SESSIONS + 1), town.pid());
    thread::scope(|scope| {
        let sampler = scope.spawn({
            let (peak, done) = (peak.clone(), done.clone());
            move || {
                while !done.load(Ordering::Relaxed) {
                    peak.fetch_max(resident_kib(pid), Ordering::Relaxed);
                    thread::sleep(Duration::from_millis(20));
                }
            }
        });
        for number in 0..SESSIONS {
            let all_in = &all_in;
            scope.spawn(move || {
                let mut imap = enter(town, asa);
                imap.command("SELECT INBOX").expect("993 answers").ok();
                imap.set_wait(Duration::from_millis(200)).expect("a socket of ours");
                all_in.wait();
                // The service may hang up on it: that is a bound, too.
                let _ = attack(&mut imap, number);
            });
        }
        all_in.wait();
        let slowest = look_on(town, per);
        done.store(true, Ordering::Relaxed);
        sampler.join().expect("the sampler only reads a file");
        (peak.load(Ordering::Relaxed), slowest)
    })
}

/// Logs in, as soon as the sessions of the attack before are over.
fn enter(town: &Town, person: &Person) -> Imap {
    let begun = Instant::now();
    loop {
        let mut imap = Imap::tls(town.port(993), town.tls()).expect("993 answers");
        let answer = imap.login(&person.address, &person.password).expect("993 answers");
        if answer.status.starts_with("OK") {
            return imap;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{}", answer.status);
        thread::sleep(Duration::from_millis(200));
    }
}

/// Somebody else works meanwhile.
fn look_on(town: &Town, per: &Person) -> Duration {
    let (begun, mut slowest) = (Instant::now(), Duration::ZERO);
    let mut imap = town.imap(per);
    while begun.elapsed() < ATTACK {
        let asked = Instant::now();
        imap.command("NOOP").expect("993 answers others").ok();
        slowest = slowest.max(asked.elapsed());
        thread::sleep(Duration::from_millis(50));
    }
    slowest
}

fn resident_kib(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("the service runs");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("Linux tells it");
    line.split_ascii_whitespace().nth(1).and_then(|number| number.parse().ok()).expect("a number")
}

/// Writes as long as the attack lasts, or until the service takes no more.
fn push(imap: &mut Imap, octets: &[u8]) -> io::Result<()> {
    let begun = Instant::now();
    imap.set_write_wait(Duration::from_secs(1))?;
    while begun.elapsed() < ATTACK {
        imap.write(octets)?;
    }
    Ok(())
}

fn hold() -> io::Result<()> {
    thread::sleep(ATTACK);
    Ok(())
}

fn pipelined(imap: &mut Imap, _: usize) -> io::Result<()> {
    push(
        imap,
        "p UID FETCH 1:* (FLAGS ENVELOPE)\r\nq NOOP\r\nr STATUS INBOX (MESSAGES)\r\n".repeat(500).as_bytes(),
    )
}

fn half_commands(imap: &mut Imap, number: usize) -> io::Result<()> {
    if number.is_multiple_of(2) {
        // A line of 60 KiB and literals of 60 KiB, and then nothing.
        imap.write(format!("h SEARCH {}", "TEXT x ".repeat(8_000)).as_bytes())?;
    } else {
        imap.write(
            format!("h SEARCH TEXT {{60000+}}\r\n{} TEXT {{5000+}}\r\n", "x".repeat(60_000)).as_bytes(),
        )?;
    }
    hold()
}

fn half_letters(imap: &mut Imap, _: usize) -> io::Result<()> {
    imap.write(b"h APPEND INBOX {26000000+}\r\n")?;
    let octets = "Hej hej hej hej hej hej hej hej\r\n".repeat(10_000);
    for _ in 0..12 {
        imap.write(octets.as_bytes())?;
    }
    hold()
}

fn searches(imap: &mut Imap, number: usize) -> io::Result<()> {
    let keys: String = (0..240).map(|key| format!("NOT TEXT \"torsdag {key}\" ")).collect();
    let command = format!("UID SEARCH {keys}NOT HEADER X-Spam ja");
    imap.write(format!("s{number} {command}\r\n").repeat(10).as_bytes())?;
    hold()
}

fn patterns(imap: &mut Imap, _: usize) -> io::Result<()> {
    let patterns = format!("*{}b ", "a".repeat(390)).repeat(5);
    imap.set_wait(ATTACK)?;
    if let Ok(answer) = imap.command(&format!("LIST \"\" ({patterns}%)")) {
        answer.ok();
    }
    push(imap, format!("l LIST \"\" ({patterns}%)\r\n").as_bytes())
}

fn slow_reader(imap: &mut Imap, _: usize) -> io::Result<()> {
    imap.write("f FETCH 1:* (BODY.PEEK[] BODYSTRUCTURE)\r\n".repeat(200).as_bytes())?;
    hold()
}

/// A few KiB on the line that are 64 MiB of empty commands, of a letter, or of a line that does not end.
fn bombs(imap: &mut Imap, number: usize) -> io::Result<()> {
    const KINDS: [(&str, &str); 3] =
        [("", "\r\n"), ("b APPEND INBOX {26000000+}\r\n", "a"), ("b SEARCH TEXT ", "a")];
    static BOMBS: OnceLock<[Vec<u8>; 3]> = OnceLock::new();
    let bombs = BOMBS.get_or_init(|| KINDS.map(|(start, fill)| bomb(start, fill, 64 << 20)));
    imap.command("COMPRESS DEFLATE")?.ok();
    imap.write(&bombs[number % 3])?;
    hold()
}

/// Raw DEFLATE, not ended.
fn bomb(start: &str, fill: &str, octets: usize) -> Vec<u8> {
    use miniz_oxide::deflate::core::create_comp_flags_from_zip_params;
    use miniz_oxide::deflate::core::{CompressorOxide, TDEFLFlush, compress_to_output};
    let mut compressor = CompressorOxide::new(create_comp_flags_from_zip_params(6, -15, 0));
    let mut out = Vec::new();
    let chunk = fill.repeat((1 << 20) / fill.len());
    let chunks = octets >> 20;
    for (number, octets) in std::iter::once(start).chain(std::iter::repeat_n(&*chunk, chunks)).enumerate() {
        let flush = if number == chunks { TDEFLFlush::Sync } else { TDEFLFlush::None };
        compress_to_output(&mut compressor, octets.as_bytes(), flush, |some| {
            out.extend_from_slice(some);
            true
        });
    }
    out
}

/// A connection that is never logged in counts, too.
#[test]
fn strangers_hold_little() {
    let town = Town::start();
    let before = resident_kib(town.pid());
    let line = vec![b'a'; 1 << 20];
    let strangers: Vec<TcpStream> = (0..200)
        .map(|_| {
            let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, town.port(143))).expect("143 answers");
            stream.set_nonblocking(true).expect("a socket of ours");
            let _ = io::Write::write(&mut stream, &line);
            stream
        })
        .collect();
    thread::sleep(Duration::from_secs(1));
    let growth = resident_kib(town.pid()).saturating_sub(before);
    eprintln!("{} strangers: {growth} KiB more", strangers.len());
    assert!(growth < 200 * 192, "{growth} KiB");
}

/// A compressed client that waits is hardly more than one that is not: as many of each, after some commands.
#[test]
fn a_compressed_connection_that_waits_holds_little() {
    let town = Town::start();
    let asa = town.person("asa.oqvist", "Åsa", "Öqvist");
    let (mut sessions, mut resident) = (Vec::new(), vec![resident_kib(town.pid())]);
    for compressed in [false, true] {
        for _ in 0..SESSIONS / 2 {
            let mut imap = town.imap(&asa);
            if compressed {
                imap.command("COMPRESS DEFLATE").expect("993 answers").ok();
                imap.deflate();
            }
            imap.command("SELECT INBOX").expect("993 answers").ok();
            for _ in 0..20 {
                imap.command("UID FETCH 1:* (UID FLAGS ENVELOPE)").expect("993 answers").ok();
            }
            imap.send("IDLE").expect("993 answers");
            sessions.push(imap);
        }
        thread::sleep(Duration::from_millis(300));
        resident.push(resident_kib(town.pid()));
    }
    let (plain, packed) = (resident[1] - resident[0], resident[2].saturating_sub(resident[1]));
    eprintln!("{} sessions that wait: {plain} KiB more, as many compressed: {packed} KiB more", SESSIONS / 2);
    assert!(packed < (SESSIONS as u64 / 2) * 100, "{packed} KiB for {} compressed sessions", SESSIONS / 2);
}
