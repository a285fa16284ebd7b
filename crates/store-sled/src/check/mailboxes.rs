//! Mailboxes: counters, messages, flags and changes against each other, all in one walk in the order of the keys.

use model::{AccountId, FlagSet, MailboxRef, ModSeq, SystemFlag, TenantId, Uid, UidValidity, UnixMillis};
use store::{
    BodyEntry, BodyId, BodyKey, Change, ChangeKey, FlagsKey, MailboxState, MailboxStateKey, MessageEntry,
    MessageFlags, MessageKey, Record, StoreError, TypedKey, Usage, UsageKey,
};

use super::audit::Audit;
use super::cursor::{Peek, Typed};
use super::findings::{mailbox_place, message_place};
use crate::recovered::Recovered;

/// The keyspaces that are read side by side.
struct Rows<'a> {
    states: Peek<'a, MailboxStateKey>,
    messages: Peek<'a, MessageKey>,
    flags: Peek<'a, FlagsKey>,
    changes: Peek<'a, ChangeKey>,
    usage: Peek<'a, UsageKey>,
}

/// What the rows of one mailbox come to.
struct Tally {
    state: MailboxState,
    /// Ascending.
    uids: Vec<Uid>,
}

pub(crate) fn walk(audit: &mut Audit<'_>) -> Result<(), StoreError> {
    let (rows, seen) = (audit.rows, &mut audit.seen);
    let mut rows = Rows {
        states: Peek::new(rows, seen)?,
        messages: Peek::new(rows, seen)?,
        flags: Peek::new(rows, seen)?,
        changes: Peek::new(rows, seen)?,
        usage: Peek::new(rows, seen)?,
    };
    let mut account: Option<(UsageKey, Usage)> = None;
    while let Some(mailbox) = rows.next_mailbox() {
        let owner = UsageKey { tenant: mailbox.tenant, account: mailbox.account };
        if let Some((left, sum)) = account.take_if(|(key, _)| *key != owner) {
            compare_usage(audit, &mut rows, left, sum)?;
        }
        let state = mailbox_rows(audit, &mut rows, mailbox)?;
        let (_, sum) = account.get_or_insert((owner, Usage::default()));
        sum.bytes += state.bytes;
        sum.messages += u64::from(state.exists);
    }
    if let Some((left, sum)) = account {
        compare_usage(audit, &mut rows, left, sum)?;
    }
    let beyond = UsageKey { tenant: TenantId::new(u32::MAX), account: AccountId::new(u64::MAX) };
    usage_before(audit, &mut rows, beyond)?;
    // Of mailboxes that are gone: forgotten in their own time.
    while rows.changes.take(&mut audit.seen)?.is_some() {}
    Ok(())
}

impl Rows<'_> {
    fn next_mailbox(&self) -> Option<MailboxRef> {
        let state = self.states.key().map(|key| key.0);
        let message = self.messages.key().map(|key| key.mailbox);
        let flags = self.flags.key().map(|key| key.mailbox);
        [state, message, flags].into_iter().flatten().min()
    }
}

fn mailbox_rows(
    audit: &mut Audit<'_>,
    rows: &mut Rows<'_>,
    mailbox: MailboxRef,
) -> Result<MailboxState, StoreError> {
    let stored = rows.states.take_if(|key| key.0 == mailbox, &mut audit.seen)?;
    let found = stored.and_then(|row| match row.value {
        Ok(state) => Some(state),
        Err(why) => {
            audit.seen.odd_row(mailbox_place(mailbox), &why);
            None
        }
    });
    let base = found.unwrap_or_else(|| MailboxState::new(validity(audit)));
    let mut tally = Tally { state: MailboxState::new(base.uid_validity), uids: Vec::new() };
    tally.state.uid_next = base.uid_next;
    tally.state.highest_mod_seq = base.highest_mod_seq;
    while let Some(uid) = next_uid(rows, mailbox) {
        let message =
            rows.messages.take_if(|key| key.mailbox == mailbox && key.uid == uid, &mut audit.seen)?;
        let flags = rows.flags.take_if(|key| key.mailbox == mailbox && key.uid == uid, &mut audit.seen)?;
        pair(audit, &mut tally, mailbox, uid, message, flags)?;
    }
    changes(audit, rows, &mut tally, mailbox)?;
    match found {
        Some(state) => compare_state(audit, mailbox, &state, &tally.state)?,
        None => {
            let at = mailbox_place(mailbox);
            let sv = "brevlådans räknare saknas";
            audit.seen.found.error(at, sv, "the counters of the mailbox are missing");
            audit.put(&MailboxStateKey(mailbox), &tally.state)?;
        }
    }
    Ok(tally.state)
}

/// Of a mailbox whose own is lost: later than any that it can have had.
fn validity(audit: &Audit<'_>) -> UidValidity {
    let now = audit.mender.as_ref().map(|mender| mender.now.seconds());
    now.and_then(|now| u32::try_from(now).ok()).and_then(UidValidity::new).unwrap_or(UidValidity::MIN)
}

