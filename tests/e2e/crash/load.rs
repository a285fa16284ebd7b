//! Senders on port 25.

use std::sync::atomic::{AtomicBool, Ordering};

use super::noise;
use crate::harness::Smtp;

/// Where the letters go.
#[derive(Clone)]
pub(crate) struct Target {
    pub(crate) port: u16,
    pub(crate) to: Vec<String>,
}

/// What one sender knows at the end: names of letters with their 250, and the one that was under way.
#[derive(Default)]
pub(crate) struct Sent {
    pub(crate) acknowledged: Vec<String>,
    pub(crate) unsure: Option<String>,
}

/// Sends until the service is gone. Every letter goes to all recipients.
pub(crate) fn send_letters(target: &Target, cycle: usize, sender: usize, over: &AtomicBool) -> Sent {
    let mut sent = Sent::default();
    let Ok(mut smtp) = Smtp::plain(target.port) else { return sent };
    if smtp.hello().is_err() {
        return sent;
    }
    let to: Vec<&str> = target.to.iter().map(String::as_str).collect();
    for number in 0.. {
        if over.load(Ordering::Relaxed) {
            break;
        }
        let name = format!("brev-{cycle}-{sender}-{number}");
        match smtp.send("prov@fjarran.test", &to, &noise::letter(&name)) {
            Ok(reply) if reply.code == 250 => sent.acknowledged.push(name),
            Ok(reply) => panic!("refused: {}", reply.text()),
            Err(_) => {
                sent.unsure = Some(name);
                break;
            }
        }
    }
    sent
}
