//! GETMETADATA, SETMETADATA, and METADATA in LIST.
//!
//! RFC 5464 §4.2, §4.3; RFC 9590. `/private/` entries are the reader's own; `/shared/` ones need `w` to be set (`r` to be
//! read, as everything here). Of the server, `/shared/admin` says whom to write to, and nothing shared can be set.

use imap_wire::command::{GetMetadata, ListMetadata, MetadataDepth, SetMetadata};
use imap_wire::encode;
use imap_wire::{Code, Completion};
use mailbox::{Annotated, Annotation, MailboxError};
use model::{MailboxName, MailboxRef, Right, Text};

use crate::answers;
use crate::conversation::{Outcome, now};
use crate::folders::Folders;
use crate::wire::Wire;

/// Longest name of an entry, in octets.
const ENTRY_OCTETS_MAX: usize = 255;

/// What is asked of entries.
struct Wanted<'a> {
    entries: &'a [String],
    depth: MetadataDepth,
    max_size: Option<u32>,
}

pub(crate) async fn get(folders: &Folders<'_>, asked: &GetMetadata, wire: &mut Wire) -> Outcome {
    if !asked.entries.iter().all(|entry| is_asked_for(entry)) {
        return Ok(no_entry());
    }
    let place = match &asked.mailbox {
        Some(name) => Annotated::Mailbox(folders.open(name, &[Right::Read]).await?),
        None => server(folders),
    };
    let wanted = Wanted { entries: &asked.entries, depth: asked.depth, max_size: asked.max_size };
    let longest = write(folders, place, asked.mailbox.as_ref(), &wanted, wire).await?;
    Ok(match longest {
        Some(octets) => Completion::ok_with(Code::MetadataLongEntries(octets)),
        None => Completion::ok(),
    })
}

/// What LIST was asked to tell of a mailbox that may be read.
pub(crate) async fn write_listed(
    folders: &Folders<'_>,
    mailbox: MailboxRef,
    name: &MailboxName,
    asked: &ListMetadata,
    wire: &mut Wire,
) -> Result<(), MailboxError> {
    let wanted = Wanted { entries: &asked.entries, depth: asked.depth, max_size: asked.max_size };
    write(folders, Annotated::Mailbox(mailbox), Some(name), &wanted, wire).await.map(|_| ())
}

/// Writes what there is; returns the size of the longest value that was left out as too long.
async fn write(
    folders: &Folders<'_>,
    place: Annotated,
    name: Option<&MailboxName>,
    wanted: &Wanted<'_>,
    wire: &mut Wire,
) -> Result<Option<u32>, MailboxError> {
    let mut found = folders.mailboxes.annotations(place, folders.account.id).await?;
    if let Annotated::Server(..) = place {
        found.extend(admin(folders).await?);
    }
    found.retain(|one| wanted.entries.iter().any(|entry| lies_in(&one.entry, entry, wanted.depth)));
    let too_long = |one: &Annotation| wanted.max_size.is_some_and(|most| one.value.len() > most as usize);
    let longest = found.iter().filter(|one| too_long(one)).map(|one| one.value.len()).max();
    found.retain(|one| !too_long(one));
    if !found.is_empty() {
        let entries = found.iter().map(|one| (one.entry.as_str(), Some(&one.value[..])));
        encode::metadata(name, entries, wire.enabled, &mut wire.buffer);
    }
    Ok(longest.map(|octets| u32::try_from(octets).unwrap_or(u32::MAX)))
}

pub(crate) async fn set(folders: &Folders<'_>, asked: SetMetadata) -> Outcome {
    let SetMetadata { mailbox, entries } = asked;
    let changes: Vec<(String, Option<Vec<u8>>)> =
        entries.into_iter().map(|(entry, value)| (entry.to_ascii_lowercase(), value)).collect();
    if !changes.iter().all(|(entry, _)| is_entry(entry)) {
        return Ok(no_entry());
    }
    let shared = changes.iter().any(|(entry, _)| entry.starts_with("/shared/"));
    let place = match &mailbox {
        Some(name) => {
            let needs: &[Right] = if shared { &[Right::Read, Right::Write] } else { &[Right::Read] };
            Annotated::Mailbox(folders.open(name, needs).await?)
        }
        None if shared => return Ok(answers::mailbox_error(&MailboxError::NoPermission)),
        None => server(folders),
    };
    if let Some(refusal) = over_limits(folders, place, &changes).await? {
        return Ok(refusal);
    }
    folders.mailboxes.annotate(place, folders.account.id, &changes, now()).await?;
    Ok(Completion::ok())
}

