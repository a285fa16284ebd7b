//! What clients do, and what must come of it.

use std::collections::{BTreeMap, BTreeSet};

use super::client::{Answer, Belief, Expunges, Knows};
use super::line::{numbers, sequence, set};
use super::truth::{Flags, Message, Patch, Truth, list};
use super::{MAILBOXES, Random, World};

const FLAGS: [&str; 6] = ["\\Answered", "\\Deleted", "\\Flagged", "\\Seen", "a", "b"];
/// Beyond so many messages of a mailbox, more go than come.
const CROWD: usize = 40;

/// What a client keeps of a mailbox that it leaves.
pub(super) struct Memory {
    uid_validity: String,
    known: BTreeMap<u32, Belief>,
    /// It knew the UIDs of all, so it can say at which places they stood.
    places: bool,
    highest: u64,
}

impl World {
    pub(super) fn step(&mut self) {
        let by = self.random.below(self.clients.len());
        if self.clients[by].view.iter().any(|belief| belief.uid.is_none()) && self.random.one_in(2) {
            self.fetch_new(by);
        }
        let crowded = self.truth[self.clients[by].mailbox].messages.len() > CROWD;
        match self.random.below(20) {
            0..=2 if crowded => self.expunge(by),
            0..=2 => self.append(by),
            3..=7 => self.store(by),
            8 | 9 => self.expunge(by),
            10 | 11 => self.transfer(by),
            12 | 13 => self.fetch(by),
            14 | 15 => self.search(by),
            16 => self.simple(by, "NOOP"),
            17 => self.simple(by, "IDLE"),
            _ => self.leave(by),
        }
    }

    /// Says it, lets the truth change, and looks at what the client believes then.
    fn say(
        &mut self,
        by: usize,
        command: &str,
        expunges: Expunges,
        change: impl FnOnce(&mut Self, &Answer),
    ) -> Answer {
        let answer = self.clients[by].say(command, expunges);
        change(self, &answer);
        let client = &mut self.clients[by];
        client.check(&self.truth[client.mailbox], &answer, expunges);
        answer
    }

    fn simple(&mut self, by: usize, command: &str) {
        let answer = self.say(by, command, Expunges::Come, |_, _| {});
        assert!(answer.tagged.starts_with("OK"), "{answer:?}");
    }

    fn here(&mut self, by: usize) -> &mut Truth {
        &mut self.truth[self.clients[by].mailbox]
    }

    fn some_flags(&mut self) -> Flags {
        let count = self.random.below(3);
        (0..count).map(|_| (*self.random.pick(&FLAGS)).to_owned()).collect()
    }

    /// Some messages that a client counts: how the command names them, and which they are.
    fn pick(&mut self, by: usize, by_uid: bool) -> (String, Vec<u32>) {
        let view = &self.clients[by].view;
        let (low, count) = (self.random.below(view.len()), 1 + self.random.below(6));
        let places: Vec<usize> = match self.random.one_in(2) {
            true => (low..(low + count).min(view.len())).collect(),
            false => (0..count)
                .map(|_| self.random.below(view.len()))
                .collect::<BTreeSet<_>>()
                .into_iter()
                .collect(),
        };
        let mut uids: Vec<u32> = places.iter().map(|place| view[*place].really).collect();
        uids.sort_unstable();
        let numbers: Vec<u32> = match by_uid {
            true => uids.clone(),
            false => places.iter().map(|place| u32::try_from(place + 1).expect("few messages")).collect(),
        };
        (set(&numbers), uids)
    }

    fn append(&mut self, by: usize) {
        let (to, flags) = (self.random.below(2), self.some_flags());
        self.letters += 1;
        let subject = self.letters;
        let letter = format!("Subject: {subject}\r\n\r\nBrev {subject}.\r\n");
        let command =
            format!("APPEND {} ({}) {{{}+}}\r\n{letter}", MAILBOXES[to], list(&flags), letter.len());
        self.say(by, &command, Expunges::Come, |world, answer| {
            let truth = &mut world.truth[to];
            let mod_seq = truth.commit();
            let uid = truth.put(subject, flags, mod_seq);
            assert!(answer.tagged.contains(&format!(" {uid}] ")), "{answer:?} for {uid}");
        });
    }

