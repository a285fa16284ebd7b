//! What was acknowledged, and whether it holds.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustls::ClientConfig;

use super::load::Sent;
use super::noise::{self, Noise};
use crate::harness::{Imap, Person, Town};

/// Subject (which is the letter's name) and flags of every message of a mailbox, by UID.
type Content = BTreeMap<u32, Message>;

#[derive(Clone, Debug, PartialEq)]
struct Message {
    name: String,
    flagged: bool,
    intact: bool,
}

fn read(imap: &mut Imap, mailbox: &str) -> Content {
    imap.command(&format!("SELECT {mailbox}")).expect("993 answers").ok();
    let mut content = Content::new();
    for uid in imap.uids("ALL").expect("993 answers") {
        let fetched =
            imap.command(&format!("UID FETCH {uid} (FLAGS BODY.PEEK[])")).expect("993 answers").ok();
        let row =
            fetched.untagged.iter().find(|row| !row.literals.is_empty()).expect("a message that was found");
        let text = String::from_utf8_lossy(&row.literals[0]);
        let subject = text.lines().find_map(|line| line.strip_prefix("Subject: ")).unwrap_or_default();
        // Trace headers stand above what was sent.
        let intact = row.literals[0].ends_with(&noise::letter(subject));
        let flagged = row.text.contains("\\Flagged");
        content.insert(uid, Message { name: subject.to_owned(), flagged, intact });
    }
    content
}

/// Names that a UID has had, for ever.
#[derive(Default)]
struct Uids(HashMap<(String, u32), String>);

impl Uids {
    fn see(&mut self, mailbox: &str, content: &Content) {
        for (uid, message) in content {
            let known = self.0.entry((mailbox.to_owned(), *uid)).or_insert_with(|| message.name.clone());
            assert_eq!(*known, message.name, "UID {uid} of {mailbox} names a second message");
        }
    }
}

/// The accounts that get the senders' letters.
pub(crate) struct Receiver {
    people: Vec<Person>,
    acknowledged: HashSet<String>,
    unsure: HashSet<String>,
    uids: Uids,
}

impl Receiver {
    pub(crate) fn new(people: Vec<Person>) -> Self {
        Self { people, acknowledged: HashSet::new(), unsure: HashSet::new(), uids: Uids::default() }
    }
    pub(crate) fn addresses(&self) -> Vec<String> {
        self.people.iter().map(|person| person.address.clone()).collect()
    }
    pub(crate) fn acknowledged(&self) -> usize {
        self.acknowledged.len()
    }
    pub(crate) fn take(&mut self, sent: Sent) {
        self.acknowledged.extend(sent.acknowledged);
        self.unsure.extend(sent.unsure);
    }
    pub(crate) fn verify(&mut self, town: &Town) {
        let mut kept_by_all: Option<HashSet<String>> = None;
        for person in &self.people {
            let content = read(&mut town.imap(person), "INBOX");
            self.uids.see(&person.address, &content);
            let mut names = HashSet::new();
            for (uid, message) in content {
                assert!(message.intact, "{} (UID {uid}) is not what was sent", message.name);
                assert!(names.insert(message.name.clone()), "{} came twice", message.name);
            }
            let missing: Vec<_> = self.acknowledged.difference(&names).collect();
            assert!(missing.is_empty(), "acknowledged and lost: {missing:?}");
            let strange: Vec<_> = names
                .iter()
                .filter(|name| !self.acknowledged.contains(*name) && !self.unsure.contains(*name))
                .collect();
            assert!(strange.is_empty(), "never sent: {strange:?}");
            // One commit for all recipients of a letter: all have it or none.
            if let Some(others) = kept_by_all.replace(names.clone()) {
                assert_eq!(others, names, "a letter reached one recipient and not the other");
            }
        }
    }
}

