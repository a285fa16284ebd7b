//! Conversations: which message answers which.
//!
//! RFC 5256 §3: ORDEREDSUBJECT and REFERENCES, here; REFS of draft-ietf-morg-inthread §4: REFERENCES without regard to
//! subjects, the conversation with the newest message last. Nothing recurses, and what hostile References can cost is
//! bounded by the number of messages.

mod forest;
mod links;
mod merge;

pub use forest::Forest;

use crate::lineage::IdHash;

/// What is asked of one message. Messages are named by their place in the list, which comes in mailbox order.
#[derive(Clone, Copy, Debug)]
pub struct Threadable<'x> {
    /// Its Message-ID.
    pub id: Option<IdHash>,
    /// What it refers to, the oldest first.
    pub references: &'x [IdHash],
    /// When it was sent, in seconds.
    pub sent: i64,
    /// When it arrived; of REFS only.
    pub arrived: u64,
    /// Its base subject, equal ones with equal numbers; zero if that is empty.
    pub subject: u32,
    /// Its subject says that it is a reply or a forward.
    pub is_reply: bool,
}

/// Threads by base subject: the first message, and all others as its children.
pub fn by_subject(messages: &[Threadable<'_>]) -> Forest {
    let mut order = places(messages);
    order.sort_unstable_by_key(|place| {
        let message = &messages[*place as usize];
        (message.subject, message.sent, *place)
    });
    let same = |a: &u32, b: &u32| messages[*a as usize].subject == messages[*b as usize].subject;
    let mut parents = vec![None; messages.len()];
    for group in order.chunk_by(same) {
        for child in &group[1..] {
            parents[*child as usize] = Some(group[0]);
        }
    }
    Forest::new(messages, &parents)
}

/// Threads by References, joined by subject.
pub fn by_references(messages: &[Threadable<'_>]) -> Forest {
    let mut parents = links::parents(messages);
    merge::by_subject(messages, &mut parents);
    Forest::new(messages, &parents)
}

/// Threads by References alone, in the order of their newest messages.
pub fn by_references_alone(messages: &[Threadable<'_>]) -> Forest {
    let mut forest = Forest::new(messages, &links::parents(messages));
    forest.sort_by_newest(messages);
    forest
}

fn places(messages: &[Threadable<'_>]) -> Vec<u32> {
    (0..u32::try_from(messages.len()).expect("a mailbox has fewer than 2^32 messages")).collect()
}

/// Messages by sent date; equal ones as they stand in the mailbox (RFC 5256 §2.2).
fn by_sent(messages: &[Threadable<'_>]) -> Vec<u32> {
    let mut order = places(messages);
    order.sort_unstable_by_key(|place| (messages[*place as usize].sent, *place));
    order
}

#[cfg(test)]
mod tests;
