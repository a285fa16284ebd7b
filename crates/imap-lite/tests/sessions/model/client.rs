//! A client: its connection, and what it believes from what it was told.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::Duration;

use super::line::{Fetched, Line};
use super::truth::{Flags, Patch, Truth};
use super::{MAILBOXES, Plan};

/// Whatever takes longer has failed.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Knows {
    Nothing,
    Condstore,
    QResync,
}

/// A message as a client knows it; nothing of one that was only announced.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Belief {
    /// Which one it is: the model knows, the client may not. Zero until the answer that announces it is over.
    pub(super) really: u32,
    pub(super) uid: Option<u32>,
    pub(super) flags: Option<Flags>,
    pub(super) mod_seq: Option<u64>,
}

pub(super) struct Client {
    pub(super) knows: Knows,
    stream: BufReader<TcpStream>,
    tag: u32,
    /// Which of the two mailboxes.
    pub(super) mailbox: usize,
    pub(super) view: Vec<Belief>,
    /// The last message that it can have been told of.
    told: u32,
    pub(super) uid_validity: String,
    /// HIGHESTMODSEQ as RFC 7162 §6 lets a client compute it.
    pub(super) highest: u64,
}

/// What one command brought beside what the client took in.
#[derive(Debug, Default)]
pub(super) struct Answer {
    pub(super) tagged: String,
    pub(super) found: Vec<u32>,
    /// COPYUID, whether tagged or not.
    pub(super) codes: Vec<String>,
    pub(super) earlier: BTreeSet<u32>,
    pub(super) fetched: Vec<Fetched>,
    /// What went; zero for what came and went in one answer.
    expunged: Vec<u32>,
}

/// May the answer take messages away?
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Expunges {
    Come,
    Wait,
}

impl Client {
    pub(super) fn new(plan: &Plan, knows: Knows) -> Self {
        let stream = connect(plan);
        let (view, uid_validity) = (Vec::new(), String::new());
        let mut client = Self { knows, stream, tag: 0, mailbox: 0, view, told: 0, uid_validity, highest: 0 };
        client.greet(plan);
        client.select(0, "");
        client
    }

    /// The line breaks and another is opened; what the client believes stays with it.
    pub(super) fn break_off(&mut self, plan: &Plan) {
        self.stream = connect(plan);
        self.greet(plan);
    }

    fn greet(&mut self, plan: &Plan) {
        assert!(self.line().starts_with("* OK"));
        self.ok(&format!("LOGIN \"{}\" \"{}\"", plan.user, plan.password));
        match self.knows {
            Knows::Nothing => {}
            Knows::Condstore => self.ok("ENABLE CONDSTORE"),
            Knows::QResync => self.ok("ENABLE QRESYNC"),
        }
    }

    fn ok(&mut self, command: &str) {
        let answer = self.exchange(command, Expunges::Come, false);
        assert!(answer.tagged.starts_with("OK"), "{command}: {answer:?}");
    }

    /// Opens a mailbox as if for the first time. Only places are known then.
    pub(super) fn select(&mut self, mailbox: usize, parameters: &str) -> Answer {
        self.mailbox = mailbox;
        self.told = 0;
        self.view.clear();
        let command = format!("SELECT {}{parameters}", MAILBOXES[mailbox]);
        let answer = self.exchange(&command, Expunges::Come, false);
        assert!(answer.tagged.starts_with("OK"), "{answer:?}");
        for code in &answer.codes {
            if let Some(value) = code.strip_prefix("UIDVALIDITY ") {
                value.clone_into(&mut self.uid_validity);
            }
        }
        answer
    }

    /// Says a command and takes in what comes.
    pub(super) fn say(&mut self, command: &str, expunges: Expunges) -> Answer {
        self.exchange(command, expunges, true)
    }

    fn exchange(&mut self, command: &str, expunges: Expunges, counts: bool) -> Answer {
        self.tag += 1;
        let tag = format!("{} ", self.tag);
        write!(self.stream.get_mut(), "{tag}{command}\r\n").expect("the connection stands");
        let (mut answer, mut seen, mut told) = (Answer::default(), self.highest, None);
        loop {
            let line = self.line();
            if let Some(tagged) = line.strip_prefix(&tag) {
                let code = tagged.split_once('[').and_then(|(_, code)| code.split_once(']'));
                answer.codes.extend(code.map(|(code, _)| code.to_owned()));
                answer.tagged = tagged.to_owned();
                break;
            }
            if line.starts_with("+ ") {
                self.stream.get_mut().write_all(b"DONE\r\n").expect("the connection stands");
                continue;
            }
            let context = || format!("{command:?} brought {line:?} to {:?}", self.knows);
            match Line::parse(&line) {
                Line::Exists(count) => {
                    assert!(!counts || count > self.view.len(), "{}", context());
                    self.view.resize(count, Belief::default());
                }
                Line::Expunge(place) => {
                    assert!(expunges == Expunges::Come && self.knows != Knows::QResync, "{}", context());
                    answer.expunged.push(self.view.remove(place - 1).really);
                }
                Line::Vanished { earlier: true, uids } => answer.earlier.extend(uids),
                Line::Vanished { earlier: false, uids } => {
                    assert!(expunges == Expunges::Come && self.knows == Knows::QResync, "{}", context());
                    uids.iter().for_each(|uid| self.vanish(*uid));
                    answer.expunged.extend(uids);
                }
                Line::Fetch(fetched) => {
                    seen = seen.max(fetched.mod_seq.unwrap_or_default());
                    let unasked = self.knows > Knows::Nothing && fetched.flags.is_some();
                    assert!(!unasked || fetched.uid.is_some() && fetched.mod_seq.is_some(), "{}", context());
                    assert!(self.knows > Knows::Nothing || fetched.mod_seq.is_none(), "{}", context());
                    assert!(fetched.place <= self.view.len(), "{}", context());
                    self.believe(&fetched);
                    answer.fetched.push(fetched);
                }
                Line::Search(found) => answer.found = found,
                Line::Code(code) => answer.codes.push(code),
                Line::Other => {}
            }
        }
        for code in &answer.codes {
            if let Some(value) = code.strip_prefix("HIGHESTMODSEQ ") {
                told = Some(value.parse().expect("a MODSEQ"));
            }
        }
        self.highest = told.unwrap_or(seen);
        answer
    }