    fn store(&mut self, by: usize) {
        if self.clients[by].view.is_empty() {
            return;
        }
        let (by_uid, silent) = (self.random.one_in(2), self.random.one_in(2));
        let (set, uids) = self.pick(by, by_uid);
        let flags = self.some_flags();
        let patch = match self.random.below(3) {
            0 => Patch::Add(flags),
            1 => Patch::Remove(flags),
            _ => Patch::Replace(flags),
        };
        let since = self.unchanged_since(by);
        let condition = since.map(|since| format!(" (UNCHANGEDSINCE {since})")).unwrap_or_default();
        let verb = if by_uid { "UID STORE" } else { "STORE" };
        let command = format!("{verb} {set}{condition} {}", patch.words(silent));
        let expunges = if by_uid { Expunges::Come } else { Expunges::Wait };
        // RFC 3501 §6.4.6: what .SILENT does not tell, the client works out: as it speaks, or when it has the answer.
        let at_once = self.random.one_in(2);
        if silent && at_once {
            self.clients[by].work_out(&patch, |belief| uids.contains(&belief.really));
        }
        self.say(by, &command, expunges, |world, answer| {
            let (modified, missing) = world.stored(by, &uids, &patch, since);
            let client = &mut world.clients[by];
            let number = |(place, belief): (usize, &Belief)| {
                let place = u32::try_from(place + 1).expect("few messages");
                modified.contains(&belief.really).then_some(if by_uid { belief.really } else { place })
            };
            let expected: BTreeSet<u32> = client.view.iter().enumerate().filter_map(number).collect();
            let code = answer.codes.iter().find_map(|code| code.strip_prefix("MODIFIED "));
            assert_eq!(code.map(numbers).unwrap_or_default(), expected, "{command}: {answer:?}");
            let fails = missing && !by_uid;
            assert!(answer.tagged.starts_with(if fails { "NO" } else { "OK" }), "{command}: {answer:?}");
            if silent && !at_once {
                let done =
                    |belief: &Belief| uids.contains(&belief.really) && !modified.contains(&belief.really);
                client.work_out(&patch, done);
            }
        });
    }

    /// Somewhere around what the client knows.
    fn unchanged_since(&mut self, by: usize) -> Option<u64> {
        let (knows, highest) = (self.clients[by].knows, self.clients[by].highest);
        let wanted = knows > Knows::Nothing && self.random.one_in(2);
        wanted.then(|| highest.saturating_sub(self.random.below(8) as u64))
    }

    /// STORE comes true; returns what had changed before, and whether some are gone.
    fn stored(
        &mut self,
        by: usize,
        uids: &[u32],
        patch: &Patch,
        since: Option<u64>,
    ) -> (BTreeSet<u32>, bool) {
        let truth = self.here(by);
        let next = truth.highest + 1;
        let (mut modified, mut changes) = (BTreeSet::new(), false);
        for uid in uids {
            let Some(message) = truth.messages.get_mut(uid) else { continue };
            if since.is_some_and(|since| message.mod_seq > since) {
                modified.insert(*uid);
                continue;
            }
            let flags = patch.of(&message.flags);
            if flags != message.flags {
                (message.flags, message.mod_seq, changes) = (flags, next, true);
            }
        }
        truth.highest += u64::from(changes);
        (modified, uids.iter().any(|uid| !truth.messages.contains_key(uid)))
    }

