//! Ten thousand ends of an engine: power cuts at any write or sync, kills, failing syncs; the index kept, behind, older
//! than its mark or gone. After each: exactly what was acknowledged, and of what was not, a whole beginning.

use std::collections::HashMap;

use model::UnixMillis;
use store::{BodyId, CommitError};

use super::world::{Author, Life, Rows, expect, live, options};
use crate::applied::Tree;
use crate::base;
use crate::keeper::checkpoint;
use crate::queue::Work;
use crate::testing::{FaultyDisk, Random};

/// One disk through several lives.
struct Story {
    random: Random,
    disk: FaultyDisk,
    contents: HashMap<BodyId, Vec<u8>>,
    /// What the store may hold: the acknowledged rows, or these and the first of what was under way, and so on.
    possible: Vec<Rows>,
    now: u64,
    /// The index as it was flushed long ago.
    old_tree: Tree,
}

#[test]
fn everything_acknowledged_is_there_after_each_of_many_cuts() {
    // More of them: `CUTS=1000000 cargo test --release -p store-sled cuts`.
    let cuts = std::env::var("CUTS").ok().and_then(|cuts| cuts.parse().ok()).unwrap_or(10_000);
    let lives = 5;
    for seed in 0..cuts / lives {
        let mut story = Story {
            random: Random::new(seed),
            disk: FaultyDisk::new(seed),
            contents: HashMap::new(),
            possible: vec![Rows::new()],
            now: 1,
            old_tree: Tree::default(),
        };
        let mut tree = Tree::default();
        for life in 0..lives {
            tree = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| story.live_once(tree)))
                .unwrap_or_else(|_| panic!("story {seed}, life {life}"));
        }
    }
}

impl Story {
    /// Opens, checks, works until something ends it; returns what is left of the index.
    fn live_once(&mut self, tree: Tree) -> Tree {
        if self.random.once_in(6) {
            self.disk.lose_power_in(self.random.below(12));
        }
        let mut life = match live(&self.disk, tree.kept(), options()) {
            Ok(life) => life,
            // Killed while it opened.
            Err(_) => {
                self.disk = self.disk.after_power_cut();
                live(&self.disk, tree, options()).unwrap()
            }
        };
        let rows = life.rows(&self.contents);
        let found = self.possible.iter().position(|possible| *possible == rows);
        found.unwrap_or_else(|| panic!("not what was acknowledged: {:?}", life.report));
        self.possible = vec![rows];
        match self.random.below(8) {
            0 => self.disk.fail_sync_in(self.random.below(20)),
            1 => {}
            _ => self.disk.lose_power_in(self.random.below(60)),
        }
        for _ in 0..self.random.below(14) {
            self.step(&mut life);
            if life.core.health.is_read_only() {
                break;
            }
        }
        let left = self.tree_after(&life);
        self.old_tree = if self.random.once_in(3) { life.tree.cut() } else { self.old_tree.cut() };
        let killed = self.random.once_in(4);
        self.disk = if killed { self.disk.after_kill() } else { self.disk.after_power_cut() };
        left
    }

    fn tree_after(&mut self, life: &Life) -> Tree {
        match self.random.below(6) {
            0 => Tree::default(),
            1 => self.old_tree.kept(),
            2 | 3 => life.tree.kept(),
            _ => life.tree.cut(),
        }
    }

    fn step(&mut self, life: &mut Life) {
        self.now += 1;
        match self.random.below(16) {
            0 => self.failing(life, |life| checkpoint(&life.core)),
            1 => self.failing(life, |life| base::write(&life.core).map(drop)),
            2 => self.failing(life, |life| life.core.segments.prepare_spare()),
            3 => {
                let bodies = life.bodies().into_iter().map(|(key, _)| key).collect();
                let before = UnixMillis(self.now.saturating_sub(self.random.below(4)));
                self.commit(life, vec![Work::Sweep { bodies, before }]);
            }
            4 => self.give_back(life),
            _ => {
                let work = (0..=self.random.below(4)).map(|_| self.batch(life)).collect();
                self.commit(life, work);
            }
        }
    }

    fn batch(&mut self, life: &Life) -> Work {
        Author { random: &mut self.random, contents: &mut self.contents, now: self.now }.batch(life)
    }

    fn failing(&self, life: &Life, work: impl Fn(&Life) -> std::io::Result<()>) {
        if let Err(error) = work(life) {
            life.core.health.turn_read_only("simulation", &error);
        }
    }

    /// As the sweeper does with a segment that is mostly dead.
    fn give_back(&mut self, life: &mut Life) {
        let current = life.core.bodies.current();
        let old =
            life.core.bodies.segments().unwrap().into_iter().map(|(number, _)| number).find(|n| *n < current);
        let Some(number) = old else { return };
        let mut bodies = life.bodies();
        bodies.retain(|(_, place)| place.segment == number);
        if !bodies.is_empty() {
            self.commit(life, vec![Work::Relocate { bodies }]);
        }
        if life.bodies().iter().all(|(_, place)| place.segment != number) && !life.core.health.is_read_only()
        {
            self.failing(life, |life| life.core.bodies.remove(number));
        }
    }

    /// Commits, and holds every answer against the model.
    fn commit(&mut self, life: &mut Life, work: Vec<Work>) {
        let copies: Vec<_> = work.iter().map(copy).collect();
        let answers = life.commit(work);
        let mut rows = self.possible.last().unwrap().clone();
        for (work, answer) in copies.iter().zip(answers) {
            let mut after = rows.clone();
            let expected = expect(&mut after, work);
            match answer {
                Ok(committed) => {
                    assert_eq!(self.possible.len(), 1, "acknowledged behind what is unknown");
                    assert_eq!(expected.unwrap().outcomes, committed.outcomes);
                    self.possible = vec![after.clone()];
                    rows = after;
                }
                Err(CommitError::Unknown(_)) => {
                    assert!(expected.is_ok());
                    self.possible.push(after.clone());
                    rows = after;
                }
                // Refused with the disk out of order: nothing was done.
                Err(CommitError::ReadOnly | CommitError::Store(_)) => {}
                Err(error) => assert_eq!(expected.unwrap_err().to_string(), error.to_string()),
            }
        }
    }
}

fn copy(work: &Work) -> Work {
    match work {
        Work::Batch(batch) => Work::Batch(batch.clone()),
        Work::Sweep { bodies, before } => Work::Sweep { bodies: bodies.clone(), before: *before },
        Work::Relocate { bodies } => Work::Relocate { bodies: bodies.clone() },
    }
}
