//! The lines of a scenario as steps.
//!
//! ```text
//! # file.txt: what this shows.                  a comment
//! settings: refuse_twins = true => false        a line of the settings, before the start
//! people: asa per                               accounts; ${asa} is the address, ${asa.password} the password
//! staff: asa per                                the same as teachers; people are pupils
//! open A imap asa                               port 993, logged in; without a person: after the greeting
//! open M submission asa                         port 465, logged in; without a person: after the greeting
//! open S smtp                                   port 25, after the greeting
//! open A1..A9 imap asa                          nine of them
//! mail asa: Läxa                                a letter with this subject comes through port 25 and is filed
//! A C: a1 SELECT INBOX                          A's client says; lines in a row go out in one packet
//! A C| a1 SEL                                   the same without a line end
//! A C: a2 APPEND INBOX {2 lines+}               a literal of the next two lines of A's client; `{2 lines}` waits for +
//! A S: * ${n} EXISTS                            A's next line is this; see `pattern`
//! A S...                                        any lines, up to the next one that is expected
//! A S! FETCH                                    nothing that A heard since it last spoke has this in it
//! A quiet                                       nothing comes for a while
//! A closed                                      the service has hung up
//! A deflate                                     A goes on compressed, with partial flushes, octet by octet
//! wait 200 ms
//! console: quota show --all                     a command at the service's own console, which must succeed
//! service: crash                                or stop, start
//! ```

use std::time::Duration;

/// Who opens what.
#[derive(Debug, PartialEq)]
pub(super) enum Port {
    Imap,
    Smtp,
    Submission,
}

#[derive(Debug, PartialEq)]
pub(super) enum Service {
    Crash,
    Stop,
    Start,
}

#[derive(Debug)]
pub(super) enum Act {
    /// A role, and who has it.
    People(&'static str, Vec<String>),
    Open {
        names: Vec<String>,
        port: Port,
        person: Option<String>,
    },
    Mail {
        person: String,
        subject: String,
    },
    /// The text of one packet, line ends in it.
    Say(String, String),
    Hear(String, String),
    Skip(String),
    NotHeard(String, String),
    Quiet(String),
    Closed(String),
    Deflate(String),
    Wait(Duration),
    Console(String),
    Service(Service),
}

/// A step and the number of its line.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) line: usize,
    pub(super) act: Act,
}

/// A whole scenario.
#[derive(Debug, Default)]
pub(super) struct Script {
    /// What to replace in the settings, with what.
    pub(super) settings: Vec<(String, String)>,
    pub(super) steps: Vec<Step>,
}

impl Script {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let lines: Vec<&str> = text.lines().collect();
        let mut script = Self::default();
        for (at, line) in lines.iter().enumerate() {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if let Some(setting) = line.strip_prefix("settings: ") {
                let (from, to) = setting.split_once(" => ").ok_or("settings: FROM => TO")?;
                script.settings.push((from.to_owned(), to.to_owned()));
                continue;
            }
            let act = act(line, &lines[at + 1..])
                .ok_or_else(|| format!("line {}: not understood: {line}", at + 1))?;
            script.push(Step { line: at + 1, act });
        }
        Ok(script)
    }

    /// What a client says in a row goes out together.
    fn push(&mut self, step: Step) {
        if let Act::Say(name, more) = &step.act
            && let Some(Step { act: Act::Say(before, packet), .. }) = self.steps.last_mut()
            && before == name
        {
            packet.push_str(more);
            return;
        }
        self.steps.push(step);
    }
}

fn act(line: &str, below: &[&str]) -> Option<Act> {
    for (word, role) in [("people: ", "pupil"), ("staff: ", "teacher")] {
        if let Some(names) = line.strip_prefix(word) {
            return Some(Act::People(role, names.split(' ').map(str::to_owned).collect()));
        }
    }
    if let Some(command) = line.strip_prefix("console: ") {
        return Some(Act::Console(command.to_owned()));
    }
    if let Some(letter) = line.strip_prefix("mail ") {
        let (person, subject) = letter.split_once(": ")?;
        return Some(Act::Mail { person: person.to_owned(), subject: subject.to_owned() });
    }
    let words: Vec<&str> = line.split(' ').collect();
    match words[..] {
        ["open", names, port] => open(names, port, None),
        ["open", names, port, person] => open(names, port, Some(person)),
        ["wait", number, "ms"] => Some(Act::Wait(Duration::from_millis(number.parse().ok()?))),
        ["service:", "crash"] => Some(Act::Service(Service::Crash)),
        ["service:", "stop"] => Some(Act::Service(Service::Stop)),
        ["service:", "start"] => Some(Act::Service(Service::Start)),
        _ => of_connection(line, below),
    }
}

fn of_connection(line: &str, below: &[&str]) -> Option<Act> {
    let (name, rest) = line.split_once(' ')?;
    let name = name.to_owned();
    match rest {
        "quiet" => return Some(Act::Quiet(name)),
        "closed" => return Some(Act::Closed(name)),
        "deflate" => return Some(Act::Deflate(name)),
        "S..." => return Some(Act::Skip(name)),
        _ => {}
    }
    let text = rest.get(2..)?.strip_prefix(' ').unwrap_or(&rest[2..]);
    match &rest[..2] {
        "C:" => Some(Act::Say(name.clone(), counted(&name, text, below)? + "\\r\\n")),
        "C|" => Some(Act::Say(name, text.to_owned())),
        "S:" => Some(Act::Hear(name, text.to_owned())),
        "S!" => Some(Act::NotHeard(name, text.to_owned())),
        _ => None,
    }
}

/// `{2 lines}` becomes the number of octets in the next two lines of the same client.
fn counted(name: &str, text: &str, below: &[&str]) -> Option<String> {
    let Some((before, rest)) = text.split_once(" lines") else { return Some(text.to_owned()) };
    let Some((before, number)) = before.rsplit_once('{') else { return Some(text.to_owned()) };
    let (count, prefix) = (number.parse().ok()?, format!("{name} C: "));
    let lines = below.iter().filter_map(|line| line.strip_prefix(&prefix)).take(count);
    let octets: usize = lines.map(|line| line.len() + 2).sum();
    Some(format!("{before}{{{octets}{rest}"))
}

fn open(names: &str, port: &str, person: Option<&str>) -> Option<Act> {
    let port = match port {
        "imap" => Port::Imap,
        "smtp" => Port::Smtp,
        "submission" => Port::Submission,
        _ => return None,
    };
    let names = match names.split_once("..") {
        None => vec![names.to_owned()],
        Some((first, last)) => {
            let stem = first.trim_end_matches(|c: char| c.is_ascii_digit());
            let (first, last): (u32, u32) =
                (first[stem.len()..].parse().ok()?, last.strip_prefix(stem)?.parse().ok()?);
            (first..=last).map(|number| format!("{stem}{number}")).collect()
        }
    };
    Some(Act::Open { names, port, person: person.map(str::to_owned) })
}

#[test]
fn lines_in_a_row_are_one_packet_and_literals_are_counted() {
    let script =
        Script::parse("A C: a {2 lines+}\nA C: å\nA C: b\nA S...\nA S: x\nopen B1..B3 smtp\n").unwrap();
    assert_eq!(script.steps.len(), 4);
    assert!(matches!(&script.steps[0].act, Act::Say(_, text) if text == "a {7+}\\r\\nå\\r\\nb\\r\\n"));
    assert!(matches!(&script.steps[3].act, Act::Open { names, .. } if names == &["B1", "B2", "B3"]));
    assert!(Script::parse("A X: what").is_err());
}