    fn expunge(&mut self, by: usize) {
        let some = self.random.one_in(2) && !self.clients[by].view.is_empty();
        let (command, only) = if some {
            let (set, uids) = self.pick(by, true);
            (format!("UID EXPUNGE {set}"), Some(uids))
        } else {
            ("EXPUNGE".to_owned(), None)
        };
        let answer = self.say(by, &command, Expunges::Come, |world, _| {
            let truth = world.here(by);
            let wanted = |uid: &u32, message: &Message| {
                message.flags.contains("\\Deleted") && only.as_ref().is_none_or(|only| only.contains(uid))
            };
            let gone: Vec<u32> = truth
                .messages
                .iter()
                .filter(|(uid, message)| wanted(uid, message))
                .map(|(uid, _)| *uid)
                .collect();
            truth.expunge(&gone);
        });
        if self.clients[by].knows > Knows::Nothing {
            let code = format!("[HIGHESTMODSEQ {}]", self.here(by).highest);
            assert!(answer.tagged.contains(&code), "{answer:?} without {code}");
        }
    }

    fn transfer(&mut self, by: usize) {
        if self.clients[by].view.is_empty() {
            return;
        }
        let (by_uid, moves) = (self.random.one_in(2), self.random.one_in(2));
        let (set, uids) = self.pick(by, by_uid);
        let from = self.clients[by].mailbox;
        let to = if self.random.one_in(4) { from } else { 1 - from };
        let verb = format!("{}{}", if by_uid { "UID " } else { "" }, if moves { "MOVE" } else { "COPY" });
        self.say(by, &format!("{verb} {set} {}", MAILBOXES[to]), Expunges::Come, |world, answer| {
            let there: Vec<u32> =
                uids.iter().copied().filter(|uid| world.truth[from].messages.contains_key(uid)).collect();
            // RFC 2180 §4.4.1: by sequence numbers all or none.
            if there.len() < uids.len() && !by_uid {
                assert!(answer.tagged.starts_with("NO [EXPUNGEISSUED]"), "{answer:?}");
                return;
            }
            assert!(answer.tagged.starts_with("OK"), "{answer:?}");
            if there.is_empty() {
                return;
            }
            let copies: Vec<Message> =
                there.iter().map(|uid| world.truth[from].messages[uid].clone()).collect();
            let mod_seq = world.truth[to].commit();
            let put = |copy: Message| world.truth[to].put(copy.subject, copy.flags, mod_seq);
            let new: Vec<u32> = copies.into_iter().map(put).collect();
            if moves && from == to {
                // One commit, one number for what comes and what goes.
                world.truth[to].highest -= 1;
            }
            if moves {
                world.truth[from].expunge(&there);
            }
            let code = answer.codes.iter().find_map(|code| code.strip_prefix("COPYUID ")).expect("COPYUID");
            let words: Vec<&str> = code.split(' ').collect();
            assert_eq!((sequence(words[1]), sequence(words[2])), (there, new), "{answer:?}");
        });
    }

    /// UIDs and flags of what EXISTS announced.
    fn fetch_new(&mut self, by: usize) {
        let client = &self.clients[by];
        let unknown = client.view.iter().enumerate().filter(|(_, belief)| belief.uid.is_none());
        let places: Vec<u32> =
            unknown.map(|(place, _)| u32::try_from(place + 1).expect("few messages")).collect();
        let items = if client.knows > Knows::Nothing { "(UID FLAGS MODSEQ)" } else { "(UID FLAGS)" };
        self.say(by, &format!("FETCH {} {items}", set(&places)), Expunges::Wait, |_, _| {});
    }

    fn fetch(&mut self, by: usize) {
        let client = &self.clients[by];
        if client.view.is_empty() {
            return;
        }
        if client.knows == Knows::Nothing || self.random.one_in(3) {
            let (set, uids) = self.pick(by, false);
            let items =
                if self.clients[by].knows > Knows::Nothing { "(UID FLAGS MODSEQ)" } else { "(UID FLAGS)" };
            let answer = self.say(by, &format!("FETCH {set} {items}"), Expunges::Wait, |_, _| {});
            let missing = uids.iter().any(|uid| !self.here(by).messages.contains_key(uid));
            let status = if missing { "NO [EXPUNGEISSUED]" } else { "OK" };
            assert!(answer.tagged.starts_with(status), "{answer:?}");
            return;
        }
        self.simple(by, "NOOP");
        self.fetch_changed(by);
    }

