//! A store that takes no changes, and one with a damaged letter: reading goes on.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use imap_lite::Limits;
use model::{TenantId, Text};
use parking_lot::Mutex;
use store::{
    Batch, Bodies, BodyId, CommitError, Committed, Entry, Health, Index, Key, KeyRange, MemoryEngine, Spool,
    StagedBody, Store, StoreError, Watch, WatchKey,
};

use crate::support::{Service, letter};

/// The engine that forgets, with a switch for everything that can go wrong.
#[derive(Default)]
struct Engine {
    inner: MemoryEngine,
    commits_fail: Mutex<Option<CommitError>>,
    /// Reads of letters that still go well; below zero all do.
    good_reads: AtomicI64,
    octets_read: AtomicU64,
}

#[async_trait]
impl Index for Engine {
    async fn get(&self, key: &Key) -> Result<Option<Bytes>, StoreError> {
        self.inner.get(key).await
    }
    async fn scan(&self, range: &KeyRange, limit: usize) -> Result<Vec<Entry>, StoreError> {
        self.inner.scan(range, limit).await
    }
    async fn commit(&self, batch: Batch) -> Result<Committed, CommitError> {
        let error = self.commits_fail.lock().clone();
        match error {
            Some(error) => Err(error),
            None => self.inner.commit(batch).await,
        }
    }
    fn watch(&self, key: WatchKey) -> Watch {
        self.inner.watch(key)
    }
    fn health(&self) -> Health {
        match *self.commits_fail.lock() {
            Some(CommitError::ReadOnly) => Health::ReadOnly(Text::new("Disken", "The disk")),
            Some(CommitError::Full) => Health::Full,
            _ => Health::Writable,
        }
    }
}

#[async_trait]
impl Bodies for Engine {
    async fn stage(
        &self,
        tenant: TenantId,
        content: Spool,
        derived: Bytes,
    ) -> Result<StagedBody, StoreError> {
        self.inner.stage(tenant, content, derived).await
    }
    async fn read(&self, tenant: TenantId, id: BodyId, range: Range<u64>) -> Result<Bytes, StoreError> {
        if self.good_reads.fetch_sub(1, Ordering::Relaxed) == 0 {
            return Err(StoreError::Damaged { at: id.to_string(), what: "a test".into() });
        }
        let octets = self.inner.read(tenant, id, range).await?;
        self.octets_read.fetch_add(octets.len() as u64, Ordering::Relaxed);
        Ok(octets)
    }
    async fn derived(&self, tenant: TenantId, id: BodyId) -> Result<Bytes, StoreError> {
        self.inner.derived(tenant, id).await
    }
}

async fn service() -> (Service, Arc<Engine>) {
    let engine = Arc::new(Engine { good_reads: AtomicI64::new(-1), ..Engine::default() });
    let limits = Limits { answer_bytes_max: 4096, ..Limits::default() };
    let service = Service::on(Store::new(engine.clone(), engine.clone()), limits, true).await;
    service.file(&[&letter("one"), &letter("two"), &letter("three")]).await;
    (service, engine)
}

#[tokio::test]
async fn reading_goes_on_while_nothing_can_be_written() {
    let (service, engine) = service().await;
    for (error, answer) in [
        (CommitError::ReadOnly, "NO [UNAVAILABLE] The server cannot save changes"),
        (CommitError::Full, "NO [UNAVAILABLE] The server's disk is nearly full"),
        (CommitError::Unknown("sync".into()), "NO [UNAVAILABLE] It is not certain"),
    ] {
        *engine.commits_fail.lock() = Some(error.clone());
        let mut client = service.ada().await;
        client.ok("SELECT INBOX").await.has("* 3 EXISTS");
        let reply = client.ok("FETCH 1 BODY[TEXT]").await;
        reply.is(&["* 1 FETCH (BODY[TEXT] {11}\r\nHej, one!\r\n)"]);
        client.ok("SEARCH SUBJECT two UNSEEN").await.is(&["* SEARCH 2"]);
        for command in [
            "STORE 1 +FLAGS (\\Seen)",
            "COPY 1 Archive",
            "MOVE 1 Archive",
            "CREATE A",
            "DELETE Kort",
            "RENAME Sent Skickat",
            "SUBSCRIBE A",
        ] {
            let reply = client.say(command).await;
            if !command.starts_with("DELETE") {
                reply.ends(answer);
            }
            reply.is(&[]);
        }
        let reply = client.append("INBOX", "Subject: x\r\n\r\n").await;
        reply.ends(answer).is(&[]);
        client.ok("CLOSE").await;
        *engine.commits_fail.lock() = None;
    }
    let mut client = service.ada_in_inbox().await;
    client.ok("STORE 1 +FLAGS (\\Seen)").await.is(&["* 1 FETCH (FLAGS (\\Seen))"]);
    client.append("INBOX", "Subject: x\r\n\r\n").await.ends("OK");
}

#[tokio::test]
async fn one_damaged_letter_does_not_hide_the_others() {
    let (service, engine) = service().await;
    let mut client = service.ada_in_inbox().await;
    engine.good_reads.store(1, Ordering::Relaxed);
    let reply = client.say("FETCH 1:3 (UID BODY.PEEK[])").await;
    reply.ends("NO [CORRUPTION]");
    assert_eq!(reply.untagged.len(), 2, "{reply:#?}");
    assert!(reply.untagged[0].starts_with("* 1 FETCH (UID 1 BODY[] {"));
    assert!(reply.untagged[1].starts_with("* 3 FETCH (UID 3 BODY[] {"));
    client
        .ok("FETCH 2 (UID BODY.PEEK[TEXT])")
        .await
        .is(&["* 2 FETCH (UID 2 BODY[TEXT] {11}\r\nHej, two!\r\n)"]);
}

#[tokio::test]
async fn a_letter_that_breaks_off_half_way_ends_the_connection() {
    let (service, engine) = service().await;
    service.file(&[&letter(&"x".repeat(20_000))]).await;
    let mut client = service.ada_in_inbox().await;
    engine.good_reads.store(3, Ordering::Relaxed);
    client.send("f FETCH 4 BODY.PEEK[]\r\n").await;
    let mut octets = Vec::new();
    tokio::io::AsyncReadExt::read_to_end(&mut client.into_stream(), &mut octets).await.unwrap();
    assert!(octets.len() < 20_000 && !String::from_utf8_lossy(&octets).contains("f OK"));
}

/// Thunderbird fetches a letter in chunks of 64 kB: each must read no more than itself.
#[tokio::test]
async fn pitfall_25_a_chunk_reads_only_itself() {
    let (service, engine) = service().await;
    let text = format!("Subject: large\n\n{}", "En rad i ett stort brev.\n".repeat(16_000));
    service.file(&[&text]).await;
    let mut client = service.ada_in_inbox().await;
    let (whole, chunk) = (text.replace('\n', "\r\n"), 65_536);
    engine.octets_read.store(0, Ordering::Relaxed);
    let mut fetched = String::new();
    while fetched.len() < whole.len() {
        let reply = client.ok(&format!("UID FETCH 4 BODY.PEEK[]<{}.{chunk}>", fetched.len())).await;
        let (_, octets) = reply.untagged[0].split_once("}\r\n").expect("a literal");
        fetched += octets.strip_suffix(')').expect("the end of the answer");
    }
    assert!(fetched == whole, "the chunks are the letter");
    assert_eq!(engine.octets_read.load(Ordering::Relaxed), whole.len() as u64);
}
