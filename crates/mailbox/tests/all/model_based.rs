//! Three sessions do at random what clients do; each keeps what its client would believe, from what it is told alone.

use std::collections::BTreeMap;

use mailbox::{Query, QuotaLimit, Selected, Updates};
use model::{FlagPatch, FlagSet, MailboxRef, ModSeq, SystemFlag, Uid};
use proptest::prelude::*;

use crate::world::{START, World, letter};

const SESSIONS: usize = 3;

#[derive(Clone, Debug)]
enum Act {
    Append {
        flags: FlagSet,
    },
    Store {
        by: usize,
        pick: Vec<usize>,
        patch: FlagPatch,
        silent: bool,
    },
    Expunge {
        by: usize,
    },
    /// Away from the mailbox or, if `back`, by the fourth session back into it.
    Move {
        by: usize,
        pick: Vec<usize>,
    },
    MoveBack {
        pick: usize,
    },
    CopyHere {
        by: usize,
        pick: Vec<usize>,
    },
    Sync {
        by: usize,
    },
    Search {
        by: usize,
        query: Query,
    },
    Sweep,
    Reselect {
        by: usize,
    },
    /// Silence for some seconds.
    Rest {
        by: usize,
    },
    /// Waked in IDLE.
    Hear {
        by: usize,
    },
    /// The client goes offline with what it has; at the next time it asks what happened since.
    Leave {
        by: usize,
    },
}

fn flag_set() -> impl Strategy<Value = FlagSet> {
    (0u8..32, prop::option::of("[ab]")).prop_map(|(bits, word)| {
        let mut set = FlagSet::from_system_bits(bits);
        if let Some(word) = word {
            set.insert_keyword(word.parse().unwrap()).unwrap();
        }
        set
    })
}

fn patch() -> impl Strategy<Value = FlagPatch> {
    prop_oneof![
        flag_set().prop_map(FlagPatch::Replace),
        flag_set().prop_map(FlagPatch::Add),
        flag_set().prop_map(FlagPatch::Remove),
    ]
}

fn query() -> impl Strategy<Value = Query> {
    let leaf = prop_oneof![
        Just(Query::Flag(SystemFlag::Seen)),
        Just(Query::Flag(SystemFlag::Deleted)),
        Just(Query::Keyword("A".parse().unwrap())),
        (0u64..200).prop_map(Query::Larger),
        "[0-9]".prop_map(|digit| Query::Header("subject".into(), digit)),
        "[0-9]".prop_map(|digit| Query::Body(format!("of {digit}"))),
    ];
    leaf.prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|query| Query::Not(Box::new(query))),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| Query::Or(Box::new(a), Box::new(b))),
            prop::collection::vec(inner, 0..3).prop_map(Query::And),
        ]
    })
}

fn act() -> impl Strategy<Value = Act> {
    let by = 0..SESSIONS;
    let pick = prop::collection::vec(0usize..12, 1..5);
    prop_oneof![
        3 => flag_set().prop_map(|flags| Act::Append { flags }),
        4 => (by.clone(), pick.clone(), patch(), any::<bool>())
            .prop_map(|(by, pick, patch, silent)| Act::Store { by, pick, patch, silent }),
        2 => by.clone().prop_map(|by| Act::Expunge { by }),
        2 => (by.clone(), pick.clone()).prop_map(|(by, pick)| Act::Move { by, pick }),
        1 => (0usize..4).prop_map(|pick| Act::MoveBack { pick }),
        1 => (by.clone(), pick).prop_map(|(by, pick)| Act::CopyHere { by, pick }),
        4 => by.clone().prop_map(|by| Act::Sync { by }),
        2 => (by.clone(), query()).prop_map(|(by, query)| Act::Search { by, query }),
        1 => Just(Act::Sweep),
        1 => by.clone().prop_map(|by| Act::Reselect { by }),
        3 => by.clone().prop_map(|by| Act::Rest { by }),
        2 => by.clone().prop_map(|by| Act::Hear { by }),
        1 => by.prop_map(|by| Act::Leave { by }),
    ]
}

