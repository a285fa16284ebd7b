//! One connection from its greeting to its end.

use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use directory::{Directory, Login, LoginWatch};
use flow::{Intake, MailParams, Origin, Peer, Transaction};
use listen::{Connection, Network, Stop, Stream};
use model::{Domain, UnixMillis};
use rustls::ServerConfig;
use smtp_wire::{Answer, HangUp, Question, Recipient, Service, Session, SessionConfig, Step, Tls};
use tokio::time::{Instant, sleep_until};
use tracing::{debug, info};

use crate::{Limits, answers};

/// Octets read at once.
const READ_OCTETS: usize = 32 * 1024;

/// One of the three doors, with what stands behind it.
pub struct Door {
    /// Port 25, or submission.
    pub service: Service,
    /// Our name in greetings.
    pub hostname: Domain,
    /// The protocol's bounds.
    pub wire_limits: Arc<smtp_wire::Limits>,
    /// Times.
    pub limits: Limits,
    /// For STARTTLS.
    pub tls: Arc<ServerConfig>,
    /// From where passwords are taken without TLS.
    pub plaintext_networks: Vec<Network>,
    /// The road.
    pub intake: Intake,
    /// Who is who.
    pub directory: Directory,
}

fn now() -> UnixMillis {
    UnixMillis::from_system(SystemTime::now())
}

impl Door {
    /// Serves one connection until it ends.
    pub async fn converse(self: Arc<Self>, connection: Connection) {
        let Connection { stream, peer, admitted, stop } = connection;
        let config = SessionConfig {
            service: self.service,
            tls: if stream.is_tls() { Tls::Active } else { Tls::Available },
            hostname: self.hostname.clone(),
            plaintext_auth: self.plaintext_networks.iter().any(|network| network.contains(peer)),
            limits: self.wire_limits.clone(),
        };
        let whole = match self.service {
            Service::Relay => self.limits.relay_session_seconds_max,
            Service::Submission => self.limits.submission_session_seconds_max,
        };
        let begun = Instant::now();
        let mut conversation = Conversation {
            session: Session::new(config),
            login: None,
            transaction: None,
            peer,
            stop,
            login_by: begun + Duration::from_secs(self.limits.login_seconds_max),
            end_by: begun + Duration::from_secs(whole),
            door: self,
        };
        if let Err(error) = conversation.run(stream).await {
            debug!(%peer, %error, "SMTP connection lost");
        }
        drop(admitted);
    }
}

struct Conversation {
    door: Arc<Door>,
    session: Session,
    login: Option<(Login, LoginWatch)>,
    transaction: Option<Transaction>,
    peer: std::net::IpAddr,
    stop: Stop,
    login_by: Instant,
    end_by: Instant,
}

impl Conversation {
    async fn run(&mut self, mut stream: Stream) -> io::Result<()> {
        let mut buffer = Vec::new();
        loop {
            match self.session.step() {
                Step::Read => {
                    buffer.resize(READ_OCTETS, 0);
                    match self.read(&mut stream, &mut buffer).await? {
                        Some(0) => return Ok(()),
                        Some(count) => self.session.feed(&buffer[..count]),
                        None => {}
                    }
                }
                Step::Write(octets) => stream.write(&octets).await?,
                Step::Ask(question) => {
                    let answer = self.answer(question, &stream).await;
                    self.session.answer(answer);
                }
                Step::Spool(octets) => {
                    if let Some(transaction) = &mut self.transaction {
                        // What went wrong is remembered there and told at the end of the data.
                        let _ = transaction.append(&octets);
                    }
                }
                Step::Forget => self.transaction = None,
                Step::StartTls => {
                    let limit = Duration::from_secs(self.door.limits.handshake_seconds_max);
                    stream = stream.start_tls(&self.door.tls, limit).await?;
                    self.session.tls_started();
                }
                Step::Close => {
                    stream.close().await;
                    return Ok(());
                }
            }
        }
    }

