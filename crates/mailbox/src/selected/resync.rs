//! What happened since a client was here last.
//!
//! RFC 7162 §3.1.4.1 (CHANGEDSINCE), §3.2.5 (QRESYNC: known UIDs, and places that still match), §3.2.6 (VANISHED). What went is
//! read from the remembered changes; where those do not reach back far enough, everything is told that the client may know
//! and that is not there.

use model::{ModSeq, Uid, UidSet, UnixMillis};
use store::{ChangeKey, KeyRange};

use super::Selected;
use crate::view::changes;
use crate::{MailboxError, Picked};

impl Selected {
    /// Those of `picked` that changed after `since`.
    ///
    /// # Errors
    /// [`MailboxError::Gone`], [`MailboxError::Store`].
    pub async fn changed_since(
        &self,
        mut picked: Picked,
        since: ModSeq,
        now: UnixMillis,
    ) -> Result<Picked, MailboxError> {
        let table = self.table(now).await?;
        // What is gone stays, so that the command notices.
        picked.retain(|(_, uid)| table.row(*uid).is_none_or(|row| row.mod_seq > since));
        Ok(picked)
    }

    /// Those of `known` above `floor` that went after `since`: for VANISHED (EARLIER). What the session still counts is not
    /// among them.
    ///
    /// # Errors
    /// [`MailboxError::Store`].
    pub async fn vanished(
        &self,
        known: &UidSet,
        since: ModSeq,
        floor: Option<Uid>,
    ) -> Result<UidSet, MailboxError> {
        let first = floor.map_or(Some(Uid::MIN), Uid::next);
        let last = Uid::new(self.told_uid_next.get() - 1);
        let (Some(first), Some(last)) = (first, last) else { return Ok(UidSet::new()) };
        if first > last || since == self.told_mod_seq {
            return Ok(UidSet::new());
        }
        let mut wanted = known.intersection(&UidSet::range(first, last));
        if since < self.told_mod_seq && self.remembers(since).await? {
            let (store, mailbox) = (self.mailboxes.store(), self.mailbox());
            let (_, expunged) = changes(store, mailbox, since, self.told_mod_seq).await?;
            wanted = wanted.intersection(&expunged);
        }
        Ok(without(&wanted, self.told()))
    }

    /// Is every change after `since` remembered? The oldest are forgotten first.
    async fn remembers(&self, since: ModSeq) -> Result<bool, MailboxError> {
        let range = KeyRange::prefix(&ChangeKey::prefix(self.mailbox()));
        let oldest = self.mailboxes.store().page::<ChangeKey>(&range, 1).await?;
        Ok(oldest.first().is_some_and(|(key, _)| key.mod_seq <= since.next()))
    }

    /// Up to which UID a client knows what went, by a sample of places and UIDs that it has (RFC 7162 §3.2.5.2). Both come
    /// as closed ranges, ascending.
    pub fn matching_up_to(&self, places: &[(u32, u32)], uids: &[(u32, u32)]) -> Option<Uid> {
        let each = |(low, high): &(u32, u32)| *low..=*high;
        let pairs = places.iter().flat_map(each).zip(uids.iter().flat_map(each));
        let pairs = pairs.take_while(|(place, _)| *place <= self.exists());
        let told = self.told();
        let matching = pairs.filter(|(place, uid)| *place > 0 && told[*place as usize - 1] == *uid);
        matching.last().and_then(|(_, uid)| Uid::new(uid))
    }
}

/// `wanted` without those in `there`, which ascends.
fn without(wanted: &UidSet, there: &[u32]) -> UidSet {
    let mut left = UidSet::new();
    let mut add = |low: u32, high: u32| {
        if let (Some(low), Some(high)) = (Uid::new(low), Uid::new(high))
            && low <= high
        {
            left.insert_range(low, high);
        }
    };
    for (low, high) in wanted.ranges() {
        let (mut low, high) = (low.get(), high.get());
        let from = there.partition_point(|uid| *uid < low);
        for uid in there[from..].iter().take_while(|uid| **uid <= high) {
            add(low, uid - 1);
            low = uid.saturating_add(1);
        }
        add(low, high);
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_left_out() {
        let uid = |number| Uid::new(number).unwrap();
        let wanted: UidSet = (1..=9).chain(20..=22).map(uid).collect();
        let left = |there: &[u32]| without(&wanted, there).to_string();
        assert_eq!(left(&[]), "1:9,20:22");
        assert_eq!(left(&[1, 4, 5, 9, 12, 22]), "2:3,6:8,20:21");
        assert_eq!(left(&(1..30).collect::<Vec<_>>()), "");
    }
}