/// The truth.
#[derive(Default)]
struct Truth {
    messages: BTreeMap<Uid, Kept>,
    next: u32,
}

#[derive(Clone)]
struct Kept {
    subject: String,
    size: u64,
    flags: FlagSet,
}

impl Truth {
    fn put(&mut self, kept: Kept) -> Uid {
        self.next += 1;
        let uid = Uid::new(self.next).unwrap();
        self.messages.insert(uid, kept);
        uid
    }
}

impl Kept {
    fn matches(&self, query: &Query) -> bool {
        match query {
            Query::Flag(flag) => self.flags.has(*flag),
            Query::Keyword(word) => self.flags.has_keyword(word),
            Query::Larger(octets) => self.size > *octets,
            Query::Header(_, text) => self.subject.contains(text),
            Query::Body(text) => format!("text of {}.", self.subject).contains(text),
            Query::Not(query) => !self.matches(query),
            Query::Or(a, b) => self.matches(a) || self.matches(b),
            Query::And(all) => all.iter().all(|query| self.matches(query)),
            other => panic!("not made here: {other:?}"),
        }
    }
}

/// A session, and what its client believes.
struct Client {
    session: Selected,
    believes: Vec<(Uid, FlagSet)>,
    /// As it was when the client left.
    kept: Option<(ModSeq, BTreeMap<Uid, FlagSet>)>,
}

impl Client {
    async fn select(world: &World) -> Self {
        let session = world.select(world.inbox()).await;
        let mut client = Self { session, believes: Vec::new(), kept: None };
        client.fetch_new().await;
        client
    }

    /// FETCH of UIDs and flags of what EXISTS announced.
    async fn fetch_new(&mut self) {
        let table = self.session.table(START).await.unwrap();
        for (seq, uid) in self.session.pick_all().into_iter().skip(self.believes.len()) {
            assert_eq!(seq.get() as usize, self.believes.len() + 1);
            // A message that came and went before it could be fetched: the client sees an empty answer.
            let flags = table.row(uid).map(|row| (**row.flags).clone()).unwrap_or_default();
            self.believes.push((uid, flags));
        }
    }

    async fn sync(&mut self, allow_expunge: bool) {
        let told = self.session.sync(allow_expunge, START).await.unwrap();
        self.take(told, allow_expunge).await;
    }

    /// In IDLE. The UIDs of what arrives while the session rests are told by the truth: its client would have to ask.
    async fn hear(&mut self, truth: &Truth) {
        let from = self.session.uid_next();
        let told = self.session.hear(true, START).await.unwrap();
        if self.session.is_resting() {
            assert!(told.expunged.is_empty() && told.flags.is_empty());
            let new = truth.messages.range(from..).map(|(uid, kept)| (*uid, kept.flags.clone()));
            self.believes.extend(new);
            assert_eq!(self.session.exists() as usize, self.believes.len());
        } else {
            self.take(told, true).await;
        }
    }

    /// What QRESYNC tells a client that was away.
    async fn come_back(&mut self, truth: &Truth) {
        self.sync(true).await;
        let left = (self.session.highest_mod_seq(), self.believes.iter().cloned().collect());
        let Some((since, mut kept)) = self.kept.replace(left) else { return };
        let known = kept.keys().copied().collect();
        let vanished = self.session.vanished(&known, since, None).await.unwrap();
        let before = kept.len() as u64;
        kept.retain(|uid, _| !vanished.contains(*uid));
        assert_eq!(kept.len() as u64, before - vanished.len(), "only what the client knows vanishes");
        let changed = self.session.changed_since(self.session.pick_all(), since, START).await.unwrap();
        kept.extend(changed.into_iter().map(|(_, uid)| (uid, truth.messages[&uid].flags.clone())));
        let all = truth.messages.iter().map(|(uid, message)| (*uid, message.flags.clone()));
        assert_eq!(kept, all.collect());
    }