    /// CHANGEDSINCE, and VANISHED where it is known.
    fn fetch_changed(&mut self, by: usize) {
        let (knows, highest) = (self.clients[by].knows, self.here(by).highest);
        let since = highest.saturating_sub(self.random.below(12) as u64).max(1);
        let last = self.here(by).last_uid.max(1);
        let low = u32::try_from(1 + self.random.below(last as usize)).expect("few messages");
        let vanished = knows == Knows::QResync && self.random.one_in(2);
        let word = if vanished { " VANISHED" } else { "" };
        let command = format!("UID FETCH {low}:* (FLAGS) (CHANGEDSINCE {since}{word})");
        let answer = self.say(by, &command, Expunges::Come, |_, _| {});
        let truth = self.here(by);
        // RFC 3501 §6.4.8: `*` is the last message that is there, whatever stands before it.
        let first = low.min(truth.messages.keys().next_back().copied().unwrap_or(0));
        let wanted = truth.messages.range(first..).filter(|(_, message)| message.mod_seq > since);
        let wanted: BTreeSet<u32> = wanted.map(|(uid, _)| *uid).collect();
        let told: BTreeSet<u32> = answer.fetched.iter().filter_map(|fetched| fetched.uid).collect();
        assert_eq!(told, wanted, "{command}: {answer:?}");
        if vanished {
            let gone = truth.gone.range(low..).filter(|(_, mod_seq)| **mod_seq > since);
            let gone: BTreeSet<u32> = gone.map(|(uid, _)| *uid).collect();
            assert!(answer.earlier.is_superset(&gone), "{command}: {answer:?} without all of {gone:?}");
            assert!(
                answer.earlier.iter().all(|uid| *uid >= low && !truth.messages.contains_key(uid)),
                "{command}: {answer:?}"
            );
        } else {
            assert!(answer.earlier.is_empty());
        }
    }

    fn search(&mut self, by: usize) {
        let by_uid = self.random.one_in(2);
        let (key, matches) = key(&mut self.random);
        let (verb, expunges) =
            if by_uid { ("UID SEARCH", Expunges::Come) } else { ("SEARCH", Expunges::Wait) };
        // Before the answer is looked at, the client may have been told what went.
        let before: Vec<u32> = self.clients[by].view.iter().map(|belief| belief.really).collect();
        let answer = self.say(by, &format!("{verb} {key}"), expunges, |_, _| {});
        let truth = &self.truth[self.clients[by].mailbox];
        let found = |uid: &u32| truth.messages.get(uid).is_some_and(&matches);
        let expected: Vec<u32> = if by_uid {
            truth.uids().into_iter().filter(found).collect()
        } else {
            let client = &self.clients[by];
            assert!(client.view.len() >= before.len());
            let places = client.view.iter().zip(1..).filter(|(belief, _)| found(&belief.really));
            places.map(|(_, place)| place).collect()
        };
        let mut told = answer.found;
        told.sort_unstable();
        assert_eq!(told, expected, "{verb} {key}");
    }

