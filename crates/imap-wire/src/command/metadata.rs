//! GETMETADATA and SETMETADATA.
//!
//! RFC 5464 §3.2 (names of entries), §4.2, §4.3, §5; RFC 9590 §4 (LIST RETURN (METADATA …)).

use model::MailboxName;

use super::ListMetadata;
use super::error::Reason;
use crate::cursor::Cursor;

/// GETMETADATA.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetMetadata {
    /// Of which mailbox; of the server if absent.
    pub mailbox: Option<MailboxName>,
    /// Entries, as `/private/comment`; compared without regard to case.
    pub entries: Vec<String>,
    /// How far below.
    pub depth: MetadataDepth,
    /// Values longer than so many octets are left out.
    pub max_size: Option<u32>,
}

/// How far below an entry GETMETADATA looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MetadataDepth {
    /// The entry only.
    #[default]
    Zero,
    /// And one level below.
    One,
    /// And all below.
    Infinity,
}

/// SETMETADATA.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetMetadata {
    /// Of which mailbox; of the server if absent.
    pub mailbox: Option<MailboxName>,
    /// Entries and values; without a value the entry goes.
    pub entries: Vec<(String, Option<Vec<u8>>)>,
}

type Parsed<T> = Result<T, Reason>;

/// `[(options)] mailbox entries`; the options are taken behind the mailbox too, where some clients put them.
pub(super) fn get(cursor: &mut Cursor<'_>) -> Parsed<GetMetadata> {
    let mut options = options(cursor)?;
    let mailbox = cursor.mailbox_or_server()?;
    cursor.space()?;
    if options == Options::default() {
        options = self::options(cursor)?;
    }
    let (depth, max_size) = options;
    Ok(GetMetadata { mailbox, entries: entries(cursor)?, depth, max_size })
}

/// `[(options)] entries`, as a return option of LIST.
pub(super) fn returned(cursor: &mut Cursor<'_>) -> Parsed<ListMetadata> {
    let (depth, max_size) = options(cursor)?;
    Ok(ListMetadata { entries: entries(cursor)?, depth, max_size })
}

type Options = (MetadataDepth, Option<u32>);

/// The list of options and the space behind it, if it stands there; entries begin with a slash.
fn options(cursor: &mut Cursor<'_>) -> Parsed<Options> {
    let (mut depth, mut max_size) = Options::default();
    if !cursor.looks_like("(MAXSIZE ") && !cursor.looks_like("(DEPTH ") {
        return Ok((depth, max_size));
    }
    cursor.list("( and options", |cursor| {
        let at = cursor.place();
        let option = cursor.keyword("MAXSIZE or DEPTH")?;
        cursor.space()?;
        match option.as_str() {
            "MAXSIZE" => {
                let octets = cursor.number("a number of octets")?;
                max_size = Some(u32::try_from(octets).unwrap_or(u32::MAX));
            }
            "DEPTH" => depth = self::depth(cursor)?,
            _ => return Err(Reason::expected("MAXSIZE or DEPTH", at)),
        }
        Ok(())
    })?;
    cursor.space()?;
    Ok((depth, max_size))
}

fn depth(cursor: &mut Cursor<'_>) -> Parsed<MetadataDepth> {
    let at = cursor.place();
    match cursor.keyword("0, 1 or infinity")?.as_str() {
        "0" => Ok(MetadataDepth::Zero),
        "1" => Ok(MetadataDepth::One),
        "INFINITY" => Ok(MetadataDepth::Infinity),
        _ => Err(Reason::expected("0, 1 or infinity", at)),
    }
}

/// One entry, or several in parentheses.
fn entries(cursor: &mut Cursor<'_>) -> Parsed<Vec<String>> {
    if cursor.peek() == Some(b'(') {
        cursor.list("entries", entry)
    } else {
        entry(cursor).map(|entry| vec![entry])
    }
}

/// `mailbox (entry value …)`
pub(super) fn set(cursor: &mut Cursor<'_>) -> Parsed<SetMetadata> {
    let mailbox = cursor.mailbox_or_server()?;
    cursor.space()?;
    let entries = cursor.list("( and entries with values", |cursor| {
        let at = cursor.place();
        let entry = entry(cursor)?;
        // The two roots only hold others.
        if entry.matches('/').count() < 2 {
            return Err(Reason::expected("an entry below /private or /shared", at));
        }
        cursor.space()?;
        Ok((entry, cursor.metadata_value()?))
    })?;
    Ok(SetMetadata { mailbox, entries })
}

/// RFC 5464 §3.2: below /private or /shared, ASCII without wildcards, no empty level and no `/` at the end.
fn entry(cursor: &mut Cursor<'_>) -> Parsed<String> {
    let at = cursor.place();
    let octets = cursor.astring("an entry")?;
    let plain = octets.iter().all(|octet| matches!(octet, b' '..=b'~') && !matches!(octet, b'*' | b'%'));
    let name = Cursor::text(&octets);
    let mut levels = name.split('/');
    let rooted = levels.next() == Some("")
        && levels
            .next()
            .is_some_and(|root| root.eq_ignore_ascii_case("private") || root.eq_ignore_ascii_case("shared"));
    if plain && rooted && levels.all(|level| !level.is_empty()) {
        Ok(name)
    } else {
        Err(Reason::expected("an entry below /private or /shared", at))
    }
}