    async fn take(&mut self, told: Updates, allow_expunge: bool) {
        assert!(allow_expunge || told.expunged.is_empty());
        for seq in &told.expunged {
            let (uid, _) = self.believes.remove(seq.get() as usize - 1);
            assert!(told.vanished.contains(uid));
        }
        if let Some(exists) = told.exists {
            assert!(exists as usize > self.believes.len());
            self.fetch_new().await;
            assert_eq!(exists as usize, self.believes.len());
        }
        for update in told.flags {
            let believed = &mut self.believes[update.seq.get() as usize - 1];
            assert_eq!(believed.0, update.uid);
            believed.1 = (*update.flags).clone();
        }
        assert_eq!(self.session.exists() as usize, self.believes.len());
    }

    fn picked(&self, pick: &[usize]) -> mailbox::Picked {
        if self.believes.is_empty() {
            return Vec::new();
        }
        let numbers = pick.iter().map(|number| (number % self.believes.len()) as u32 + 1);
        let ranges: Vec<(u32, u32)> = numbers.map(|number| (number, number)).collect();
        self.session.pick_seqs(&ranges).unwrap()
    }
}

struct Run {
    world: World,
    truth: Truth,
    away: Truth,
    elsewhere: MailboxRef,
    clients: Vec<Client>,
    appended: usize,
}

impl Run {
    async fn new() -> Self {
        let world = World::new().await;
        let elsewhere = world.create("elsewhere").await;
        let mut clients = Vec::new();
        for _ in 0..SESSIONS {
            clients.push(Client::select(&world).await);
        }
        Self { world, truth: Truth::default(), away: Truth::default(), elsewhere, clients, appended: 0 }
    }

    async fn step(&mut self, act: Act) {
        match act {
            Act::Append { flags } => {
                self.appended += 1;
                let subject = self.appended.to_string();
                let bytes = letter(&subject);
                let kept = Kept { subject, size: bytes.len() as u64, flags: flags.clone() };
                let uid = self.world.append(self.world.inbox(), bytes, flags).await;
                assert_eq!(self.truth.put(kept), uid);
            }
            Act::Store { by, pick, patch, silent } => self.store(by, &pick, &patch, silent).await,
            Act::Expunge { by } => {
                self.clients[by].sync(false).await;
                self.clients[by].session.expunge(None, START).await.unwrap();
                self.truth.messages.retain(|_, kept| !kept.flags.has(SystemFlag::Deleted));
                self.clients[by].sync(true).await;
            }
            Act::Move { by, pick } => self.move_away(by, &pick).await,
            Act::MoveBack { pick } => self.move_back(pick).await,
            Act::CopyHere { by, pick } => self.copy_here(by, &pick).await,
            Act::Sync { by } => {
                self.clients[by].sync(true).await;
                self.check(by);
            }
            Act::Search { by, query } => self.search(by, &query).await,
            Act::Sweep => self.world.mailboxes.sweep(START.after(std::time::Duration::from_secs(100))),
            Act::Reselect { by } => self.clients[by] = Client::select(&self.world).await,
            Act::Rest { by } => self.clients[by].session.rest().await.unwrap(),
            Act::Hear { by } => {
                self.clients[by].hear(&self.truth).await;
                let believed = self.clients[by].believes.iter().cloned();
                assert!(
                    believed.eq(self.truth.messages.iter().map(|(uid, kept)| (*uid, kept.flags.clone())))
                );
            }
            Act::Leave { by } => self.clients[by].come_back(&self.truth).await,
        }
    }