async fn over_limits(
    folders: &Folders<'_>,
    place: Annotated,
    changes: &[(String, Option<Vec<u8>>)],
) -> Result<Option<Completion>, MailboxError> {
    let limits = folders.mailboxes.limits();
    let most = limits.metadata_value_bytes_max;
    if changes.iter().any(|(_, value)| value.as_ref().is_some_and(|value| value.len() > most as usize)) {
        let text = Text::new(
            format!("Värdet är för långt: högst {most} oktetter."),
            format!("The value is too long: at most {most} octets."),
        );
        return Ok(Some(Completion::no(Code::MetadataMaxSize(most), text)));
    }
    let before = folders.mailboxes.annotations(place, folders.account.id).await?;
    let others = before.iter().filter(|one| changes.iter().all(|(entry, _)| *entry != one.entry)).count();
    let kept = changes.iter().filter(|(_, value)| value.is_some()).count();
    if kept > 0 && others + kept > limits.metadata_entries_max {
        let text = Text::new("Mappen har för många anteckningar.", "The mailbox has too many annotations.");
        return Ok(Some(Completion::no(Code::MetadataTooMany, text)));
    }
    Ok(None)
}

/// RFC 5464 §6.2.1: whom to write to about this server.
async fn admin(folders: &Folders<'_>) -> Result<Option<Annotation>, MailboxError> {
    let tenant = folders.directory.tenant(folders.account.tenant).await?;
    let value = |domain| format!("mailto:postmaster@{domain}").into_bytes();
    Ok(tenant.map(|tenant| Annotation { entry: "/shared/admin".to_owned(), value: value(tenant.domain) }))
}

const fn server(folders: &Folders<'_>) -> Annotated {
    Annotated::Server(folders.account.tenant, folders.account.id)
}

fn lies_in(entry: &str, asked: &str, depth: MetadataDepth) -> bool {
    let asked = asked.trim_end_matches('/').to_ascii_lowercase();
    let Some(rest) = entry.strip_prefix(&asked) else { return false };
    match (rest.strip_prefix('/'), depth) {
        (None, _) => rest.is_empty(),
        (Some(_), MetadataDepth::Zero) => false,
        (Some(below), MetadataDepth::One) => !below.contains('/'),
        (Some(_), MetadataDepth::Infinity) => true,
    }
}

/// RFC 5464 §3.1, §5: below `/private` or `/shared`, no empty level, no wildcard, ASCII.
fn is_entry(entry: &str) -> bool {
    let levels = entry.strip_prefix("/private/").or_else(|| entry.strip_prefix("/shared/"));
    levels.is_some_and(|levels| levels.split('/').all(|level| !level.is_empty())) && is_name(entry)
}

/// The levels above entries can be asked for, too.
fn is_asked_for(entry: &str) -> bool {
    let entry = entry.to_ascii_lowercase();
    let entry = entry.trim_end_matches('/');
    matches!(entry, "" | "/private" | "/shared") || is_entry(entry)
}

fn is_name(entry: &str) -> bool {
    entry.len() <= ENTRY_OCTETS_MAX
        && entry.bytes().all(|octet| octet.is_ascii_graphic() && !b"*%".contains(&octet))
}

fn no_entry() -> Completion {
    Completion::bad(Text::new(
        "En anteckning heter som /private/comment eller /shared/comment.",
        "An entry is named like /private/comment or /shared/comment.",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_levels() {
        for (entry, sound) in [
            ("/private/comment", true),
            ("/shared/vendor/x/y", true),
            ("/private", false),
            ("/private/", false),
            ("/private//x", false),
            ("/other/x", false),
            ("/private/a*", false),
            ("/private/å", false),
        ] {
            assert_eq!(is_entry(entry), sound, "{entry}");
        }
        use MetadataDepth::{Infinity, One, Zero};
        for (asked, depth, found) in [
            ("/PRIVATE/a", Zero, true),
            ("/private", Zero, false),
            ("/private", One, true),
            ("", One, false),
            ("", Infinity, true),
            ("/priv", Infinity, false),
        ] {
            assert_eq!(lies_in("/private/a", asked, depth), found, "{asked}");
        }
    }
}
