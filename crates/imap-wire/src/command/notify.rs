//! NOTIFY: which changes of which mailboxes the client wants to hear of.
//!
//! RFC 5465 §3, §5 (which events go together), §6, §8.

use model::MailboxName;

use super::FetchItem;
use super::error::Reason;
use super::fetch;
use crate::cursor::Cursor;

/// NOTIFY.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notify {
    /// Nothing, not even of the selected mailbox.
    None,
    /// These.
    Set {
        /// Begin with a STATUS of each mailbox outside the selected one.
        status: bool,
        /// The first group that names a mailbox decides.
        groups: Vec<NotifyGroup>,
    },
}

/// Events of some mailboxes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotifyGroup {
    /// Which mailboxes.
    pub filter: NotifyFilter,
    /// Which events; none at all with the word NONE.
    pub events: NotifyEvents,
}

/// Mailboxes (RFC 5465 §6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotifyFilter {
    /// The selected one, expunges at once.
    Selected,
    /// The selected one, expunges when sequence numbers may change.
    SelectedDelayed,
    /// Where letters arrive.
    Inboxes,
    /// All of the personal namespace.
    Personal,
    /// All that are subscribed to.
    Subscribed,
    /// These and all below.
    Subtree(Vec<MailboxName>),
    /// These.
    Mailboxes(Vec<MailboxName>),
}

/// Events (RFC 5465 §5).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NotifyEvents {
    /// `MessageNew`; in the selected mailbox with what is to be fetched of it.
    pub message_new: Option<Vec<FetchItem>>,
    /// `MessageExpunge`
    pub message_expunge: bool,
    /// `FlagChange`
    pub flag_change: bool,
    /// `AnnotationChange`; there are no annotations: BADEVENT.
    pub annotation_change: bool,
    /// `MailboxName`
    pub mailbox_name: bool,
    /// `SubscriptionChange`
    pub subscription_change: bool,
    /// `MailboxMetadataChange`
    pub mailbox_metadata_change: bool,
    /// `ServerMetadataChange`
    pub server_metadata_change: bool,
}

impl Notify {
    /// Events that can be asked for, as BADEVENT tells them (RFC 5465 §5).
    pub const EVENTS: &str = "MessageNew MessageExpunge FlagChange MailboxName SubscriptionChange \
        MailboxMetadataChange ServerMetadataChange";
}

impl NotifyEvents {
    /// Some that are about messages?
    fn of_messages(&self) -> bool {
        self.message_new.is_some() || self.message_expunge || self.flag_change || self.annotation_change
    }
    /// Some that are not?
    fn of_others(&self) -> bool {
        self.mailbox_name
            || self.subscription_change
            || self.mailbox_metadata_change
            || self.server_metadata_change
    }
}

impl NotifyFilter {
    const fn is_selected(&self) -> bool {
        matches!(self, Self::Selected | Self::SelectedDelayed)
    }
}

type Parsed<T> = Result<T, Reason>;

/// `NONE`, or `SET [STATUS] (filter events) …`
pub(super) fn notify(cursor: &mut Cursor<'_>) -> Parsed<Notify> {
    let at = cursor.place();
    match cursor.keyword("NONE or SET")?.as_str() {
        "NONE" => return Ok(Notify::None),
        "SET" => {}
        _ => return Err(Reason::expected("NONE or SET", at)),
    }
    cursor.space()?;
    let status = cursor.eat_word("STATUS ");
    let (mut groups, mut selected) = (Vec::new(), false);
    loop {
        cursor.spaces();
        cursor.room(groups.len(), "event groups")?;
        let at = cursor.place();
        let group = group(cursor)?;
        // RFC 5465 §6.1: it is said once how the selected mailbox is told.
        if group.filter.is_selected() && std::mem::replace(&mut selected, true) {
            return Err(Reason::expected("one group for the selected mailbox", at));
        }
        groups.push(group);
        if !cursor.more() {
            return Ok(Notify::Set { status, groups });
        }
    }
}

