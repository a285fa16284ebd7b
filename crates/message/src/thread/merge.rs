//! Threads with one base subject become one: step 5 of REFERENCES.
//!
//! RFC 5256 §3. It catches replies of programs that write no References.

use std::collections::HashMap;

use super::{Threadable, by_sent};

/// Changes `parents` as [`super::links::parents`] gave them, and adds nodes without a message.
pub(super) fn by_subject(messages: &[Threadable<'_>], parents: &mut Vec<Option<u32>>) {
    let tops = tops(messages, parents);
    let mut table = Table { messages, found: HashMap::new() };
    for top in &tops {
        table.enter(*top);
    }
    // Of each node without a message that goes: where its children go.
    let mut moved: HashMap<u32, u32> = HashMap::new();
    for top in &tops {
        let Some(main) = table.found.get_mut(&top.subject).filter(|main| main.node != top.node) else {
            continue;
        };
        if table.messages.get(main.node as usize).is_none() {
            match messages.get(top.node as usize) {
                Some(_) => parents[top.node as usize] = Some(main.node),
                None => _ = moved.insert(top.node, main.node),
            }
        } else if top.is_reply && !main.is_reply {
            parents[top.node as usize] = Some(main.node);
        } else {
            let node = u32::try_from(parents.len()).expect("far fewer nodes than 2^32");
            parents.push(None);
            parents[top.node as usize] = Some(node);
            parents[main.node as usize] = Some(node);
            *main = Top { node, is_reply: false, ..*main };
        }
    }
    for parent in parents.iter_mut().flatten() {
        *parent = *moved.get(parent).unwrap_or(parent);
    }
}

/// A message or node at the top.
#[derive(Clone, Copy)]
struct Top {
    node: u32,
    subject: u32,
    is_reply: bool,
}

/// What is at the top, by sent date, with its subject or that of its first child.
fn tops(messages: &[Threadable<'_>], parents: &[Option<u32>]) -> Vec<Top> {
    let mut seen = vec![false; parents.len()];
    let mut tops = Vec::new();
    for place in by_sent(messages) {
        let Threadable { subject, is_reply, .. } = messages[place as usize];
        match parents[place as usize] {
            None => tops.push(Top { node: place, subject, is_reply }),
            Some(parent) if parent as usize >= messages.len() && !seen[parent as usize] => {
                seen[parent as usize] = true;
                tops.push(Top { node: parent, subject, is_reply: false });
            }
            Some(_) => {}
        }
    }
    tops
}

/// For each subject, whom the others join.
struct Table<'a, 'x> {
    messages: &'a [Threadable<'x>],
    found: HashMap<u32, Top>,
}

impl Table<'_, '_> {
    fn enter(&mut self, top: Top) {
        if top.subject == 0 {
            return;
        }
        let absent = |node: u32| node as usize >= self.messages.len();
        let known = self.found.entry(top.subject).or_insert(top);
        if absent(top.node) && !absent(known.node) || known.is_reply && !top.is_reply {
            *known = top;
        }
    }
}