    async fn store(&mut self, by: usize, pick: &[usize], patch: &FlagPatch, silent: bool) {
        let client = &mut self.clients[by];
        client.sync(false).await;
        let picked = client.picked(pick);
        let stored = client.session.store_flags(&picked, patch, silent, None, START).await.unwrap();
        let table = client.session.table(START).await.unwrap();
        for (seq, uid) in &picked {
            let Some(kept) = self.truth.messages.get_mut(uid) else {
                assert!(stored.missing.contains(*uid));
                continue;
            };
            assert!(stored.done.contains(*uid));
            kept.flags = kept.flags.patched(patch).unwrap();
            let believed = &mut client.believes[seq.get() as usize - 1];
            assert_eq!(believed.0, *uid);
            if silent {
                believed.1 = believed.1.patched(patch).unwrap();
            } else {
                believed.1 = (**table.row(*uid).unwrap().flags).clone();
                assert_eq!(believed.1, kept.flags);
            }
        }
        client.sync(false).await;
    }

    async fn move_away(&mut self, by: usize, pick: &[usize]) {
        let client = &mut self.clients[by];
        client.sync(false).await;
        let picked = client.picked(pick);
        let moved =
            client.session.move_to(&picked, self.elsewhere, QuotaLimit::NONE, false, START).await.unwrap();
        for (from, to) in moved.pairs {
            let kept = self.truth.messages.remove(&from).unwrap();
            assert_eq!(self.away.put(kept), to);
        }
        assert!(picked.iter().all(|(_, uid)| !self.truth.messages.contains_key(uid)));
        client.sync(true).await;
        self.check(by);
    }

    async fn move_back(&mut self, pick: usize) {
        let mut session = self.world.select(self.elsewhere).await;
        assert_eq!(session.exists() as usize, self.away.messages.len());
        let picked: mailbox::Picked = session.pick_all().into_iter().skip(pick).take(2).collect();
        let moved =
            session.move_to(&picked, self.world.inbox(), QuotaLimit::NONE, true, START).await.unwrap();
        for (from, to) in moved.pairs {
            let kept = self.away.messages.remove(&from).unwrap();
            assert_eq!(self.truth.put(kept), to);
        }
    }

    async fn copy_here(&mut self, by: usize, pick: &[usize]) {
        let client = &mut self.clients[by];
        client.sync(false).await;
        let picked = client.picked(pick);
        let inbox = self.world.inbox();
        let copied = client.session.copy(&picked, inbox, QuotaLimit::NONE, false, START).await.unwrap();
        for (from, to) in copied.pairs {
            let kept = self.truth.messages[&from].clone();
            assert_eq!(self.truth.put(kept), to);
        }
        client.sync(true).await;
        self.check(by);
    }

    async fn search(&mut self, by: usize, query: &Query) {
        let client = &mut self.clients[by];
        client.sync(false).await;
        let found = client.session.search(query, START).await.unwrap();
        let told = client.believes.iter().enumerate();
        let expected: Vec<(usize, Uid)> = told
            .filter(|(_, (uid, _))| self.truth.messages.get(uid).is_some_and(|kept| kept.matches(query)))
            .map(|(place, (uid, _))| (place + 1, *uid))
            .collect();
        let found: Vec<(usize, Uid)> =
            found.into_iter().map(|(seq, uid)| (seq.get() as usize, uid)).collect();
        assert_eq!(found, expected, "{query:?}");
    }

    /// A client that has just been told everything believes the truth.
    fn check(&self, by: usize) {
        let client = &self.clients[by];
        let truth: Vec<_> =
            self.truth.messages.iter().map(|(uid, kept)| (*uid, kept.flags.clone())).collect();
        assert_eq!(client.believes, truth);
        for (place, (uid, _)) in client.believes.iter().enumerate() {
            let seq = client.session.seq(*uid).unwrap();
            assert_eq!((seq.get() as usize, client.session.uid(seq)), (place + 1, Some(*uid)));
        }
        for message in &self.truth.messages {
            let holders = self.clients.iter().filter(|client| client.session.is_recent(*message.0)).count();
            assert!(holders <= 1, "\\Recent belongs to one session");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn every_session_is_told_the_truth(acts in prop::collection::vec(act(), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut run = Run::new().await;
            for act in acts {
                run.step(act).await;
            }
            for by in 0..SESSIONS {
                run.clients[by].sync(true).await;
                run.check(by);
            }
        });
    }
}