fn next_uid(rows: &Rows<'_>, mailbox: MailboxRef) -> Option<Uid> {
    let message = rows.messages.key().filter(|key| key.mailbox == mailbox).map(|key| key.uid);
    let flags = rows.flags.key().filter(|key| key.mailbox == mailbox).map(|key| key.uid);
    [message, flags].into_iter().flatten().min()
}

/// The two rows of one message.
fn pair(
    audit: &mut Audit<'_>,
    tally: &mut Tally,
    mailbox: MailboxRef,
    uid: Uid,
    message: Option<Typed<MessageKey>>,
    flags: Option<Typed<FlagsKey>>,
) -> Result<(), StoreError> {
    let at = || message_place(mailbox, uid);
    tally.state.uid_next = tally.state.uid_next.max(uid.next().unwrap_or(Uid::MAX));
    let row = match flags.map(|row| row.value) {
        Some(Ok(row)) => Some(row),
        Some(Err(why)) => {
            audit.seen.odd_row(format!("{} (flags)", at()), &why);
            None
        }
        None => {
            let sv = "raden med flaggor saknas";
            audit.seen.found.error(at(), sv, "the row of its flags is missing");
            None
        }
    };
    let Some(message) = message else {
        let sv = "bara flaggorna finns kvar; raden som namnger brevet är borta";
        audit.seen.found.error(at(), sv, "only its flags are left; the row that names the letter is gone");
        audit.refers_unknown = true;
        return audit.delete(&FlagsKey { mailbox, uid });
    };
    match message.value {
        Ok(entry) => whole(audit, tally, mailbox, uid, &entry, row),
        Err(why) => {
            audit.seen.odd_row(at(), &why);
            odd(audit, tally, mailbox, uid, &message.raw, row)
        }
    }
}

/// A message whose row reads.
fn whole(
    audit: &mut Audit<'_>,
    tally: &mut Tally,
    mailbox: MailboxRef,
    uid: Uid,
    entry: &MessageEntry,
    row: Option<MessageFlags>,
) -> Result<(), StoreError> {
    audit.references.count(&BodyKey { tenant: mailbox.tenant, body: entry.body }, Some(entry.size));
    let differs = row.as_ref().is_some_and(|row| {
        (row.size, row.internal_date, row.zone) != (entry.size, entry.internal_date, entry.zone)
    });
    if differs {
        let sv = "storlek eller datum skiljer sig mellan brevets två rader";
        let en = "size or date differ between the two rows of the message";
        audit.seen.found.error(message_place(mailbox, uid), sv, en);
    }
    let next = tally.state.highest_mod_seq.next();
    let right = MessageFlags {
        mod_seq: row.as_ref().filter(|_| !differs).map_or(next, |row| row.mod_seq),
        size: entry.size,
        internal_date: entry.internal_date,
        zone: entry.zone,
        flags: row.as_ref().map_or_else(FlagSet::new, |row| row.flags.clone()),
    };
    if row.is_none() || differs {
        if audit.mends() {
            tally.state.highest_mod_seq = next;
        }
        audit.put(&FlagsKey { mailbox, uid }, &right)?;
    } else {
        tally.see_mod_seq(right.mod_seq);
    }
    tally.count(uid, entry.size, &right.flags);
    Ok(())
}

/// A message whose row does not read: kept, and filed anew if its body can still be told.
fn odd(
    audit: &mut Audit<'_>,
    tally: &mut Tally,
    mailbox: MailboxRef,
    uid: Uid,
    raw: &[u8],
    row: Option<MessageFlags>,
) -> Result<(), StoreError> {
    let body = salvage(audit, mailbox.tenant, raw)?;
    match body {
        Some((body, size)) => {
            audit.references.count(&BodyKey { tenant: mailbox.tenant, body }, Some(size));
        }
        None => audit.refers_unknown = true,
    }
    if let Some((body, size)) = body.filter(|_| audit.mends()) {
        let (internal_date, flags) =
            row.map_or((UnixMillis(0), FlagSet::new()), |row| (row.internal_date, row.flags));
        audit.recovered.push(Recovered { mailbox, uid, body, size, internal_date, flags });
        return Ok(());
    }
    // It counts where it is, as far as its flags tell.
    let (size, flags) = row.map_or((0, FlagSet::new()), |row| {
        tally.see_mod_seq(row.mod_seq);
        (row.size, row.flags)
    });
    tally.count(uid, size, &flags);
    Ok(())
}

/// The body that a damaged row names, if there is one of that name: the name stands behind the version octet.
fn salvage(audit: &Audit<'_>, tenant: TenantId, raw: &[u8]) -> Result<Option<(BodyId, u64)>, StoreError> {
    let Some(Ok(name)) = raw.get(1..33).map(<[u8; 32]>::try_from) else { return Ok(None) };
    let body = BodyId(name);
    let value = match audit.rows.get(&BodyKey { tenant, body }.to_key()) {
        Err(StoreError::Damaged { .. }) => None,
        read => read?,
    };
    let entry = value.and_then(|value| BodyEntry::decode(&value).ok());
    Ok(entry.map(|entry| (body, entry.size)))
}

