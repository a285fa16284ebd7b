//! How long a large store takes to serve again after `kill -9`.

use std::path::Path;
use std::process::Command;

use bytes::Bytes;
use model::{AccountId, FlagSet, MailboxId, MailboxRef, QueueId, TenantId, UidValidity, UnixMillis};
use store::{Batch, NewMessage, Op, Spool};
use store_sled::{Options, SledEngine};

use crate::service::Service;
use crate::{Outcome, ROUNDS, client, report};

const MESSAGES: u32 = 500_000;
const MAILBOXES: u64 = 500;
/// Messages in one batch.
const BATCH: u32 = 100;

pub(crate) async fn run() -> Outcome {
    let mut service = Service::start(36_000, 1);
    service.stop();
    // In a process of its own, which ends without a goodbye.
    let filled =
        Command::new(std::env::current_exe()?).arg("fill").arg(service.data().join("data")).status()?;
    assert!(!filled.success(), "the filling process ends by abort");
    let mut figures = Vec::new();
    for round in 0..ROUNDS {
        let taken = service.boot();
        figures.push(taken.as_secs_f64() * 1000.0);
        // Not the same empty journal each time.
        let mut line = client::smtp(&service).await?;
        for number in 0..1_000 {
            let unique = round * 1_000 + number;
            client::letter(&mut line, &["elev0@skola.test".to_owned()], &client::content(4_000, unique))
                .await?;
        }
        println!("  memory with {MESSAGES} messages: {} MiB", service.memory() >> 20);
        service.kill();
    }
    report(&format!("kill -9 with {MESSAGES} messages: until the greeting"), "ms", figures);
    Ok(())
}

/// Fills a store through its interface, then aborts.
pub(crate) async fn fill(folder: &Path) -> Outcome {
    let (store, _engine) = SledEngine::open(folder, Options::default())?;
    let tenant = TenantId::new(1);
    let place =
        |number: u64| MailboxRef { tenant, account: AccountId::new(1 + number), mailbox: MailboxId::new(1) };
    for number in 0..MAILBOXES {
        let mut batch = Batch::new(UnixMillis(1));
        batch.ops.push(Op::CreateMailbox(place(number), UidValidity::MIN));
        store.commit(batch).await?;
    }
    let envelope = Bytes::from(vec![b'x'; 300]);
    for number in 0..MESSAGES / BATCH {
        let content = client::content(1_000, number as usize);
        let size = content.len() as u64;
        let body = store.stage(tenant, Spool::from_bytes(content), Bytes::from_static(b"derived")).await?;
        let mut batch = Batch::new(UnixMillis(1));
        for turn in 0..BATCH {
            let message = NewMessage {
                body: body.id,
                size,
                internal_date: UnixMillis(1),
                zone: model::Zone::UTC,
                flags: FlagSet::new(),
                queue_id: QueueId::new(0),
                envelope: envelope.clone(),
                lineage: Bytes::from_static(&[b'l'; 24]),
            };
            batch.ops.push(Op::Append(place(u64::from(number * BATCH + turn) % MAILBOXES), message));
        }
        batch.bodies.push(body);
        store.commit(batch).await?;
    }
    std::process::abort()
}