    /// Goes to a mailbox, perhaps by another connection since the line broke, and catches up.
    fn leave(&mut self, by: usize) {
        let client = &mut self.clients[by];
        let uid_validity = client.uid_validity.clone();
        let (known, places) = (client.known(), client.view.iter().all(|belief| belief.uid.is_some()));
        let memory = Memory { uid_validity, known, places, highest: client.highest };
        self.memories[by][client.mailbox] = Some(memory);
        if self.random.one_in(3) {
            client.break_off(&self.plan);
        }
        let mailbox = self.random.below(2);
        let memory = self.memories[by][mailbox].take();
        let Some(mut memory) = memory.filter(|_| client.knows > Knows::Nothing) else {
            let answer = client.select(mailbox, "");
            client.check(&self.truth[mailbox], &answer, Expunges::Come);
            return;
        };
        let truth = &self.truth[mailbox];
        if client.knows == Knows::Condstore {
            let answer = client.select(mailbox, " (CONDSTORE)");
            client.check(truth, &answer, Expunges::Come);
            if !client.view.is_empty() {
                let command = format!("FETCH 1:* (UID FLAGS) (CHANGEDSINCE {})", memory.highest);
                let answer = client.say(&command, Expunges::Wait);
                memory.take_in(&answer);
            }
            memory.known.retain(|uid, _| truth.messages.contains_key(uid));
        } else {
            let known: Vec<u32> = memory.known.keys().copied().collect();
            let parameters = qresync(&memory, &known, &mut self.random);
            let answer = client.select(mailbox, &parameters);
            client.check(truth, &answer, Expunges::Come);
            memory.known.retain(|uid, _| !answer.earlier.contains(uid));
            memory.take_in(&answer);
            let lost: Vec<_> = memory.known.keys().filter(|uid| !truth.messages.contains_key(uid)).collect();
            let gone: Vec<_> = lost.iter().map(|uid| (uid, truth.gone.get(uid))).collect();
            assert!(lost.is_empty(), "{gone:?} {parameters}: {answer:?}");
            assert!(
                known
                    .iter()
                    .all(|uid| { !truth.messages.contains_key(uid) || memory.known.contains_key(uid) }),
                "{parameters}: {answer:?}"
            );
        }
        client.remember(truth, &memory.known);
        client.check(truth, &Answer::default(), Expunges::Come);
    }
}

impl Memory {
    fn take_in(&mut self, answer: &Answer) {
        for fetched in &answer.fetched {
            let uid = fetched.uid.expect("UIDs come along");
            let really = uid;
            let (uid, flags, mod_seq) = (Some(uid), fetched.flags.clone(), fetched.mod_seq);
            self.known.insert(really, Belief { really, uid, flags, mod_seq });
        }
    }
}

/// The parameter of SELECT, sometimes with the UIDs that are known, sometimes with places of some.
fn qresync(memory: &Memory, known: &[u32], random: &mut Random) -> String {
    let mut words = format!("{} {}", memory.uid_validity, memory.highest);
    if !known.is_empty() && random.one_in(2) {
        words.push_str(&format!(" {}", set(known)));
        if memory.places && random.one_in(2) {
            // Counted over messages of which it lacks some, a wrong place may come true by what went meanwhile.
            let sample: Vec<usize> = (0..known.len()).filter(|_| random.one_in(3)).collect();
            if !sample.is_empty() {
                let places: Vec<u32> = sample.iter().map(|at| u32::try_from(at + 1).expect("few")).collect();
                let uids: Vec<u32> = sample.iter().map(|at| known[*at]).collect();
                words.push_str(&format!(" ({} {})", set(&places), set(&uids)));
            }
        }
    }
    format!(" (QRESYNC ({words}))")
}

type Matches = Box<dyn Fn(&Message) -> bool>;

fn key(random: &mut Random) -> (String, Matches) {
    let flag = |word: &'static str, flag: &'static str| -> (String, Matches) {
        (word.to_owned(), Box::new(move |message| message.flags.contains(flag)))
    };
    match random.below(10) {
        0 => flag("SEEN", "\\Seen"),
        1 => flag("FLAGGED", "\\Flagged"),
        2 => flag("DELETED", "\\Deleted"),
        3 => flag("KEYWORD a", "a"),
        4 => flag("KEYWORD b", "b"),
        5 => {
            let digit = random.below(10).to_string();
            let text = digit.clone();
            (format!("SUBJECT {digit}"), Box::new(move |message| message.subject.to_string().contains(&text)))
        }
        6 => ("ALL".to_owned(), Box::new(|_| true)),
        7 => {
            let (key, matches) = key(random);
            (format!("NOT {key}"), Box::new(move |message| !matches(message)))
        }
        8 => {
            let ((one, a), (other, b)) = (key(random), key(random));
            (format!("OR {one} {other}"), Box::new(move |message| a(message) || b(message)))
        }
        _ => {
            let ((one, a), (other, b)) = (key(random), key(random));
            (format!("({one} {other})"), Box::new(move |message| a(message) && b(message)))
        }
    }
}
