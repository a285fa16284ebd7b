//! A new UIDVALIDITY for every mailbox, after acknowledged messages were lost: a program that saw them must not take
//! others for them (RFC 3501 §2.3.1.1).

use std::io;

use bytes::Bytes;
use model::{UidValidity, UnixMillis};
use store::{Key, Keyspace, MailboxState, MailboxStateKey, Record, TypedKey};

use super::Raise;
use crate::applied::Applied;
use crate::base;
use crate::committer::apply;
use crate::recover::OpenError;

const ROWS: usize = 1000;

/// Gives every mailbox a new UIDVALIDITY; the index stays at `lsn`.
pub(super) fn raise_all(
    index: &dyn Applied,
    lsn: u64,
    now: UnixMillis,
    raise: &Raise<'_>,
) -> Result<(), OpenError> {
    let at_least = u32::try_from(now.seconds()).ok().and_then(UidValidity::new).unwrap_or(UidValidity::MIN);
    let mut page = Vec::new();
    // Written behind the walk: it never meets its own rows.
    base::each_row(index, |key, value| {
        if let Some(raised) = raised(key, value, at_least, raise) {
            page.push((key.clone(), Some(raised)));
        }
        if page.len() < ROWS {
            return Ok(());
        }
        apply(index, &mut page.drain(..), lsn).map_err(io::Error::other)
    })
    .map_err(OpenError::io("raising UIDVALIDITY"))?;
    Ok(apply(index, &mut page.drain(..), lsn)?)
}

fn raised(key: &Key, value: &[u8], at_least: UidValidity, raise: &Raise<'_>) -> Option<Bytes> {
    if key.space() != Some(Keyspace::MailboxState) {
        return raise(key, value, at_least).map(Bytes::from);
    }
    MailboxStateKey::from_key(key)?;
    let mut state = MailboxState::decode(value).ok()?;
    state.uid_validity = state.uid_validity.next().unwrap_or(UidValidity::MAX).max(at_least);
    Some(state.encode().into())
}
