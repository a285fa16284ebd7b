//! Command lines, and the commands that carry no mail.
//!
//! RFC 5321 §4.1.1.1 (EHLO resets), §4.1.1.5 to .10, §3.5 (VRFY tells nothing: 252), RFC 3207 §4 (STARTTLS: nothing
//! may come with it, CVE-2011-0411), RFC 2920 §3.

use std::borrow::Cow;

use zeroize::Zeroize;

use super::state::{Open, Stage, State};
use super::{Advance, Service, Session, Step, Tls};
use crate::command::{Command, CommandError, Hello};
use crate::replies;

/// First octet of a TLS record that carries a handshake (RFC 8446 §5.1).
const TLS_HANDSHAKE: u8 = 0x16;

impl Session {
    /// The next line, if it has come.
    pub(super) fn read_line(&mut self) -> Advance {
        if self.input.line_begins(&[TLS_HANDSHAKE]) {
            self.say(&replies::is_tls());
            self.close();
            return Advance::On;
        }
        let in_auth = matches!(self.state, State::Open { stage: Stage::Auth(_), .. });
        let limits = self.line_limits(in_auth || self.input.line_begins(b"AUTH "));
        match self.input.line(limits) {
            None => return Advance::Starved,
            Some(Err(error)) => {
                self.leave_auth();
                self.refuse(&replies::line(error));
            }
            Some(Ok(mut line)) if in_auth => {
                self.auth_line(&line);
                line.zeroize();
            }
            Some(Ok(mut line)) => {
                let command = Command::parse(&line, self.config.service);
                line.zeroize();
                self.run(command);
            }
        }
        Advance::On
    }

    fn run(&mut self, command: Result<Command, CommandError>) {
        let command = match command {
            Ok(command) => command,
            Err(error) => return self.not_a_command(error),
        };
        if brings_nothing_nearer(&command) {
            self.tally.idle_commands += 1;
            if self.tally.idle_commands > self.config.limits.idle_commands_max {
                self.say(&replies::too_much_talk());
                return self.close();
            }
        }
        match command {
            Command::Hello(hello) => self.hello_said(hello),
            Command::StartTls => self.start_tls(),
            Command::Auth { mechanism, initial } => self.auth(mechanism, initial),
            Command::Mail { from, params } => self.mail(from, params),
            Command::Rcpt { to } => self.rcpt(to),
            Command::Data => self.data(),
            Command::Bdat { size, last } => self.bdat(size, last),
            Command::Rset => {
                self.leave_mail();
                self.say(&replies::fine(0, 0, "Forgotten"));
            }
            Command::Noop => self.say(&replies::fine(0, 0, "OK")),
            Command::Vrfy => self.say(&replies::cannot_verify()),
            Command::Help => self.say(&replies::help()),
            Command::Quit => {
                self.say(&replies::bye());
                self.close();
            }
        }
    }

    fn not_a_command(&mut self, error: CommandError) {
        self.refuse(&replies::command(error));
        if error == CommandError::ChunkSize {
            // Where the chunk ends and the next command begins is anybody's guess, and guessing is smuggling.
            self.close();
        }
    }

    fn hello_said(&mut self, hello: Hello) {
        self.leave_mail();
        let hostname = self.config.hostname.as_str();
        if hello.extended {
            replies::hello(hostname, &self.keywords(), &mut self.out);
        } else {
            replies::hello(hostname, &[], &mut self.out);
        }
        self.state = State::Open { hello, stage: Stage::Ready };
    }

    /// What we announce is what we do, now and here.
    fn keywords(&self) -> Vec<Cow<'static, str>> {
        let limits = &self.config.limits;
        let mut keywords: Vec<Cow<'static, str>> =
            vec!["PIPELINING".into(), format!("SIZE {}", limits.message_bytes_max).into()];
        keywords.extend(["8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES", "CHUNKING"].map(Cow::from));
        if self.config.tls == Tls::Available {
            keywords.push("STARTTLS".into());
        }
        match self.config.service {
            Service::Submission if self.may_take_passwords() => keywords.push("AUTH PLAIN LOGIN".into()),
            Service::Submission => {}
            // On submission the bound depends on who it is.
            Service::Relay => keywords.push(format!("LIMITS RCPTMAX={}", limits.recipients_max).into()),
        }
        keywords
    }

    fn start_tls(&mut self) {
        match self.config.tls {
            Tls::Unavailable => self.refuse(&replies::not_here("STARTTLS is not offered here")),
            Tls::Active => self.refuse(&replies::order("TLS is active already")),
            Tls::Available if !self.input.as_slice().is_empty() => {
                self.say(&replies::nothing_may_follow_starttls());
                self.close();
            }
            Tls::Available => {
                self.leave_mail();
                self.say(&replies::ready_for_tls());
                self.open = Some(Open::Tls);
                self.next = Some(Step::StartTls);
            }
        }
    }
}

fn brings_nothing_nearer(command: &Command) -> bool {
    match command {
        Command::Rcpt { .. } | Command::Data | Command::Quit => false,
        Command::Bdat { size, last } => *size == 0 && !last,
        _ => true,
    }
}
