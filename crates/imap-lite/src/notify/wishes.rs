//! What is asked of which mailboxes.
//!
//! RFC 5465 §6. What several groups ask of one mailbox adds up. A name is looked up, never compared with all that were
//! asked for: a client may name hundreds.

use std::collections::HashMap;

use imap_wire::command::{NotifyEvents, NotifyFilter, NotifyGroup};
use mailbox::Folder;
use model::{HIERARCHY_DELIMITER, MailboxName};

/// Everything that is asked outside the selected mailbox.
#[derive(Default)]
pub(super) struct Wishes {
    inboxes: NotifyEvents,
    personal: NotifyEvents,
    subscribed: NotifyEvents,
    subtrees: HashMap<String, NotifyEvents>,
    mailboxes: HashMap<String, NotifyEvents>,
    /// All of them together, of any mailbox.
    any: NotifyEvents,
    asked: bool,
}

impl Wishes {
    pub(super) fn add(&mut self, group: NotifyGroup) {
        let NotifyGroup { filter, events } = group;
        self.asked = true;
        merge(&mut self.any, &events);
        let put = |into: &mut HashMap<String, NotifyEvents>, names: Vec<MailboxName>| {
            for name in names {
                merge(into.entry(name.to_string()).or_default(), &events);
            }
        };
        match filter {
            // Of the selected one is told elsewhere.
            NotifyFilter::Selected | NotifyFilter::SelectedDelayed => {}
            NotifyFilter::Inboxes => merge(&mut self.inboxes, &events),
            NotifyFilter::Personal => merge(&mut self.personal, &events),
            NotifyFilter::Subscribed => merge(&mut self.subscribed, &events),
            NotifyFilter::Subtree(names) => put(&mut self.subtrees, names),
            NotifyFilter::Mailboxes(names) => put(&mut self.mailboxes, names),
        }
    }

    pub(super) const fn is_empty(&self) -> bool {
        !self.asked
    }
    /// Is anything to be told of names or subscriptions?
    pub(super) const fn names(&self) -> bool {
        self.any.mailbox_name || self.any.subscription_change
    }
    pub(super) const fn annotations(&self) -> bool {
        self.any.mailbox_metadata_change || self.any.server_metadata_change
    }
    pub(super) const fn server_annotations(&self) -> bool {
        self.any.server_metadata_change
    }

    /// Everything that is asked of one name. Letters arrive in INBOX.
    pub(super) fn of(&self, folder: &Folder) -> NotifyEvents {
        let mut all = self.personal.clone();
        if folder.name.is_inbox() {
            merge(&mut all, &self.inboxes);
        }
        if folder.subscribed {
            merge(&mut all, &self.subscribed);
        }
        let mut found = |events: Option<&NotifyEvents>| {
            if let Some(events) = events {
                merge(&mut all, events);
            }
        };
        let name = folder.name.as_str();
        found(self.mailboxes.get(name));
        if !self.subtrees.is_empty() {
            found(self.subtrees.get(name));
            name.match_indices(HIERARCHY_DELIMITER)
                .for_each(|(end, _)| found(self.subtrees.get(&name[..end])));
        }
        all
    }
}

/// Of a mailbox that is not selected no letter is fetched; what counts is whether they are asked for.
fn merge(all: &mut NotifyEvents, more: &NotifyEvents) {
    if more.message_new.is_some() {
        all.message_new = Some(Vec::new());
    }
    all.message_expunge |= more.message_expunge;
    all.flag_change |= more.flag_change;
    all.mailbox_name |= more.mailbox_name;
    all.subscription_change |= more.subscription_change;
    all.mailbox_metadata_change |= more.mailbox_metadata_change;
    all.server_metadata_change |= more.server_metadata_change;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(name: &str) -> MailboxName {
        MailboxName::parse(name).unwrap()
    }

    #[test]
    fn groups_that_name_a_mailbox_add_up() {
        let mut wishes = Wishes::default();
        assert!(wishes.is_empty());
        let flags = NotifyEvents { flag_change: true, ..NotifyEvents::default() };
        let expunges = NotifyEvents { message_expunge: true, ..NotifyEvents::default() };
        let letters = NotifyEvents { message_new: Some(Vec::new()), ..NotifyEvents::default() };
        for (filter, events) in [
            (NotifyFilter::Subtree(vec![name("a"), name("a/b")]), &flags),
            (NotifyFilter::Mailboxes(vec![name("a/b")]), &expunges),
            (NotifyFilter::Subscribed, &letters),
            (NotifyFilter::Inboxes, &expunges),
        ] {
            wishes.add(NotifyGroup { filter, events: events.clone() });
        }
        assert!(!wishes.is_empty() && !wishes.names() && !wishes.annotations());
        let told = |text: &str, subscribed| {
            let folder = Folder {
                name: name(text),
                mailbox: None,
                special: None,
                subscribed,
                has_children: false,
                has_subscribed_children: false,
            };
            let events = wishes.of(&folder);
            (events.message_new.is_some(), events.message_expunge, events.flag_change)
        };
        assert_eq!(told("a", false), (false, false, true));
        assert_eq!(told("a", true), (true, false, true));
        assert_eq!(told("a/b", false), (false, true, true));
        assert_eq!(told("a/b/c", false), (false, false, true));
        assert_eq!(told("ab", false), (false, false, false));
        assert_eq!(told("INBOX", false), (false, true, false));
    }
}
