//! LIST of names that came, went, changed or are subscribed to.
//!
//! RFC 5465 §5.4 (OLDNAME; of a renamed tree only the top; a parent is told with its child), §5.5.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::iter::successors;

use imap_wire::encode::{self, Attributes};
use mailbox::Folder;
use model::{MailboxName, MailboxRef};

use super::{Listening, sent};
use crate::conversation::Trouble;
use crate::wire::Wire;

/// What is to be told.
#[derive(Default)]
struct Lines {
    /// The new name, and the old one.
    renamed: BTreeMap<MailboxName, MailboxName>,
    affected: BTreeSet<MailboxName>,
    subscribed: BTreeSet<MailboxName>,
}

impl Listening {
    /// What is other in the names than `before`.
    pub(super) async fn write_names(&mut self, before: &[Folder], wire: &mut Wire) -> Result<(), Trouble> {
        let own = std::mem::take(&mut self.own);
        if !self.wishes.names() {
            return Ok(());
        }
        let lines = differences(before, &self.names);
        for (name, old) in &lines.renamed {
            if !own.contains(name) && (self.wants_name(name) || self.wants_name(old)) {
                encode::list_renamed(name, &self.attributes(name), old, wire.enabled, &mut wire.buffer);
                sent(wire).await?;
            }
        }
        for name in lines.affected.union(&lines.subscribed) {
            let name_too = lines.affected.contains(name) && self.wants_name(name);
            let subscription_too = lines.subscribed.contains(name) && self.wants_subscription(name);
            if !own.contains(name) && !lines.renamed.contains_key(name) && (name_too || subscription_too) {
                encode::list(name, &self.attributes(name), wire.enabled, &mut wire.buffer);
                sent(wire).await?;
            }
        }
        Ok(())
    }

    fn folder(&self, name: &MailboxName) -> Folder {
        let gone = || Folder {
            name: name.clone(),
            mailbox: None,
            special: None,
            subscribed: false,
            has_children: false,
            has_subscribed_children: false,
        };
        self.names.iter().find(|folder| folder.name == *name).cloned().unwrap_or_else(gone)
    }
    fn wants_name(&self, name: &MailboxName) -> bool {
        self.wishes.of(&self.folder(name)).mailbox_name
    }
    fn wants_subscription(&self, name: &MailboxName) -> bool {
        // One that is just taken off the list was on it.
        self.wishes.of(&self.folder(name)).subscription_change
            || self.wishes.of(&Folder { subscribed: true, ..self.folder(name) }).subscription_change
    }

    fn attributes(&self, name: &MailboxName) -> Attributes {
        let folder = self.folder(name);
        Attributes {
            no_select: folder.mailbox.is_none() && folder.has_children,
            non_existent: folder.mailbox.is_none() && !folder.has_children,
            children: folder.is_listed().then_some(folder.has_children),
            subscribed: folder.subscribed,
            special_use: folder.special,
            ..Attributes::default()
        }
    }
}

/// What stands in only one of two lists, or otherwise. Both are in the order of LIST: INBOX, then by name.
pub(super) fn differing<'a>(before: &'a [Folder], now: &'a [Folder]) -> (Vec<&'a Folder>, Vec<&'a Folder>) {
    let (mut gone, mut come) = (Vec::new(), Vec::new());
    let (mut old, mut new) = (before.iter().peekable(), now.iter().peekable());
    let key = |folder: &Folder| !folder.name.is_inbox();
    while let (Some(was), Some(is)) = (old.peek(), new.peek()) {
        match key(was).cmp(&key(is)).then_with(|| was.name.cmp(&is.name)) {
            Ordering::Less => gone.extend(old.next()),
            Ordering::Greater => come.extend(new.next()),
            Ordering::Equal => {
                let differ = was != is;
                gone.extend(old.next().filter(|_| differ));
                come.extend(new.next().filter(|_| differ));
            }
        }
    }
    gone.extend(old);
    come.extend(new);
    (gone, come)
}

