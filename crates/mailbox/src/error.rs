//! What can go wrong, in terms of what the caller can do about it.

use model::{MailboxName, MailboxNameError, SpecialUse, Text};
use store::{CommitError, StoreError};

/// A mailbox operation did not happen, or not wholly where its description says so.
#[derive(Debug, Clone, thiserror::Error)]
pub enum MailboxError {
    /// There is no mailbox of that name: NO \[NONEXISTENT\], or \[TRYCREATE\] for APPEND, COPY and MOVE.
    #[error("there is no mailbox {0}")]
    NoMailbox(MailboxName),
    /// There is one already: NO \[ALREADYEXISTS\].
    #[error("there is a mailbox {0} already")]
    Exists(MailboxName),
    /// The name is another language's word for a special mailbox, which stands under this name: NO \[CANNOT\].
    #[error("the mailbox for {special:?} is {existing}")]
    Twin {
        /// What it is for.
        special: SpecialUse,
        /// What it is called in this account.
        existing: MailboxName,
    },
    /// INBOX and the special mailboxes stay: NO \[CANNOT\].
    #[error("the mailbox {0} cannot be deleted")]
    Permanent(MailboxName),
    /// Only a name above others is left, and it stays while they do: NO \[HASCHILDREN\].
    #[error("the name {0} has others below it")]
    HasChildren(MailboxName),
    /// A mailbox cannot move into itself: NO \[CANNOT\].
    #[error("a mailbox cannot be moved below itself")]
    IntoItself,
    /// The new name, or that of a mailbox that goes along, is no name: NO \[CANNOT\].
    #[error(transparent)]
    Name(#[from] MailboxNameError),
    /// A bound of [`crate::Limits`] or of the protocol: NO \[LIMIT\].
    #[error("limit reached: {0}")]
    Limit(&'static str),
    /// It would look through more than `search_work_max`: NO \[LIMIT\].
    #[error("the search has more to look through than is allowed")]
    SearchTooLarge,
    /// The account has no room for it: NO \[OVERQUOTA\].
    #[error("the quota of the account is used up")]
    OverQuota,
    /// The selected mailbox has been deleted: BYE, or as if it were empty.
    #[error("the mailbox is gone")]
    Gone,
    /// Whoever has the mailbox selected may not read it any more: BYE \[NOPERM\]. Whether it is still there is not told.
    #[error("the right to read the mailbox was withdrawn")]
    AccessEnded,
    /// There is no message with that sequence number: BAD.
    #[error("no message has that number")]
    NoSuchMessage,
    /// Some of the messages are gone and the session has not been told: NO \[EXPUNGEISSUED\].
    #[error("some of these messages are gone")]
    Expunged,
    /// The access control list does not allow it: NO \[NOPERM\].
    #[error("the rights to the mailbox do not allow it")]
    NoPermission,
    /// EXAMINE does not change anything: NO.
    #[error("the mailbox is open for reading only")]
    ReadOnly,
    /// Others change the same thing all the time: NO \[INUSE\].
    #[error("somebody else is changing the same mailbox, try again")]
    Busy,
    /// Reading failed: NO \[SERVERBUG\] or \[UNAVAILABLE\].
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Writing failed; see [`CommitError`] for what it means: NO \[UNAVAILABLE\], \[OVERQUOTA\] never.
    #[error(transparent)]
    Commit(CommitError),
}

impl MailboxError {
    /// Is only one message damaged, so that others are worth trying?
    pub fn concerns_one_message(&self) -> bool {
        use StoreError as S;
        matches!(self, Self::Store(S::NoBody(_) | S::Damaged { .. } | S::Record { .. }))
    }
    /// What the person at the other end should read.
    pub fn text(&self) -> Text {
        match self {
            Self::NoMailbox(name) => {
                Text::new(format!("Mappen {name} finns inte"), format!("There is no mailbox {name}"))
            }
            Self::Exists(name) => Text::new(
                format!("Det finns redan en mapp {name}"),
                format!("There is a mailbox {name} already"),
            ),
            Self::Twin { existing, .. } => Text::new(
                format!("Den mappen finns redan och heter {existing}; välj den i programmets inställningar"),
                format!(
                    "That mailbox is here already and is called {existing}; choose it in your program's settings"
                ),
            ),
            Self::Permanent(name) => Text::new(
                format!("Mappen {name} hör till kontot och kan inte tas bort"),
                format!("The mailbox {name} belongs to the account and cannot be deleted"),
            ),
            Self::HasChildren(name) => Text::new(
                format!("Ta först bort mapparna under {name}"),
                format!("Delete the mailboxes below {name} first"),
            ),
            Self::IntoItself => {
                Text::new("En mapp kan inte flyttas in i sig själv", "A mailbox cannot be moved below itself")
            }
            Self::Name(_) => Text::new(
                "Mappens namn blir för långt eller har tecken som inte går",
                "The mailbox name is too long or has characters that cannot be used",
            ),
            Self::Limit(what) => {
                Text::new(format!("Gränsen är nådd ({what})"), format!("Limit reached ({what})"))
            }
            Self::SearchTooLarge => Text::new(
                "Sökningen är för stor. Sök efter färre ord, eller bland färre brev",
                "The search is too large. Look for fewer words, or among fewer messages",
            ),
            Self::OverQuota => Text::new(
                "Brevlådan är full. Ta bort brev eller töm papperskorgen",
                "The mailbox is full. Delete messages or empty the trash",
            ),
            Self::NoSuchMessage => {
                Text::new("Det finns inget brev med det numret", "There is no message with that number")
            }
            Self::Gone => Text::new("Mappen har tagits bort", "The mailbox has been deleted"),
            Self::AccessEnded => Text::new(
                "Du har inte längre tillgång till den här mappen.",
                "You no longer have access to this mailbox.",
            ),
            Self::Expunged => {
                Text::new("Några av breven är redan borta", "Some of the messages are gone already")
            }
            Self::NoPermission => Text::new(
                "Din behörighet till den delade mappen räcker inte till det",
                "You have no right to do that in the shared mailbox",
            ),
            Self::ReadOnly => {
                Text::new("Mappen är öppnad för läsning", "The mailbox is open for reading only")
            }
            Self::Busy => Text::new(
                "Mappen ändras just nu av någon annan. Försök igen",
                "Somebody else is changing the mailbox. Try again",
            ),
            Self::Store(_) | Self::Commit(_) => Text::new(
                "Servern kan inte göra det just nu. Försök igen om en stund",
                "The server cannot do that now. Try again in a while",
            ),
        }
    }
}

impl From<CommitError> for MailboxError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Conflict(_) => Self::Busy,
            CommitError::NoMailbox(_) => Self::Gone,
            CommitError::UsedUp(_) => Self::Limit("UIDs"),
            CommitError::TooLarge(what) => Self::Limit(what),
            CommitError::Store(error) => Self::Store(error),
            other => Self::Commit(other),
        }
    }
}
