//! APPEND: the message goes to the driver as it comes.
//!
//! RFC 3501 §6.3.11, RFC 7888, RFC 4469 §6 for TOOBIG. Refused before "+" wherever that can be known.

use model::Text;

use super::finish::{Asked, Then};
use super::{Session, Stage, Step};
use crate::command::{Append, Request, Tag, Verb};
use crate::encode::Code;
use crate::splitter::{LiteralHeader, Piece};

impl Session {
    pub(super) fn append_announced(&mut self, tag: Tag, append: Append) -> Option<Step> {
        let max = self.config.limits.message_bytes_max;
        let refusal = if append.message.bytes > max {
            let sv = format!("Brevet är för stort: gränsen är {max} byte.");
            let en = format!("The message is too large: the limit is {max} bytes.");
            Some((Code::TooBig, Text::new(sv, en)))
        } else if append.message.bytes == 0 {
            Some((
                Code::Cannot,
                Text::new("Ett tomt brev kan inte sparas.", "An empty message cannot be saved."),
            ))
        } else {
            None
        };
        let literal = LiteralHeader { len: append.message.bytes, sync: append.message.sync };
        if let Some((code, text)) = refusal {
            let reply = self.line_for_people(Some(&tag), "NO", Some(&code), &text);
            return self.refuse_message(literal, reply);
        }
        self.ask(
            Asked { tag, verb: Verb::Append, then: Then::Message(literal) },
            Request::AppendStart(append),
        )
    }

    pub(super) fn refuse_message(&mut self, literal: LiteralHeader, reply: Vec<u8>) -> Option<Step> {
        let limits = &self.config.limits;
        let max = limits.message_bytes_max.saturating_mul(u64::from(limits.discard_factor_max));
        self.skip_literal(Some(literal), reply, max)
    }

    /// The driver takes it.
    pub(super) fn message_begins(&mut self, tag: Tag, literal: LiteralHeader) {
        if literal.sync {
            self.out.extend_from_slice(b"+ OK\r\n");
        }
        self.stage = Stage::Message { tag, left: literal.len };
    }

    pub(super) fn message_chunk(&mut self) -> Option<Step> {
        let Stage::Message { tag, left } = &mut self.stage else { return None };
        let Some(octets) = self.input.chunk(*left) else { return Some(Step::Read) };
        *left -= octets.len() as u64;
        if *left == 0 {
            self.stage = Stage::MessageEnd { tag: tag.clone() };
        }
        Some(Step::Literal(octets))
    }

    /// Behind the message only the end of the line may come.
    pub(super) fn message_end(&mut self) -> Option<Step> {
        let (blank, literal) = match self.next_line() {
            Piece::More => return Some(Step::Read),
            Piece::Flood => return self.hang_up(),
            Piece::Line { text, literal, .. } => (text.iter().all(|octet| *octet == b' '), literal),
        };
        let Stage::MessageEnd { tag } = std::mem::replace(&mut self.stage, Stage::Command) else {
            return None;
        };
        if blank {
            return self.ask(Asked { tag, verb: Verb::Append, then: Then::Reply }, Request::AppendFinish);
        }
        self.count_bad();
        let reply = self.line(Some(&tag), "BAD", None, "expected the end of the command behind the message");
        self.ask(Asked { tag, verb: Verb::Append, then: Then::Drop { reply, literal } }, Request::AppendAbort)
    }
}