    /// The next octets; `None` when something else ended the wait and the session was told.
    async fn read(&mut self, stream: &mut Stream, buffer: &mut [u8]) -> io::Result<Option<usize>> {
        let idle_by = Instant::now() + Duration::from_secs(self.door.limits.idle_seconds_max);
        let login_by = if self.door.service == Service::Submission && self.login.is_none() {
            self.login_by
        } else {
            self.end_by
        };
        let lost = async {
            match &mut self.login {
                Some((_, watch)) => drop(watch.ended().await),
                None => std::future::pending().await,
            }
        };
        let reason = tokio::select! {
            read = stream.read(buffer) => return read.map(Some),
            () = self.stop.wait() => HangUp::ShuttingDown,
            () = sleep_until(idle_by) => HangUp::Idle,
            () = sleep_until(login_by.min(self.end_by)) => HangUp::TooLong,
            // The account was locked, removed or given a new password.
            () = lost => HangUp::LoginEnded,
        };
        self.transaction = None;
        self.session.hang_up(reason);
        Ok(None)
    }

    async fn answer(&mut self, question: Question, stream: &Stream) -> Answer {
        match question {
            Question::Auth { authorization_id, authentication_id, secret, mechanism } => {
                let same =
                    |other: &String| other.is_empty() || other.eq_ignore_ascii_case(&authentication_id);
                if !authorization_id.as_ref().is_none_or(same) {
                    return Answer::Refuse(answers::acting_for_another());
                }
                match self.door.directory.authenticate(&authentication_id, &secret, self.peer, now()).await {
                    Ok(login) => {
                        info!(account = %login.account, mechanism = mechanism.name(), "SMTP log-in");
                        let watch = self.door.directory.watch_login(&login);
                        self.login = Some((login, watch));
                        Answer::Accept
                    }
                    Err(error) => Answer::Refuse(answers::auth_error(&error)),
                }
            }
            Question::Mail { from, size, smtputf8, body: _ } => {
                let Some(origin) = self.origin(stream) else {
                    return Answer::Refuse(answers::out_of_order());
                };
                let params = MailParams { size, smtputf8 };
                match self.door.intake.mail(origin, from, params, now()).await {
                    Ok(transaction) => {
                        self.transaction = Some(transaction);
                        Answer::Accept
                    }
                    Err(refusal) => Answer::Refuse(answers::refusal(refusal)),
                }
            }
            Question::Rcpt { to } => {
                let address = match to {
                    Recipient::Address(address) => address,
                    Recipient::Postmaster => match self.door.intake.postmaster().await {
                        Ok(address) => address,
                        Err(refusal) => return Answer::Refuse(answers::refusal(refusal)),
                    },
                };
                let Some(transaction) = &mut self.transaction else {
                    return Answer::Refuse(answers::out_of_order());
                };
                match transaction.rcpt(address).await {
                    Ok(()) => Answer::Accept,
                    Err(refusal) => Answer::Refuse(answers::refusal(refusal)),
                }
            }
            Question::EndOfData { .. } => match self.transaction.take() {
                Some(transaction) => match transaction.finish(now()).await {
                    Ok(accepted) => Answer::Queued(accepted.queue_id),
                    Err(refusal) => Answer::Refuse(answers::refusal(refusal)),
                },
                None => Answer::Refuse(answers::out_of_order()),
            },
        }
    }

    fn origin(&self, stream: &Stream) -> Option<Origin> {
        let hello = self.session.hello()?;
        let peer = Peer {
            address: self.peer,
            helo: hello.name.to_string(),
            extended: hello.extended,
            tls: stream.is_tls(),
        };
        match (self.door.service, &self.login) {
            (Service::Relay, _) => Some(Origin::Remote(peer)),
            (Service::Submission, Some((login, _))) => {
                Some(Origin::Submission { login: login.clone(), peer })
            }
            (Service::Submission, None) => None,
        }
    }
}
