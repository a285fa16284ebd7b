//! Threads as they are told: every set of siblings by sent date.

use super::{Threadable, by_sent};

/// Threads, in order. Numbers from the number of messages on stand for messages that are not there.
#[derive(Clone, Debug)]
pub struct Forest {
    messages: u32,
    roots: Vec<u32>,
    /// Children of a node: `children[starts[node]..starts[node + 1]]`.
    starts: Vec<u32>,
    children: Vec<u32>,
}

impl Forest {
    /// `parents` has the messages first, then nodes without a message, which are never below another node.
    pub(super) fn new(messages: &[Threadable<'_>], parents: &[Option<u32>]) -> Self {
        let order = by_sent(messages);
        let mut starts = vec![0_u32; parents.len() + 1];
        for parent in parents[..messages.len()].iter().flatten() {
            starts[*parent as usize + 1] += 1;
        }
        for node in 1..starts.len() {
            starts[node] += starts[node - 1];
        }
        let mut ends = starts.clone();
        let mut children = vec![0; starts.last().map_or(0, |end| *end as usize)];
        let count = u32::try_from(messages.len()).expect("a mailbox has fewer than 2^32 messages");
        let mut roots = Vec::new();
        for message in order {
            let Some(parent) = parents[message as usize] else {
                roots.push(message);
                continue;
            };
            // RFC 5256 §3: a node without a message stands where its first child would.
            let end = &mut ends[parent as usize];
            if parent >= count && *end == starts[parent as usize] {
                roots.push(parent);
            }
            children[*end as usize] = message;
            *end += 1;
        }
        Self { messages: count, roots, starts, children }
    }

    fn children(&self, node: u32) -> &[u32] {
        let node = node as usize;
        &self.children[self.starts[node] as usize..self.starts[node + 1] as usize]
    }

    /// The thread whose newest message arrived last comes last.
    pub(super) fn sort_by_newest(&mut self, messages: &[Threadable<'_>]) {
        let mut newest: Vec<((u64, u32), u32)> = Vec::with_capacity(self.roots.len());
        let mut open = Vec::new();
        for root in &self.roots {
            let mut latest = (0, 0);
            open.push(*root);
            while let Some(node) = open.pop() {
                if let Some(message) = messages.get(node as usize) {
                    latest = latest.max((message.arrived, node));
                }
                open.extend_from_slice(self.children(node));
            }
            newest.push((latest, *root));
        }
        newest.sort_unstable();
        self.roots = newest.into_iter().map(|(_, root)| root).collect();
    }

    /// Every node before its children: the place of its message in the list, none for one that is not there, and how many
    /// children follow right below it. A node without a message has two or more.
    pub fn nodes(&self) -> impl Iterator<Item = (Option<u32>, u32)> + '_ {
        let mut open: Vec<u32> = Vec::new();
        let mut roots = self.roots.iter();
        std::iter::from_fn(move || {
            let node = open.pop().or_else(|| roots.next().copied())?;
            let children = self.children(node);
            open.extend(children.iter().rev());
            let count = u32::try_from(children.len()).expect("fewer children than messages");
            Some((Some(node).filter(|node| *node < self.messages), count))
        })
    }
}
