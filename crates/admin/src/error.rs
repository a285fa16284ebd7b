//! Why an act was not done, for the one who asked.

use admin_api::Failure;
use directory::DirectoryError;
use mailbox::MailboxError;
use model::Text;
use store::{CommitError, StoreError};

/// An act was not done.
#[derive(Clone, Debug, thiserror::Error)]
pub enum AdminError {
    /// The directory says no.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// A mailbox could not be changed.
    #[error(transparent)]
    Mailbox(#[from] MailboxError),
    /// Not durable.
    #[error(transparent)]
    Commit(#[from] CommitError),
    /// Whoever asked may not do this.
    #[error("not allowed")]
    Forbidden,
    /// It needs two persons.
    #[error("needs two persons")]
    TwoPersons,
    /// Who reads a confidential function is not decided by administration.
    #[error("only the head teacher or the manager decides that")]
    Confidential,
    /// A rule says no: its code and its sentence.
    #[error("refused: {0}")]
    Refused(&'static str, Text),
    /// The request does not read, or says what cannot be.
    #[error("{}", .0.en)]
    Request(Text),
    /// There are several municipalities and none was named, or not one that is here.
    #[error("which municipality?")]
    Municipality,
    /// The caller hung up half-way.
    #[error("the caller hung up")]
    Gone,
    /// What an operation of the engine said.
    #[error("{}", .0.en)]
    Operation(Failure),
}

impl From<StoreError> for AdminError {
    fn from(error: StoreError) -> Self {
        Self::Directory(DirectoryError::Store(error))
    }
}

impl AdminError {
    /// Did somebody else change the same first? Then nothing was done, and it can be tried again.
    pub(crate) const fn is_conflict(&self) -> bool {
        matches!(self, Self::Commit(CommitError::Conflict(_)))
    }
    pub(crate) fn refused(code: &'static str, sv: impl Into<String>, en: impl Into<String>) -> Self {
        Self::Refused(code, Text::new(sv, en))
    }
    pub(crate) fn request(sv: impl Into<String>, en: impl Into<String>) -> Self {
        Self::Request(Text::new(sv, en))
    }

    /// For the caller.
    pub fn failure(&self) -> Failure {
        match self {
            Self::Directory(error) => Failure::new(error.code(), error.text()),
            Self::Operation(failure) => failure.clone(),
            Self::Refused(code, text) => Failure::new(code, text.clone()),
            Self::Request(text) => Failure::new("request", text.clone()),
            Self::Commit(error) => commit(error),
            Self::Mailbox(MailboxError::Commit(error)) => commit(error),
            Self::Mailbox(_) => Failure::new(
                "mailbox",
                Text::new(
                    "Brevlådorna gick inte att ändra. Driftloggen har orsaken; gör om det.",
                    "The mailboxes could not be changed. The service's log has the cause; do it again.",
                ),
            ),
            Self::Forbidden => Failure::new(
                "forbidden",
                Text::new("Kontot har inte rätt att göra detta.", "The account has no right to do this."),
            ),
            Self::TwoPersons => Failure::new(
                "two-persons",
                Text::new(
                    "Detta kräver två personer och går inte att göra ensam.",
                    "This needs two persons and cannot be done by one.",
                ),
            ),
            Self::Confidential => Failure::new(
                "confidential",
                Text::new(
                    "Funktionen är sekretesskyddad: bara skolans rektor eller funktionens ansvariga bestämmer vem som läser den, och ingen ger rätten till sig själv eller till administratörer.",
                    "The function is confidential: only the school's head teacher or the function's manager decides who reads it, and nobody gives that right to themselves or to administrators.",
                ),
            ),
            Self::Municipality => Failure::new(
                "municipality",
                Text::new(
                    "Vilken kommun? Ange --municipality med en av dess domäner.",
                    "Which municipality? Give --municipality with one of its domains.",
                ),
            ),
            Self::Gone => Failure::new("gone", Text::new("Förbindelsen bröts.", "The connection was cut.")),
        }
    }
}

fn commit(error: &CommitError) -> Failure {
    match error {
        CommitError::Conflict(_) => Failure::new(
            "conflict",
            Text::new(
                "Någon annan ändrade samma sak. Gör om det.",
                "Somebody else changed the same. Do it again.",
            ),
        ),
        CommitError::Full => Failure::new(
            "full",
            Text::new(
                "Disken är full. Ge plats och gör om det.",
                "The disk is full. Make room and do it again.",
            ),
        ),
        CommitError::ReadOnly => Failure::new(
            "read-only",
            Text::new(
                "Lagret tar inte emot ändringar; ”skolpost status” säger varför.",
                "The store takes no changes; “skolpost status” says why.",
            ),
        ),
        CommitError::Unknown(_) => Failure::new(
            "unknown",
            Text::new(
                "Det är inte säkert att ändringen blev sparad. Se efter innan du gör om den.",
                "It is not known whether the change was kept. Look before you do it again.",
            ),
        ),
        _ => Failure::new(
            "store",
            Text::new(
                "Ändringen gick inte att spara. Driftloggen har orsaken.",
                "The change could not be kept. The service's log has the cause.",
            ),
        ),
    }
}
