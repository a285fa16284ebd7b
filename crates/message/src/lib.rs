//! Letters: what is in them, where it lies, and the lines that we add on top.
//!
//! [`derive()`] takes a letter apart once, when it arrives; what comes of it is stored beside the letter
//! ([`Derived::encode`]) and read where it lies ([`DerivedView`]). The structure is found by a splitter of our own, because
//! IMAP wants raw fields and exact octets; charsets and character references are `mail-parser`'s. No I/O, no clock.

mod address;
mod base_subject;
mod body_structure;
mod casemap;
mod date;
mod decode;
mod derived;
mod envelope;
mod envelope_view;
mod header;
mod html;
mod imap_text;
mod limits;
mod lineage;
mod parameters;
mod preview;
mod record;
mod search_text;
mod section;
mod sort_texts;
mod split;
mod submission;
pub mod thread;
mod trace;
mod transfer;
mod view;

pub use base_subject::{BaseSubject, base_subject};
pub use date::{Sent, rfc5322_date};
pub use derived::{Derived, Part, derive, message_id};
pub use header::{Field, Fields, field, fields, header_end, header_fields};
pub use limits::Limits;
pub use lineage::{IdHash, Lineage, LineageView};
pub use model::Zone;
pub use record::DecodeError;
pub use search_text::{fold, header_values};
pub use section::{SectionKind, SectionPath};
pub use sort_texts::SortTexts;
pub use split::{PartKind, Place};
pub use submission::{
    Added, FromError, MissingFields, SenderAddress, SenderField, claimed_senders, from_addresses,
    missing_fields, without_private_fields,
};
pub use trace::{Received, With, hops, received_header, return_path_header};
pub use transfer::{Transfer, TransferDecoder};
pub use view::DerivedView;