impl Tally {
    fn count(&mut self, uid: Uid, size: u64, flags: &FlagSet) {
        self.uids.push(uid);
        self.state.exists += 1;
        self.state.unseen += u32::from(!flags.has(SystemFlag::Seen));
        self.state.deleted += u32::from(flags.has(SystemFlag::Deleted));
        self.state.bytes += size;
    }
    fn see_mod_seq(&mut self, mod_seq: ModSeq) {
        self.state.highest_mod_seq = self.state.highest_mod_seq.max(mod_seq);
    }
}

fn changes(
    audit: &mut Audit<'_>,
    rows: &mut Rows<'_>,
    tally: &mut Tally,
    mailbox: MailboxRef,
) -> Result<(), StoreError> {
    while let Some(row) = rows.changes.take_if(|key| key.mailbox <= mailbox, &mut audit.seen)? {
        if row.key.mailbox < mailbox {
            continue;
        }
        tally.see_mod_seq(row.key.mod_seq);
        let at = format!("{}, change {}", mailbox_place(mailbox), row.key.mod_seq);
        match row.value {
            Ok(change) if names_one_that_is_there(&change, &tally.uids) => {
                let en = "a message is there that is remembered as expunged";
                audit.seen.found.error(at, "ett brev finns kvar fast det är antecknat som borttaget", en);
            }
            Ok(_) => {}
            Err(why) => {
                audit.seen.odd_row(at, &why);
                audit.delete(&row.key)?;
            }
        }
    }
    Ok(())
}

fn names_one_that_is_there(change: &Change, uids: &[Uid]) -> bool {
    change.expunged.iter().any(|uid| uids.binary_search(&uid).is_ok())
}

fn compare_state(
    audit: &mut Audit<'_>,
    mailbox: MailboxRef,
    stored: &MailboxState,
    right: &MailboxState,
) -> Result<(), StoreError> {
    let fields = [
        ("exists", u64::from(stored.exists), u64::from(right.exists)),
        ("unseen", stored.unseen.into(), right.unseen.into()),
        ("deleted", stored.deleted.into(), right.deleted.into()),
        ("bytes", stored.bytes, right.bytes),
        ("UIDNEXT", stored.uid_next.get().into(), right.uid_next.get().into()),
        ("HIGHESTMODSEQ", stored.highest_mod_seq.0, right.highest_mod_seq.0),
    ];
    for (name, stored, right) in fields.into_iter().filter(|(_, stored, right)| stored != right) {
        let sv = format!("räknaren {name} är {stored}; raderna ger {right}");
        let en = format!("the counter {name} is {stored}; the rows come to {right}");
        audit.seen.found.error(mailbox_place(mailbox), sv, en);
    }
    if stored == right { Ok(()) } else { audit.put(&MailboxStateKey(mailbox), right) }
}

fn compare_usage(
    audit: &mut Audit<'_>,
    rows: &mut Rows<'_>,
    key: UsageKey,
    right: Usage,
) -> Result<(), StoreError> {
    usage_before(audit, rows, key)?;
    let stored = match rows.usage.take_if(|found| *found == key, &mut audit.seen)?.map(|row| row.value) {
        Some(Ok(usage)) => Some(usage),
        Some(Err(why)) => {
            audit.seen.odd_row(usage_place(key), &why);
            None
        }
        None => Some(Usage::default()),
    };
    if stored == Some(right) {
        return Ok(());
    }
    if let Some(stored) = stored {
        usage_differs(audit, key, stored, right);
    }
    audit.put(&key, &right)
}

/// Accounts without a mailbox: they hold nothing.
fn usage_before(audit: &mut Audit<'_>, rows: &mut Rows<'_>, key: UsageKey) -> Result<(), StoreError> {
    let order = |key: &UsageKey| (key.tenant, key.account);
    while let Some(row) = rows.usage.take_if(|found| order(found) < order(&key), &mut audit.seen)? {
        match row.value {
            Ok(usage) if usage == Usage::default() => continue,
            Ok(usage) => usage_differs(audit, row.key, usage, Usage::default()),
            Err(why) => audit.seen.odd_row(usage_place(row.key), &why),
        }
        audit.put(&row.key, &Usage::default())?;
    }
    Ok(())
}

fn usage_place(key: UsageKey) -> String {
    format!("tenant {}, account {}, usage", key.tenant, key.account)
}

fn usage_differs(audit: &mut Audit<'_>, key: UsageKey, stored: Usage, right: Usage) {
    let (s, r) = (stored, right);
    let sv = format!(
        "kontots förbrukning är {} brev, {} byte; breven ger {} och {}",
        s.messages, s.bytes, r.messages, r.bytes
    );
    let en = format!(
        "the usage is {} messages, {} octets; the messages come to {} and {}",
        s.messages, s.bytes, r.messages, r.bytes
    );
    audit.seen.found.error(usage_place(key), sv, en);
}