/// Where a writer's message stands; `None` is expunged.
type Place = Option<(&'static str, bool)>;

/// One account whose mail program appends, flags, moves and expunges.
pub(crate) struct Writer {
    person: Person,
    known: BTreeMap<String, Place>,
    under_way: Option<(String, Place)>,
    acknowledged: usize,
    uids: Uids,
}

impl Writer {
    pub(crate) fn new(town: &Town, person: Person) -> Self {
        let mut imap = town.imap(&person);
        for mailbox in ["Arbete", "Klart"] {
            imap.command(&format!("CREATE {mailbox}")).expect("993 answers").ok();
        }
        Self { person, known: BTreeMap::new(), under_way: None, acknowledged: 0, uids: Uids::default() }
    }
    pub(crate) const fn acknowledged(&self) -> usize {
        self.acknowledged
    }

    /// Works until the service is gone.
    pub(crate) fn work(&mut self, port: u16, tls: &Arc<ClientConfig>, noise: &mut Noise, over: &AtomicBool) {
        let Ok(mut imap) = Imap::tls(port, tls) else { return };
        match imap.login(&self.person.address, &self.person.password) {
            Ok(answer) => answer.ok(),
            Err(_) => return,
        };
        while !over.load(Ordering::Relaxed) {
            if self.act(&mut imap, noise).is_err() {
                return;
            }
        }
    }

    fn act(&mut self, imap: &mut Imap, noise: &mut Noise) -> std::io::Result<()> {
        let alive: Vec<_> =
            self.known.iter().filter_map(|(name, place)| Some((name.clone(), (*place)?))).collect();
        let chosen = (!alive.is_empty()).then(|| alive[noise.below(alive.len() as u64) as usize].clone());
        match (noise.below(4), chosen) {
            (1, Some((name, (mailbox, flagged)))) => {
                let sign = if flagged { '-' } else { '+' };
                self.change(imap, name, mailbox, Some((mailbox, !flagged)), |uid| {
                    format!("UID STORE {uid} {sign}FLAGS (\\Flagged)")
                })
            }
            (2, Some((name, ("Arbete", flagged)))) => {
                self.change(imap, name, "Arbete", Some(("Klart", flagged)), |uid| {
                    format!("UID MOVE {uid} Klart")
                })
            }
            (3, Some((name, ("Klart", _)))) => self.expunge(imap, name),
            _ => {
                let name = format!("ark-{}-{}", self.acknowledged, noise.below(1 << 40));
                self.under_way = Some((name.clone(), Some(("Arbete", false))));
                imap.append("Arbete", "", &noise::letter(&name))?.ok();
                self.done()
            }
        }
    }

    fn done(&mut self) -> std::io::Result<()> {
        let (name, place) = self.under_way.take().expect("set before the command");
        self.known.insert(name, place);
        self.acknowledged += 1;
        Ok(())
    }

    fn change(
        &mut self,
        imap: &mut Imap,
        name: String,
        mailbox: &str,
        after: Place,
        command: impl Fn(u32) -> String,
    ) -> std::io::Result<()> {
        imap.command(&format!("SELECT {mailbox}"))?.ok();
        let uids = imap.uids(&format!("SUBJECT \"{name}\""))?;
        assert_eq!(uids.len(), 1, "{name} in {mailbox} before it is changed");
        self.under_way = Some((name, after));
        imap.command(&command(uids[0]))?.ok();
        self.done()
    }

    fn expunge(&mut self, imap: &mut Imap, name: String) -> std::io::Result<()> {
        imap.command("SELECT Klart")?.ok();
        let uids = imap.uids(&format!("SUBJECT \"{name}\""))?;
        assert_eq!(uids.len(), 1, "{name} before it is expunged");
        imap.command(&format!("UID STORE {} +FLAGS.SILENT (\\Deleted)", uids[0]))?.ok();
        self.under_way = Some((name, None));
        imap.command(&format!("UID EXPUNGE {}", uids[0]))?.ok();
        self.done()
    }

    pub(crate) fn verify(&mut self, town: &Town) {
        let mut imap = town.imap(&self.person);
        let mut found: BTreeMap<String, Place> = BTreeMap::new();
        for mailbox in ["Arbete", "Klart"] {
            let content = read(&mut imap, mailbox);
            self.uids.see(&format!("{}/{mailbox}", self.person.address), &content);
            for message in content.into_values() {
                assert!(message.intact, "{} is not what was appended", message.name);
                let twice = found.insert(message.name.clone(), Some((mailbox, message.flagged)));
                assert!(twice.is_none(), "{} is there twice", message.name);
            }
        }
        if let Some((name, after)) = self.under_way.take() {
            // Wholly or not at all; from now on what is found is what holds.
            let (now, before) =
                (found.get(&name).copied().flatten(), self.known.get(&name).copied().flatten());
            assert!(
                now == after || now == before,
                "{name} is half done: {now:?} is neither {before:?} nor {after:?}"
            );
            self.known.insert(name, now);
        }
        for (name, place) in &self.known {
            assert_eq!(found.remove(name).flatten(), *place, "{name} is not where it was acknowledged to be");
        }
        assert!(found.is_empty(), "never appended: {found:?}");
    }
}