    fn believe(&mut self, fetched: &Fetched) {
        let belief = &mut self.view[fetched.place - 1];
        if let Some(uid) = fetched.uid {
            assert!(belief.really == 0 || belief.really == uid, "{fetched:?} is another message: {belief:?}");
            belief.uid = Some(uid);
        }
        if let Some(flags) = &fetched.flags {
            belief.flags = Some(flags.clone());
        }
        belief.mod_seq = fetched.mod_seq.or(belief.mod_seq);
    }

    /// What a client thinks of flags that it changes.
    pub(super) fn work_out(&mut self, patch: &Patch, of: impl Fn(&Belief) -> bool) {
        for belief in self.view.iter_mut().filter(|belief| of(belief)) {
            belief.flags = belief.flags.as_ref().map(|flags| patch.of(flags));
        }
    }

    fn vanish(&mut self, uid: u32) {
        let of = |really| self.view.iter().position(|belief| belief.really == really);
        let place = of(uid).or_else(|| of(0)).unwrap_or_else(|| panic!("{uid} vanished and was never there"));
        self.view.remove(place);
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stream.read_line(&mut line).expect("an answer in time");
        assert!(line.ends_with("\r\n"), "the connection ended with {line:?}");
        line.truncate(line.len() - 2);
        line
    }

    /// What the client knows of messages by UID.
    pub(super) fn known(&self) -> BTreeMap<u32, Belief> {
        self.view.iter().filter_map(|belief| Some((belief.uid?, belief.clone()))).collect()
    }

    /// After an answer: does it count and believe what is true?
    pub(super) fn check(&mut self, truth: &Truth, answer: &Answer, expunges: Expunges) {
        for uid in &answer.expunged {
            assert!(!truth.messages.contains_key(uid), "{:?} lost {uid}, which is there", self.knows);
        }
        let mut new = truth.messages.range(self.told + 1..).map(|(uid, _)| *uid);
        for belief in self.view.iter_mut().filter(|belief| belief.really == 0) {
            belief.really = new.next().expect("as many new ones as were announced");
            assert!(belief.uid.is_none_or(|uid| uid == belief.really), "{belief:?}");
        }
        assert_eq!(new.next(), None, "{:?} has not been told of a message", self.knows);
        self.told = truth.last_uid;
        let counted = self.view.iter().map(|belief| belief.really);
        let there: Vec<u32> = counted.filter(|uid| truth.messages.contains_key(uid)).collect();
        assert_eq!(there, truth.uids(), "{:?} counts other messages", self.knows);
        let counts_right = there.len() == self.view.len();
        assert!(counts_right || expunges == Expunges::Wait, "{:?} has not been told what went", self.knows);
        for belief in &self.view {
            let Some(message) = truth.messages.get(&belief.really) else { continue };
            let flags = belief.flags.as_ref().is_none_or(|flags| *flags == message.flags);
            let mod_seq = belief.mod_seq.is_none_or(|known| known == message.mod_seq);
            assert!(flags && mod_seq, "{:?} believes {belief:?} of {message:?}", self.knows);
        }
        if expunges == Expunges::Come && self.knows > Knows::Nothing && !self.view.is_empty() {
            assert!(self.highest <= truth.highest, "{:?} knows of what has not happened", self.knows);
        }
    }

    /// Takes over what it knew before, where it is still true that there is such a message.
    pub(super) fn remember(&mut self, truth: &Truth, known: &BTreeMap<u32, Belief>) {
        for (belief, uid) in self.view.iter_mut().zip(truth.uids()) {
            if let Some(known) = known.get(&uid) {
                belief.clone_from(known);
            }
            belief.really = uid;
        }
        self.told = truth.last_uid;
    }
}

fn connect(plan: &Plan) -> BufReader<TcpStream> {
    let stream = TcpStream::connect(plan.address).expect("the service listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a time limit");
    stream.set_nodelay(true).expect("no delay");
    BufReader::new(stream)
}
