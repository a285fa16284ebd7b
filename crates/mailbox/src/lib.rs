//! Mailboxes: names, messages and flags of every account, what a session has been told of them, and the search.
//!
//! [`Mailboxes`] is the service; [`Mailboxes::select`] opens a mailbox and gives a [`Selected`], which knows sequence
//! numbers and turns what others did into [`Updates`]. All sessions of one mailbox share one table of it in memory.
//!
//! How a driver uses a [`Selected`]:
//! 1. before a command, [`Selected::sync`] with expunges not allowed, and write what it returns: the session then knows
//!    every message that UIDs can name (a message that somebody else just moved in can be fetched, copied and moved);
//! 2. [`Selected::pick_seqs`] or [`Selected::pick_uids`], and the operation;
//! 3. after it, [`Selected::sync`] again; with expunges allowed except after FETCH, STORE and SEARCH by sequence number.
//!
//! RFC 3501 (mailboxes, flags, sequence numbers, SEARCH), RFC 4315 (UIDPLUS), RFC 6851 (MOVE), RFC 6154 (special use), RFC
//! 9208 (usage), RFC 7162 (modification sequences and what vanished), RFC 5256 (SORT, THREAD), RFC 8474 (object ids).

mod acl;
mod bytes_cache;
mod error;
mod expunge;
mod facets;
mod fetch;
mod folders;
mod letters;
mod limits;
mod mailboxes;
mod maintain;
mod metadata;
mod names;
mod object_id;
mod provision;
mod query;
mod quota;
mod recover;
mod replace;
mod rows;
mod search;
mod search_budget;
mod search_index;
mod search_needles;
mod search_pace;
mod search_test;
mod search_work;
mod selected;
mod sent_copy;
mod sharing;
mod sort;
mod store_flags;
mod table;
mod thread;
mod transfer;
mod tree;
mod twin;
mod view;

pub use acl::{Grant, rights_of_member};
pub use error::MailboxError;
pub use fetch::Content;
pub use letters::{Letters, Prepared};
pub use limits::Limits;
pub use mailboxes::{Appended, Mailboxes, NewLetter, Status};
pub use metadata::{Annotated, Annotation};
pub use object_id::{email_id, mailbox_id};
pub use provision::{inbox, provision, special};
pub use query::{Day, Query};
pub use quota::QuotaLimit;
pub use recover::raise_uid_validity;
pub use search::Progress;
pub use selected::{FlagUpdate, Picked, Selected, Updates, permitted, permitted_flags};
pub use sent_copy::{Agreement, SentCopy};
pub use sharing::{Sharing, WhoShares, below};
pub use sort::{SortBy, SortKey};
pub use store_flags::Stored;
pub use table::{MessageRow, Table};
pub use thread::{ThreadBy, Threads};
pub use transfer::Transferred;
pub use tree::Folder;
