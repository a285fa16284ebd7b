//! Who answers whom by References: steps 1 to 3 of REFERENCES.
//!
//! RFC 5256 §3. Two bounds of ours: messages that are only referred to are at most so many for each that is there, and the
//! search for loops, which a hostile mailbox could make quadratic, has a budget; beyond them a link is left out.

use std::collections::HashMap;

use super::Threadable;
use crate::lineage::IdHash;

/// Messages that are not there, for each that is.
const ABSENT_PER_MESSAGE: usize = 4;
/// Steps in search of loops, for each message and to begin with.
const STEPS_PER_MESSAGE: u64 = 200;
const STEPS_MIN: u64 = 1 << 20;

/// The parent of every message, and of every node without a message, which has none.
pub(super) fn parents(messages: &[Threadable<'_>]) -> Vec<Option<u32>> {
    let mut links = Links::new(messages);
    for (place, message) in (0..).zip(messages) {
        links.add(place, message);
    }
    links.prune()
}

struct Links {
    messages: usize,
    nodes: HashMap<IdHash, u32>,
    parents: Vec<Option<u32>>,
    /// Has it ever been a parent? Who has not is in no loop.
    has_children: Vec<bool>,
    steps_left: u64,
}

impl Links {
    /// Of several messages with one Message-ID, the first has it (RFC 5256 §3, step 1).
    fn new(messages: &[Threadable<'_>]) -> Self {
        let mut nodes = HashMap::with_capacity(messages.len() * 2);
        for (place, message) in (0..).zip(messages) {
            if let Some(id) = message.id {
                nodes.entry(id).or_insert(place);
            }
        }
        Self {
            messages: messages.len(),
            nodes,
            parents: vec![None; messages.len()],
            has_children: vec![false; messages.len()],
            steps_left: STEPS_MIN + STEPS_PER_MESSAGE * messages.len() as u64,
        }
    }

    fn add(&mut self, place: u32, message: &Threadable<'_>) {
        let mut last = None;
        for id in message.references {
            let Some(node) = self.node(*id).filter(|node| *node != place) else { continue };
            if let Some(parent) = last
                && self.parents[node as usize].is_none()
            {
                self.link(parent, node);
            }
            last = Some(node);
        }
        // Step 1B: its own References say more of its parent than those of others, which may be cut.
        self.parents[place as usize] = None;
        if let Some(parent) = last {
            self.link(parent, place);
        }
    }

    fn node(&mut self, id: IdHash) -> Option<u32> {
        if let Some(node) = self.nodes.get(&id) {
            return Some(*node);
        }
        if self.parents.len() - self.messages >= ABSENT_PER_MESSAGE * self.messages {
            return None;
        }
        let node = u32::try_from(self.parents.len()).ok()?;
        self.parents.push(None);
        self.has_children.push(false);
        self.nodes.insert(id, node);
        Some(node)
    }

    fn link(&mut self, parent: u32, child: u32) {
        if parent != child && !(self.has_children[child as usize] && self.is_below(parent, child)) {
            self.parents[child as usize] = Some(parent);
            self.has_children[parent as usize] = true;
        }
    }

    /// Is `node` below `above`? True as well when nobody may ask any more.
    fn is_below(&mut self, node: u32, above: u32) -> bool {
        let mut at = node;
        while let Some(parent) = self.parents[at as usize] {
            if parent == above || self.steps_left == 0 {
                return true;
            }
            self.steps_left -= 1;
            at = parent;
        }
        false
    }

    /// Step 3: nodes without a message go, their children move up; only at the top one with several children stays.
    fn prune(mut self) -> Vec<Option<u32>> {
        let mut counts = vec![0_u32; self.parents.len()];
        for place in 0..self.messages {
            let Some(parent) = self.parents[place] else { continue };
            let parent = self.nearest(parent);
            self.parents[place] = Some(parent);
            counts[parent as usize] += 1;
        }
        let (messages, absent) = (self.messages, |node: u32| node as usize >= self.messages);
        for parent in &mut self.parents[..messages] {
            *parent = parent.filter(|parent| !absent(*parent) || counts[*parent as usize] > 1);
        }
        self.parents[messages..].fill(None);
        self.parents
    }

    /// The nearest message at `node` or above it, or else the node at the top. The way is shortened for who comes next.
    fn nearest(&mut self, node: u32) -> u32 {
        let passes =
            |links: &Self, at: u32| links.parents[at as usize].filter(|_| at as usize >= links.messages);
        let mut end = node;
        while let Some(parent) = passes(self, end) {
            end = parent;
        }
        let mut at = node;
        while let Some(parent) = passes(self, at).filter(|_| at != end) {
            self.parents[at as usize] = Some(end);
            at = parent;
        }
        end
    }
}
