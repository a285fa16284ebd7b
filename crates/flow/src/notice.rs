//! Letters that the service itself writes.

use model::{EmailAddress, ReversePath, UnixMillis};

use crate::{Accepted, Intake, MailParams, Origin, Refusal};

/// Sends a letter of the service's own: lines end in CRLF, it has a From; Date and Message-ID are added if they are
/// missing. All or nobody gets it.
///
/// # Errors
/// As in the dialogue with anybody else; the first recipient who is refused refuses the letter.
pub async fn notice(
    intake: &Intake,
    from: ReversePath,
    to: impl IntoIterator<Item = EmailAddress>,
    letter: &[u8],
    now: UnixMillis,
) -> Result<Accepted, Refusal> {
    let params = MailParams { size: Some(letter.len() as u64), smtputf8: false };
    let mut transaction = intake.mail(Origin::Local, from, params, now).await?;
    for address in to {
        transaction.rcpt(address).await?;
    }
    transaction.append(letter)?;
    transaction.finish(now).await
}
