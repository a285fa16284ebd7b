//! LIST and LSUB.
//!
//! RFC 3501 §6.3.8, §6.3.9; RFC 5258 (selection SUBSCRIBED, REMOTE, RECURSIVEMATCH; return SUBSCRIBED, CHILDREN; several
//! patterns); RFC 6154 §2 (SPECIAL-USE in both places); RFC 5819 (STATUS), RFC 8440 (MYRIGHTS) and RFC 9590 (METADATA) among
//! the return options.

use super::error::Reason;
use super::{MetadataDepth, StatusItem, metadata, status};
use crate::cursor::Cursor;
use crate::list_pattern::ListPattern;

/// LIST. The reference is joined to the patterns already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List {
    /// What to look for; one or more.
    pub patterns: Vec<ListPattern>,
    /// Which of the mailboxes found.
    pub select: ListSelect,
    /// What to tell of each; special use and children are told always.
    pub give: ListReturn,
}

/// Selection options.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ListSelect {
    /// Subscribed names only, also of mailboxes that are gone.
    pub subscribed: bool,
    /// Remote mailboxes too; we have none.
    pub remote: bool,
    /// Parents too, if something below them is selected; told with CHILDINFO.
    pub recursive_match: bool,
    /// Mailboxes with a special use only.
    pub special_use: bool,
}

/// Return options.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListReturn {
    /// `\Subscribed`.
    pub subscribed: bool,
    /// `\HasChildren`, `\HasNoChildren`.
    pub children: bool,
    /// `\Sent` and its like.
    pub special_use: bool,
    /// A STATUS of each with these (RFC 5819).
    pub status: Vec<StatusItem>,
    /// What we may do with each (RFC 8440).
    pub my_rights: bool,
    /// Metadata of each (RFC 9590).
    pub metadata: Option<ListMetadata>,
}

/// `METADATA (…)` among the return options.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListMetadata {
    /// Entries, as `/shared/comment`.
    pub entries: Vec<String>,
    /// How far below.
    pub depth: MetadataDepth,
    /// Values longer than so many octets are left out.
    pub max_size: Option<u32>,
}

/// LSUB.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lsub {
    /// What to look for among the subscriptions.
    pub pattern: ListPattern,
}

pub(super) fn lsub(cursor: &mut Cursor<'_>) -> Result<Lsub, Reason> {
    let reference = cursor.reference()?;
    cursor.space()?;
    Ok(Lsub { pattern: cursor.list_pattern(&reference)? })
}

pub(super) fn list(cursor: &mut Cursor<'_>) -> Result<List, Reason> {
    let mut select = ListSelect::default();
    if cursor.peek() == Some(b'(') {
        select = select_options(cursor)?;
        cursor.space()?;
    }
    let reference = cursor.reference()?;
    cursor.space()?;
    let patterns = if cursor.peek() == Some(b'(') {
        cursor.list("patterns", |cursor| cursor.list_pattern(&reference))?
    } else {
        vec![cursor.list_pattern(&reference)?]
    };
    let (octets, max) = (
        patterns.iter().map(|pattern| pattern.as_str().len()).sum::<usize>(),
        cursor.limits.pattern_bytes_max,
    );
    if octets > max as usize {
        return Err(Reason::TooMany { what: "octets of patterns", max });
    }
    let mut give = ListReturn {
        subscribed: select.subscribed,
        special_use: select.special_use,
        ..ListReturn::default()
    };
    if cursor.more() {
        return_options(cursor, &mut give)?;
    }
    Ok(List { patterns, select, give })
}

fn select_options(cursor: &mut Cursor<'_>) -> Result<ListSelect, Reason> {
    let mut select = ListSelect::default();
    let at = cursor.place();
    if cursor.eat_word("()") {
        return Ok(select);
    }
    cursor.list("selection options", |cursor| {
        let at = cursor.place();
        match cursor.keyword("a selection option")?.as_str() {
            "SUBSCRIBED" => select.subscribed = true,
            "REMOTE" => select.remote = true,
            "RECURSIVEMATCH" => select.recursive_match = true,
            "SPECIAL-USE" => select.special_use = true,
            _ => return Err(Reason::expected("a selection option that we know", at)),
        }
        Ok(())
    })?;
    // RFC 5258 §3.1: RECURSIVEMATCH needs another option that selects.
    if select.recursive_match && !select.subscribed && !select.special_use {
        return Err(Reason::expected("SUBSCRIBED beside RECURSIVEMATCH", at));
    }
    Ok(select)
}

fn return_options(cursor: &mut Cursor<'_>, give: &mut ListReturn) -> Result<(), Reason> {
    let at = cursor.place();
    if cursor.keyword("RETURN")? != "RETURN" {
        return Err(Reason::expected("RETURN", at));
    }
    cursor.space()?;
    if cursor.eat_word("()") {
        return Ok(());
    }
    cursor.list("return options", |cursor| {
        let at = cursor.place();
        match cursor.keyword("a return option")?.as_str() {
            "SUBSCRIBED" => give.subscribed = true,
            "CHILDREN" => give.children = true,
            "SPECIAL-USE" => give.special_use = true,
            "MYRIGHTS" => give.my_rights = true,
            "STATUS" => {
                cursor.space()?;
                give.status = status::items(cursor)?;
            }
            "METADATA" => {
                cursor.space()?;
                give.metadata = Some(metadata::returned(cursor)?);
            }
            _ => return Err(Reason::expected("a return option that we know", at)),
        }
        Ok(())
    })?;
    Ok(())
}
