//! NOTIFY: which changes of which mailboxes the client wants to hear of.
//!
//! RFC 5465 §3, §5, §6.

use model::MailboxName;

use super::FetchItem;

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