fn differences(before: &[Folder], now: &[Folder]) -> Lines {
    let mut lines = Lines::default();
    let (before, now) = differing(before, now);
    let (before, now) = (before.as_slice(), now.as_slice());
    let by_mailbox = |folders: &[&Folder]| -> BTreeMap<MailboxRef, MailboxName> {
        folders.iter().filter_map(|folder| Some((folder.mailbox?, folder.name.clone()))).collect()
    };
    let (old, new) = (by_mailbox(before), by_mailbox(now));
    for (mailbox, name) in &new {
        match old.get(mailbox) {
            Some(was) if was != name => _ = lines.renamed.insert(name.clone(), was.clone()),
            Some(_) => {}
            None => lines.came_or_went(name),
        }
    }
    old.iter()
        .filter(|(mailbox, _)| !new.contains_key(mailbox))
        .for_each(|(_, name)| lines.came_or_went(name));
    lines.forget_children();
    let subscribed = |folders: &[&Folder]| -> BTreeSet<MailboxName> {
        folders.iter().filter(|folder| folder.subscribed).map(|folder| folder.name.clone()).collect()
    };
    let (old, new) = (subscribed(before), subscribed(now));
    // A subscription goes along with its renamed mailbox.
    let moved = |name: &MailboxName| {
        lines
            .renamed
            .iter()
            .any(|(new, old)| [new, old].into_iter().any(|renamed| name == renamed || name.is_below(renamed)))
    };
    lines.subscribed = old.symmetric_difference(&new).filter(|name| !moved(name)).cloned().collect();
    lines
}

impl Lines {
    fn came_or_went(&mut self, name: &MailboxName) {
        self.affected.insert(name.clone());
        self.affected.extend(name.parent());
    }

    /// What is renamed because something above it is, needs no line.
    fn forget_children(&mut self) {
        let all = self.renamed.clone();
        self.renamed.retain(|name, old| {
            let (new, before) = (name.as_str(), old.as_str());
            let with_parent = |above: MailboxName| {
                let was = all.get(&above).filter(|was| old.is_below(was));
                was.is_some_and(|was| new[above.as_str().len()..] == before[was.as_str().len()..])
            };
            !successors(name.parent(), MailboxName::parent).any(with_parent)
        });
    }
}

#[cfg(test)]
mod tests {
    use model::{AccountId, MailboxId, TenantId};

    use super::*;

    fn folders(names: &[(&str, u64)]) -> Vec<Folder> {
        let folder = |(name, id): &(&str, u64)| Folder {
            name: MailboxName::parse(name.trim_end_matches('+')).unwrap(),
            mailbox: (*id > 0).then(|| MailboxRef {
                tenant: TenantId::new(1),
                account: AccountId::new(1),
                mailbox: MailboxId::new(*id),
            }),
            special: None,
            subscribed: name.ends_with('+'),
            has_children: false,
            has_subscribed_children: false,
        };
        names.iter().map(folder).collect()
    }

    fn told(before: &[(&str, u64)], now: &[(&str, u64)]) -> String {
        let lines = differences(&folders(before), &folders(now));
        let mut words: Vec<String> = lines.renamed.iter().map(|(new, old)| format!("{old}>{new}")).collect();
        words.extend(lines.affected.iter().map(ToString::to_string));
        words.extend(lines.subscribed.iter().map(|name| format!("{name}+")));
        words.join(" ")
    }

    #[test]
    fn names_that_differ() {
        assert_eq!(told(&[("a", 1)], &[("a", 1)]), "");
        assert_eq!(told(&[("a", 1)], &[("a", 1), ("a/b", 2)]), "a a/b");
        assert_eq!(told(&[("a", 1), ("b", 2)], &[("a", 1)]), "b");
        assert_eq!(told(&[("a", 1)], &[("a", 2)]), "a", "the name is another mailbox now");
        assert_eq!(told(&[("a+", 1), ("a/b", 2)], &[("c+", 1), ("c/b", 2)]), "a>c");
        assert_eq!(told(&[("a", 1), ("a/b", 2)], &[("c", 1), ("d", 2)]), "a>c a/b>d");
        assert_eq!(told(&[("a", 1), ("b+", 2)], &[("a+", 1), ("b", 2)]), "a+ b+");
        assert_eq!(told(&[("gone+", 0)], &[]), "gone+");
    }
}
