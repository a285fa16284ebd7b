//! APPEND and REPLACE: messages go to the driver as they come.
//!
//! RFC 3501 §6.3.11, RFC 3502 (all messages or none), RFC 4469 (pieces), RFC 7888, RFC 7889 §4 (TOOBIG), RFC 8508. Refused
//! before "+" wherever that can be known; what comes nevertheless is read and dropped.

use std::collections::VecDeque;

use model::Text;

use super::finish::{Asked, Then};
use super::{Session, Stage, Step};
use crate::command::{
    self, Append, AppendPiece, CatenatePart, CommandError, Needs, Octets, Reason, Request, Tag, Verb,
};
use crate::encode::Code;
use crate::splitter::LiteralHeader;

/// A command that is under way.
#[derive(Debug)]
pub(super) struct Appending {
    pub(super) tag: Tag,
    verb: Verb,
    asks: VecDeque<Request>,
    /// What comes behind the questions; once it has come, what was last.
    octets: Option<Octets>,
    /// The driver has opened a place.
    pub(super) begun: bool,
    /// Octets of the message so far.
    message_bytes: u64,
}

impl Session {
    /// The line is read up to its first octets.
    pub(super) fn append_begins(&mut self, tag: Tag, verb: Verb, piece: AppendPiece) -> Option<Step> {
        let appending = Appending {
            tag,
            verb,
            asks: piece.asks.into(),
            octets: piece.then,
            begun: false,
            message_bytes: 0,
        };
        if verb.needs() == Needs::WritableMailbox && self.is_read_only() {
            let reply = self.read_only_line(&appending.tag);
            return self.refuse_message(appending.octets.map(|octets| octets.literal), reply);
        }
        self.appending = Some(Box::new(appending));
        self.stage = Stage::Append;
        None
    }

    /// The next question to the driver, or the octets that it waits for, or the end.
    pub(super) fn append_on(&mut self) -> Option<Step> {
        let Some(appending) = &mut self.appending else {
            self.stage = Stage::Command;
            return None;
        };
        let Some(request) = appending.asks.pop_front() else { return self.append_octets() };
        if let Some((code, text)) = appending.count(&request, self.config.limits.message_bytes_max) {
            let reply = self.line_for_people(self.append_tag(), "NO", Some(&code), &text);
            return self.append_refused(reply);
        }
        let asked = Asked { tag: appending.tag.clone(), verb: appending.verb, then: Then::Append };
        self.ask(asked, request)
    }

    fn append_octets(&mut self) -> Option<Step> {
        match self.appending.as_ref()?.octets {
            Some(octets) => {
                if octets.literal.sync {
                    self.out.extend_from_slice(b"+ OK\r\n");
                }
                self.stage = Stage::Message { left: octets.literal.len };
                None
            }
            None => {
                let Appending { tag, verb, .. } = *self.appending.take()?;
                self.ask(Asked { tag, verb, then: Then::Reply }, Request::AppendFinish)
            }
        }
    }

    pub(super) fn message_chunk(&mut self) -> Option<Step> {
        let Stage::Message { left } = &mut self.stage else { return None };
        if *left == 0 {
            // What stands behind it is collected as any command's line.
            self.stage = Stage::Command;
            return None;
        }
        let Some(octets) = self.input.chunk(*left) else { return Some(Step::Read) };
        *left -= octets.len() as u64;
        Some(Step::Literal(octets))
    }

    /// A line behind octets, together with the inline literals before it.
    pub(super) fn append_line(&mut self, literal: Option<LiteralHeader>) -> Option<Step> {
        let Some(appending) = &mut self.appending else { return None };
        let behind = appending.octets?;
        let one_only = appending.verb != Verb::Append;
        let line = &self.command;
        match command::go_on(line, behind, one_only, &self.config.limits, self.enabled) {
            Ok(piece) if piece.then.is_some() == literal.is_some() => {
                (appending.asks, appending.octets) = (piece.asks.into(), piece.then);
                self.take_command();
                self.stage = Stage::Append;
                None
            }
            outcome => {
                let (tag, place) = (appending.tag.clone(), self.command.len());
                let reason =
                    outcome.err().unwrap_or_else(|| Reason::expected("the end of the command", place));
                match literal {
                    Some(header) if reason == Reason::NeedsLiteral => self.inline_literal(&tag, header),
                    _ => {
                        let reply = self.refusal(&CommandError { tag: Some(tag), reason });
                        self.refuse(literal, reply, self.message_discard_max())
                    }
                }
            }
        }
    }

    pub(super) fn append_refused_by_driver(&mut self) -> Option<Step> {
        match std::mem::replace(&mut self.stage, Stage::Command) {
            Stage::AppendRefused { reply } => self.append_refused(reply),
            other => {
                self.stage = other;
                None
            }
        }
    }

    /// The driver, or a bound, says no between octets.
    pub(super) fn append_refused(&mut self, reply: Vec<u8>) -> Option<Step> {
        let octets = self.appending.as_ref().and_then(|appending| appending.octets);
        self.refuse(octets.map(|octets| octets.literal), reply, self.message_discard_max())
    }

    /// Says no to what is being collected; an APPEND that was under way is taken back first.
    pub(super) fn refuse(
        &mut self,
        literal: Option<LiteralHeader>,
        reply: Vec<u8>,
        max: u64,
    ) -> Option<Step> {
        self.take_command();
        match self.appending.take() {
            Some(appending) if appending.begun => {
                let Appending { tag, verb, .. } = *appending;
                self.ask(Asked { tag, verb, then: Then::Drop { reply, literal } }, Request::AppendAbort)
            }
            _ => self.skip_literal(literal, reply, max),
        }
    }

    pub(super) fn refuse_message(&mut self, literal: Option<LiteralHeader>, reply: Vec<u8>) -> Option<Step> {
        self.skip_literal(literal, reply, self.message_discard_max())
    }

    fn message_discard_max(&self) -> u64 {
        let limits = &self.config.limits;
        limits.message_bytes_max.saturating_mul(u64::from(limits.discard_factor_max))
    }

    fn append_tag(&self) -> Option<&Tag> {
        self.appending.as_ref().map(|appending| &appending.tag)
    }
}

type Refusal = (Code, Text);

impl Appending {
    /// Counts what the request brings; `Some` where that is too much for one message. How many messages and parts one
    /// command may have is the driver's to say.
    fn count(&mut self, request: &Request, max: u64) -> Option<Refusal> {
        let bytes = match request {
            Request::AppendStart(Append { message, .. }) | Request::AppendMore(message) => {
                self.message_bytes = 0;
                // RFC 3502 §6.3.11: with an empty message a client takes the whole command back.
                if message.bytes == 0 && !message.catenate {
                    let text =
                        Text::new("Ett tomt brev kan inte sparas.", "An empty message cannot be saved.");
                    return Some((Code::Cannot, text));
                }
                message.bytes
            }
            Request::AppendPart(CatenatePart::Text { bytes }) => *bytes,
            _ => 0,
        };
        self.message_bytes = self.message_bytes.saturating_add(bytes);
        (self.message_bytes > max).then(|| {
            let sv = format!("Brevet är för stort: gränsen är {max} byte.");
            let en = format!("The message is too large: the limit is {max} bytes.");
            (Code::TooBig, Text::new(sv, en))
        })
    }
}
