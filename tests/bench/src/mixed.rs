//! A lesson: many sessions that log in at once, and then do all sorts of things.

use std::sync::Arc;
use std::time::Instant;

use tokio::task::JoinSet;

use crate::service::Service;
use crate::{Outcome, ROUNDS, client, report};

const ACCOUNTS: usize = 100;
const LETTERS: usize = 200;

type Failure = Box<dyn std::error::Error + Send + Sync>;

pub(crate) async fn run() -> Outcome {
    let service = Arc::new(Service::start(37_500, ACCOUNTS));
    let mut line = client::smtp(&service).await?;
    let everybody: Vec<String> = (0..ACCOUNTS).map(|account| format!("elev{account}@skola.test")).collect();
    for number in 0..LETTERS {
        client::letter(&mut line, &everybody, &client::content(4_000, number)).await?;
    }
    settle(&service).await?;
    for sessions in [20, 100] {
        let mut figures = Vec::new();
        for _ in 0..ROUNDS {
            figures.push(commands(&service, sessions, 20_000 / sessions).await?);
        }
        report(&format!("random commands by {sessions} sessions"), "/s", figures);
    }
    storm(&service).await?;
    println!("memory of the service after it: {} MiB", service.memory() >> 20);
    Ok(())
}

/// Large fan-outs are filed after the 250.
async fn settle(service: &Service) -> Outcome {
    let mut imap = client::imap(service, ACCOUNTS - 1).await?;
    imap.command("SELECT INBOX").await?;
    // An empty answer is one short line.
    while imap.command(&format!("UID FETCH {LETTERS} UID")).await? < 40 {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    Ok(())
}

async fn commands(service: &Arc<Service>, sessions: usize, each: usize) -> Result<f64, Failure> {
    let mut lines = Vec::new();
    for session in 0..sessions {
        let mut line = client::imap(service, session % ACCOUNTS).await?;
        line.command("SELECT INBOX").await?;
        lines.push(line);
    }
    let (mut tasks, begun) = (JoinSet::new(), Instant::now());
    for (session, mut line) in lines.into_iter().enumerate() {
        tasks.spawn(async move {
            let mut dice = Dice(session as u64 + 1);
            for number in 0..each {
                line.command(&random(&mut dice, number)).await?;
            }
            Ok::<_, Failure>(())
        });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    Ok((sessions * each) as f64 / begun.elapsed().as_secs_f64())
}

/// What programs do all day: look, read, mark, search, file.
fn random(dice: &mut Dice, number: usize) -> String {
    let message = dice.below(LETTERS) + 1;
    match dice.below(20) {
        0..=3 => "NOOP".to_owned(),
        4..=6 => format!("FETCH {message} (BODY.PEEK[])"),
        7 | 8 => format!("FETCH {message}:* (UID FLAGS)"),
        9 | 10 => format!("FETCH {message} (ENVELOPE BODYSTRUCTURE)"),
        11..=13 => format!("STORE {message} +FLAGS.SILENT (\\Seen)"),
        14 => format!("STORE {message} -FLAGS.SILENT (\\Seen)"),
        15 => "STATUS Drafts (MESSAGES UIDNEXT UNSEEN)".to_owned(),
        16 => format!("SEARCH SUBJECT \"Brev {number}\""),
        17 => "UID SEARCH UNSEEN".to_owned(),
        18 => "LIST \"\" *".to_owned(),
        _ => {
            let content = client::content(2_000, number);
            let letter = content.strip_suffix(b".\r\n").unwrap_or(&content);
            format!("APPEND Drafts {{{}+}}\r\n{}", letter.len(), String::from_utf8_lossy(letter))
        }
    }
}

/// The same throws in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, faces: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % faces
    }
}

/// Log-in, SELECT, twenty envelopes, log-out: every account is known from before, as after a break.
async fn storm(service: &Arc<Service>) -> Outcome {
    let tls = client::tls(service)?;
    for secure in [false, true] {
        let mut figures = Vec::new();
        for _ in 0..ROUNDS {
            let (mut tasks, begun) = (JoinSet::new(), Instant::now());
            for worker in 0..20 {
                let (service, tls) = (service.clone(), tls.clone());
                tasks.spawn(async move {
                    for turn in 0..50 {
                        let account = (worker + turn * 20) % ACCOUNTS;
                        match secure {
                            true => glance(client::imaps(&service, &tls, account).await?).await?,
                            false => glance(client::imap(&service, account).await?).await?,
                        }
                    }
                    Ok::<_, Failure>(())
                });
            }
            while let Some(done) = tasks.join_next().await {
                done??;
            }
            figures.push(1_000.0 / begun.elapsed().as_secs_f64());
        }
        let how = if secure { "TLS" } else { "plain" };
        report(&format!("log-in storm, known again, {how}"), "sessions/s", figures);
    }
    Ok(())
}

async fn glance<S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin>(
    mut line: client::Line<S>,
) -> Outcome {
    line.command("SELECT INBOX").await?;
    line.command(&format!("FETCH {}:{LETTERS} (ENVELOPE)", LETTERS - 19)).await?;
    line.command("LOGOUT").await?;
    Ok(())
}