fn group(cursor: &mut Cursor<'_>) -> Parsed<NotifyGroup> {
    cursor.expect(b'(', "( and an event group")?;
    let filter = filter(cursor)?;
    cursor.space()?;
    let at = cursor.place();
    let events = if cursor.eat_word("NONE") { NotifyEvents::default() } else { events(cursor, &filter)? };
    check(&filter, &events).map_err(|what| Reason::expected(what, at))?;
    cursor.expect(b')', ") behind the events")?;
    Ok(NotifyGroup { filter, events })
}

fn filter(cursor: &mut Cursor<'_>) -> Parsed<NotifyFilter> {
    let at = cursor.place();
    Ok(match cursor.keyword("which mailboxes")?.as_str() {
        "SELECTED" => NotifyFilter::Selected,
        "SELECTED-DELAYED" => NotifyFilter::SelectedDelayed,
        "INBOXES" => NotifyFilter::Inboxes,
        "PERSONAL" => NotifyFilter::Personal,
        "SUBSCRIBED" => NotifyFilter::Subscribed,
        "SUBTREE" => NotifyFilter::Subtree(mailboxes(cursor)?),
        "MAILBOXES" => NotifyFilter::Mailboxes(mailboxes(cursor)?),
        _ => return Err(Reason::expected("which mailboxes", at)),
    })
}

fn mailboxes(cursor: &mut Cursor<'_>) -> Parsed<Vec<MailboxName>> {
    cursor.space()?;
    if cursor.peek() == Some(b'(') {
        cursor.list("mailboxes", Cursor::mailbox)
    } else {
        cursor.mailbox().map(|one| vec![one])
    }
}

/// In parentheses; without them too, as the examples of RFC 5465 §3.1 write it.
fn events(cursor: &mut Cursor<'_>, filter: &NotifyFilter) -> Parsed<NotifyEvents> {
    let mut events = NotifyEvents::default();
    if cursor.peek() == Some(b'(') {
        cursor.list("NONE, or ( and events", |cursor| event(cursor, filter, &mut events))?;
        return Ok(events);
    }
    loop {
        event(cursor, filter, &mut events)?;
        if !cursor.more() {
            return Ok(events);
        }
    }
}

fn event(cursor: &mut Cursor<'_>, filter: &NotifyFilter, events: &mut NotifyEvents) -> Parsed<()> {
    match cursor.keyword("an event")?.as_str() {
        "MESSAGENEW" => events.message_new = Some(fetched(cursor, filter)?),
        "MESSAGEEXPUNGE" => events.message_expunge = true,
        "FLAGCHANGE" => events.flag_change = true,
        "ANNOTATIONCHANGE" => events.annotation_change = true,
        "MAILBOXNAME" => events.mailbox_name = true,
        "SUBSCRIPTIONCHANGE" => events.subscription_change = true,
        "MAILBOXMETADATACHANGE" => events.mailbox_metadata_change = true,
        "SERVERMETADATACHANGE" => events.server_metadata_change = true,
        _ => return Err(Reason::BadEvent),
    }
    Ok(())
}

/// What is to be told of new messages: only of those that the client counts (RFC 5465 §8).
fn fetched(cursor: &mut Cursor<'_>, filter: &NotifyFilter) -> Parsed<Vec<FetchItem>> {
    if !cursor.looks_like(" (") {
        return Ok(Vec::new());
    }
    cursor.space()?;
    if !filter.is_selected() {
        return cursor.error("fetch items for the selected mailbox only");
    }
    fetch::item_list(cursor)
}

/// RFC 5465 §5, §5.1, §6.1: what goes together.
fn check(filter: &NotifyFilter, events: &NotifyEvents) -> Result<(), &'static str> {
    let both = events.message_new.is_some() && events.message_expunge;
    if events.of_messages() && !both {
        return Err("MessageNew together with MessageExpunge");
    }
    if filter.is_selected() && events.of_others() {
        return Err("events of messages only for the selected mailbox");
    }
    Ok(())
}
