//! From lines and inline literals to one whole command.
//!
//! RFC 3501 §4.3 (the "+" that a literal waits for), RFC 7888 §4 (a LITERAL+ that we do not want is read and dropped).
//! A command is looked at whenever it announces a literal, so a wrong one is refused before its literal comes.

use zeroize::Zeroize;

use super::skip::Skip;
use super::{Session, Stage, Step};
use crate::command::{self, Command, CommandError, Head, Reason, Tag};
use crate::encode::Code;
use crate::splitter::{LiteralHeader, Piece};

impl Session {
    fn line_bytes_max(&self) -> usize {
        self.config.limits.line_bytes_max as usize
    }
    /// Octets of one line that are read at most, kept or not.
    fn flood_bytes(&self) -> u64 {
        u64::from(self.config.limits.line_bytes_max) * u64::from(self.config.limits.discard_factor_max)
    }
    pub(super) fn next_line(&mut self) -> Piece {
        let (max, flood) = (self.line_bytes_max(), self.flood_bytes());
        self.input.line(max, flood)
    }

    pub(super) fn collect_line(&mut self) -> Option<Step> {
        let (text, literal) = match self.next_line() {
            Piece::More => return Some(Step::Read),
            Piece::Flood => return self.hang_up(),
            Piece::Line { text, literal, cut } => {
                let room = self.line_bytes_max() + self.config.limits.literal_bytes_max as usize;
                if cut || self.command.len() + text.len() > room {
                    return self.refuse_long_line(&text, literal);
                }
                (text, literal)
            }
        };
        if self.appending.is_some() {
            self.command.extend_from_slice(&text);
            return self.append_line(literal);
        }
        if self.command.is_empty() && literal.is_none() {
            // Stray empty lines are seen from iPhones.
            let blank = text.iter().all(|octet| *octet == b' ');
            return if blank { None } else { self.run(&text) };
        }
        self.command.extend_from_slice(&text);
        match literal {
            Some(header) => self.literal_announced(header),
            None => {
                let mut command = self.take_command();
                let step = self.run(&command);
                // It may hold a password.
                command.zeroize();
                step
            }
        }
    }

    pub(super) fn collect_literal(&mut self) -> Option<Step> {
        let Stage::Literal { left } = &mut self.stage else { return None };
        if *left > 0 {
            let Some(octets) = self.input.chunk(*left) else { return Some(Step::Read) };
            *left -= octets.len() as u64;
            self.command.extend_from_slice(&octets);
        }
        if *left == 0 {
            self.stage = Stage::Command;
        }
        None
    }

    pub(super) fn take_command(&mut self) -> Vec<u8> {
        self.literals = 0;
        self.literal_bytes = 0;
        std::mem::take(&mut self.command)
    }

    fn refuse_long_line(&mut self, text: &[u8], literal: Option<LiteralHeader>) -> Option<Step> {
        let tag = match &self.appending {
            Some(appending) => Some(appending.tag.clone()),
            None => {
                let start = if self.command.is_empty() { text } else { &self.command };
                command::head(start, &self.config.limits)
                    .map_or_else(|error| error.tag, |head| Some(head.tag))
            }
        };
        let max = self.config.limits.line_bytes_max;
        let reply =
            self.refusal(&CommandError { tag, reason: Reason::TooMany { what: "octets in a line", max } });
        self.refuse(literal, reply, self.flood_bytes())
    }

    /// The command so far ends with the announcement of a literal.
    fn literal_announced(&mut self, header: LiteralHeader) -> Option<Step> {
        let so_far = std::mem::take(&mut self.command);
        let outcome = self.look_at(&so_far);
        self.command = so_far;
        match outcome {
            Ok((head, Command::Append(piece))) if piece.then.is_some() => {
                self.take_command();
                self.append_begins(head.tag, head.verb, piece)
            }
            Err(CommandError { tag: Some(tag), reason: Reason::NeedsLiteral }) => {
                self.inline_literal(&tag, header)
            }
            Ok((head, _)) => {
                let reason = Reason::expected("the end of the command", self.command.len());
                self.refuse_literal(&CommandError { tag: Some(head.tag), reason }, header)
            }
            Err(error) => self.refuse_literal(&error, header),
        }
    }

    fn refuse_literal(&mut self, error: &CommandError, header: LiteralHeader) -> Option<Step> {
        let reply = self.refusal(error);
        self.refuse(Some(header), reply, self.inline_discard_max())
    }

    fn inline_discard_max(&self) -> u64 {
        let limits = &self.config.limits;
        u64::from(limits.literal_bytes_max) * u64::from(limits.discard_factor_max)
    }

    /// The command needs the literal.
    pub(super) fn inline_literal(&mut self, tag: &Tag, header: LiteralHeader) -> Option<Step> {
        let limits = &self.config.limits;
        self.literals += 1;
        self.literal_bytes = self.literal_bytes.saturating_add(header.len);
        if self.literals > limits.literals_max || self.literal_bytes > u64::from(limits.literal_bytes_max) {
            self.count_bad();
            let so_far = std::mem::take(&mut self.command);
            if let Ok(head) = command::head(&so_far, &self.config.limits) {
                self.note_not_saved(&so_far, &head);
            }
            self.command = so_far;
            let reply =
                self.line(Some(tag), "NO", Some(&Code::TooBig), "The literals of this command are too large");
            return self.refuse(Some(header), reply, self.inline_discard_max());
        }
        self.command.extend_from_slice(b"\r\n");
        if header.sync {
            self.out.extend_from_slice(b"+ OK\r\n");
        }
        self.stage = Stage::Literal { left: header.len };
        None
    }

    /// Says `reply` once everything that the client sends without waiting for us is read.
    pub(super) fn skip_literal(
        &mut self,
        literal: Option<LiteralHeader>,
        reply: Vec<u8>,
        max: u64,
    ) -> Option<Step> {
        match literal {
            Some(LiteralHeader { len, sync: false }) => match Skip::new(len, reply, max) {
                Some(skip) => {
                    self.stage = Stage::Skip(skip);
                    None
                }
                None => self.hang_up(),
            },
            _ => self.say(&reply),
        }
    }

    /// Parses, and holds the verb against the state before the arguments are looked at.
    fn look_at(&mut self, input: &[u8]) -> Result<(Head, Command), CommandError> {
        let head = command::head(input, &self.config.limits)?;
        if let Some(reason) = self.wrong_state(head.verb) {
            return Err(CommandError { tag: Some(head.tag), reason });
        }
        match command::arguments(input, &head, &self.config.limits, self.enabled) {
            Ok(command) => Ok((head, command)),
            Err(reason) => {
                if reason == Reason::BadCharset {
                    self.note_not_saved(input, &head);
                }
                Err(CommandError { tag: Some(head.tag), reason })
            }
        }
    }

    /// RFC 5182 §2.1: a search with SAVE that is answered NO leaves `$` empty; one that is BAD leaves it alone.
    fn note_not_saved(&mut self, command: &[u8], head: &Head) {
        self.forgets_saved |= command::saves(command, head, &self.config.limits);
    }

    /// Carries out a command that is complete.
    fn run(&mut self, input: &[u8]) -> Option<Step> {
        match self.look_at(input) {
            Ok((head, command)) => self.obey(head.tag, head.verb, command),
            Err(error) => {
                let reply = self.refusal(&error);
                self.say(&reply)
            }
        }
    }
}
