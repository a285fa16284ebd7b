//! Refusals of the other crates as replies: the one place where they meet the protocol.

use directory::AuthError;
use flow::Refusal;
use model::Text;
use smtp_wire::{EnhancedStatus, Reply};

pub(crate) fn refusal(refusal: Refusal) -> Reply {
    let (class, subject, detail) = refusal.enhanced;
    Reply::new(refusal.code, EnhancedStatus::new(class, subject, detail), refusal.text)
}

/// RFC 4954 §6: 535 for a wrong name or password, 454 when it could not be checked. A locked account is named as such only
/// to who knows its password.
pub(crate) fn auth_error(error: &AuthError) -> Reply {
    let (code, status) = match error {
        AuthError::Wrong | AuthError::Locked => (535, EnhancedStatus::new(5, 7, 8)),
        AuthError::TooManyTries | AuthError::Unavailable | AuthError::Store(_) => {
            (454, EnhancedStatus::new(4, 7, 0))
        }
    };
    Reply::new(code, status, error.text())
}

/// RFC 4954 §4: somebody who logs in as one person to act as another.
pub(crate) fn acting_for_another() -> Reply {
    Reply::new(
        535,
        EnhancedStatus::new(5, 7, 8),
        Text::new(
            "Det går inte att logga in åt någon annan. Lämna fältet för auktoriserings-id tomt.",
            "Nobody logs in for somebody else. Leave the authorization identity empty.",
        ),
    )
}

/// A question at a moment when the session should not have asked it.
pub(crate) fn out_of_order() -> Reply {
    Reply::english(451, EnhancedStatus::new(4, 3, 0), "Local error, try again later")
}
