//! A service with two people, and a client that says lines and reads answers.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use directory::{AuthConfig, Directory, Draft, NameTable, NewAccount, NewTenant, PersonName, Quota};
use imap_lite::{AccountSessions, BUSY, CompressedConnections, Door, LetterMemory, Limits};
use imap_wire::{ReplyLanguage, SessionConfig};
use listen::{Admission, Connection, Listener, Stopper};
use mailbox::{Mailboxes, NewLetter, QuotaLimit};
use model::{AccountId, FlagSet, Language, LocalZone, MailboxRef, Role, Secret, TenantId, UnixMillis, Zone};
use rustls::ServerConfig;
use store::{Batch, Lane, MemoryEngine, Spool, Store};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

/// Whatever takes longer has failed.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) const PASSWORD: &str = "sommar-2026";

pub(crate) fn now() -> UnixMillis {
    UnixMillis::from_system(SystemTime::now())
}

pub(crate) struct Service {
    pub(crate) address: SocketAddr,
    pub(crate) certificate: rustls_pki_types::CertificateDer<'static>,
    pub(crate) store: Store,
    pub(crate) directory: Directory,
    pub(crate) mailboxes: Mailboxes,
    pub(crate) tenant: TenantId,
    pub(crate) ada: AccountId,
    pub(crate) sessions: AccountSessions,
    pub(crate) stopper: Stopper,
}

impl Service {
    pub(crate) async fn start() -> Self {
        Self::with(Limits::default(), true).await
    }

    pub(crate) async fn with(limits: Limits, plaintext: bool) -> Self {
        Self::on(MemoryEngine::store(), limits, plaintext).await
    }

    pub(crate) async fn on(store: Store, limits: Limits, plaintext: bool) -> Self {
        let auth =
            AuthConfig { argon2_memory_kib: 8, argon2_passes: 1, verifiers: 2, ..AuthConfig::default() };
        let directory = Directory::new(store.clone(), auth);
        let tenant = tenant(&directory).await;
        let ada = account(&directory, tenant, "Ada", "Öqvist").await;
        account(&directory, tenant, "Bo", "Ek").await;
        let mailboxes =
            Mailboxes::new(store.clone(), mailbox::Limits::default(), message::Limits::default(), now());
        let (tls, certificate) = tls();
        let sessions = AccountSessions::default();
        let session = SessionConfig { language: ReplyLanguage::En, ..SessionConfig::default() };
        let networks = if plaintext { vec!["127.0.0.0/8".parse().unwrap()] } else { Vec::new() };
        let door = Arc::new(Door {
            session: Arc::new(session),
            limits,
            tls,
            plaintext_networks: networks,
            mailboxes: mailboxes.clone(),
            directory: directory.clone(),
            zone: LocalZone::fixed(Zone::minutes_east(120)),
            spool_folder: std::env::temp_dir(),
            accounts: sessions.clone(),
            compressed: CompressedConnections::default(),
            letter_memory: LetterMemory::default(),
        });
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let stopper = Stopper::default();
        let admission = Admission::new(listen::Limits::default());
        let listener = Listener { socket, implicit_tls: None, admission, busy: BUSY, stop: stopper.stop() };
        tokio::spawn(listener.serve(move |connection: Connection| door.clone().converse(connection)));
        Self { address, certificate, store, directory, mailboxes, tenant, ada, sessions, stopper }
    }

    pub(crate) async fn connect(&self) -> Client<TcpStream> {
        let mut client = Client::new(TcpStream::connect(self.address).await.unwrap());
        assert!(client.line().await.starts_with("* OK [CAPABILITY IMAP4rev1"));
        client
    }
    /// Ada, logged in.
    pub(crate) async fn ada(&self) -> Client<TcpStream> {
        let mut client = self.connect().await;
        client.ok(&format!("LOGIN ada.oqvist@skola.test {PASSWORD}")).await;
        client
    }
    /// The same with INBOX selected.
    pub(crate) async fn ada_in_inbox(&self) -> Client<TcpStream> {
        let mut client = self.ada().await;
        client.ok("SELECT INBOX").await;
        client
    }

    pub(crate) fn inbox(&self) -> MailboxRef {
        mailbox::inbox(self.tenant, self.ada)
    }
    /// Puts letters into Ada's INBOX, as another session would.
    pub(crate) async fn file(&self, letters: &[&str]) {
        self.file_into(self.inbox(), letters).await;
    }
    /// Puts letters into any mailbox.
    pub(crate) async fn file_into(&self, mailbox: MailboxRef, letters: &[&str]) {
        for letters in letters.chunks(Batch::OPS_MAX) {
            let mut new = Vec::new();
            for letter in letters {
                let spool = Spool::from_bytes(letter.replace('\n', "\r\n").into_bytes());
                let letter = self.mailboxes.letters().prepare(self.tenant, spool).await.unwrap();
                new.push(NewLetter {
                    letter,
                    flags: FlagSet::new(),
                    internal_date: None,
                    zone: model::Zone::UTC,
                });
            }
            self.mailboxes.append(mailbox, new, QuotaLimit::NONE, now()).await.unwrap();
        }
    }
    pub(crate) async fn set_quota(&self, octets_max: u64) {
        let quota = Some(Quota { octets_max, messages_max: 1000 });
        let batch = self.directory.set_quota(self.tenant, self.ada, quota, now()).await.unwrap();
        self.store.commit(batch).await.unwrap();
    }
    pub(crate) async fn lock_ada(&self) {
        let batch = self.directory.lock(self.tenant, self.ada, now()).await.unwrap();
        self.store.commit(batch).await.unwrap();
    }
    pub(crate) async fn set_password(&self, password: &str) {
        let hash = hash(&self.directory, password).await;
        let batch = self.directory.set_password(self.tenant, self.ada, hash, now()).await.unwrap();
        self.store.commit(batch).await.unwrap();
    }
}

async fn hash(directory: &Directory, password: &str) -> directory::PasswordHash {
    directory.hash_password(&Secret::new(password.to_owned()), Lane::Interactive).await.unwrap()
}

async fn tenant(directory: &Directory) -> TenantId {
    let new = NewTenant {
        name: "Granköpings kommun".into(),
        language: Language::Sv,
        domain: "skola.test".parse().unwrap(),
        table: NameTable::Sv,
    };
    let (tenant, batch) = directory.create_tenant(new, now()).await.unwrap();
    directory.store().commit(batch).await.unwrap();
    tenant
}

async fn account(directory: &Directory, tenant: TenantId, first: &str, last: &str) -> AccountId {
    let new = NewAccount {
        role: Role::Teacher,
        name: PersonName::parse(first, last).unwrap(),
        school: None,
        class: None,
        address: None,
        password: Some(hash(directory, PASSWORD).await),
        language: None,
    };
    let plan = directory.plan_account(tenant, new, &mut Draft::default(), now()).await.unwrap();
    let mut batch = plan.batch;
    batch.extend(mailbox::provision(tenant, plan.account, now()));
    directory.store().commit(batch).await.unwrap();
    plan.account
}

fn tls() -> (Arc<ServerConfig>, rustls_pki_types::CertificateDer<'static>) {
    let made = rcgen::generate_simple_self_signed(["imap.skola.test".to_owned()]).unwrap();
    let certificate = made.cert.der().clone();
    let key = rustls_pki_types::PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key.into())
        .unwrap();
    (Arc::new(config), certificate)
}

/// What came for one command.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    /// Untagged answers, literals included.
    pub(crate) untagged: Vec<String>,
    /// The tagged answer without its tag.
    pub(crate) tagged: String,
}

impl Reply {
    #[track_caller]
    pub(crate) fn has(&self, line: &str) -> &Self {
        assert!(self.untagged.iter().any(|have| have == line), "no {line:?} in {self:#?}");
        self
    }
    #[track_caller]
    pub(crate) fn is(&self, lines: &[&str]) -> &Self {
        assert_eq!(self.untagged, lines);
        self
    }
    #[track_caller]
    pub(crate) fn ends(&self, start: &str) -> &Self {
        assert!(self.tagged.starts_with(start), "{self:#?}");
        self
    }
}

/// A client that tags its commands `1`, `2`, …
pub(crate) struct Client<S> {
    stream: BufReader<S>,
    tag: u32,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    pub(crate) fn new(stream: S) -> Self {
        Self { stream: BufReader::new(stream), tag: 0 }
    }
    pub(crate) fn into_stream(self) -> S {
        self.stream.into_inner()
    }
    pub(crate) async fn send(&mut self, text: &str) {
        self.send_octets(text.as_bytes()).await;
    }
    pub(crate) async fn send_octets(&mut self, octets: &[u8]) {
        self.stream.get_mut().write_all(octets).await.unwrap();
        self.stream.get_mut().flush().await.unwrap();
    }
    /// Sends, and sees the service hang up on it: perhaps before all of it is sent.
    pub(crate) async fn is_hung_up_on(&mut self, octets: &[u8]) {
        let sent = timeout(PATIENCE, self.stream.get_mut().write_all(octets)).await.expect("nobody hung up");
        if sent.is_ok() {
            let mut line = Vec::new();
            let read =
                timeout(PATIENCE, self.stream.read_until(b'\n', &mut line)).await.expect("nobody hung up");
            assert!(read.is_err() || line.is_empty(), "{:?}", String::from_utf8_lossy(&line));
        }
    }
    /// One answer, with its literals; empty at the end of the connection.
    pub(crate) async fn line(&mut self) -> String {
        timeout(PATIENCE, self.read_line()).await.expect("no answer came")
    }
    async fn read_line(&mut self) -> String {
        let mut line = Vec::new();
        loop {
            if self.stream.read_until(b'\n', &mut line).await.unwrap() == 0 {
                break;
            }
            let Some(header) = imap_wire::literal_header(line.trim_ascii_end()) else { break };
            let start = line.len();
            line.resize(start + usize::try_from(header.len).unwrap(), 0);
            self.stream.read_exact(&mut line[start..]).await.unwrap();
        }
        String::from_utf8_lossy(&line).trim_end_matches("\r\n").to_owned()
    }
    /// Says a command and reads up to its tagged answer.
    pub(crate) async fn say(&mut self, command: &str) -> Reply {
        self.tag += 1;
        let tag = self.tag;
        self.send(&format!("{tag} {command}\r\n")).await;
        self.reply(&tag.to_string()).await
    }
    /// Says a command and reads the BYE that it gets.
    pub(crate) async fn say_and_hear_bye(&mut self, command: &str) -> String {
        self.send(&format!("x {command}\r\n")).await;
        loop {
            let line = self.line().await;
            if line.starts_with("* BYE") || line.is_empty() {
                return line;
            }
        }
    }
    /// Reads up to a tagged answer.
    pub(crate) async fn reply(&mut self, tag: &str) -> Reply {
        let mut untagged = Vec::new();
        loop {
            let line = self.line().await;
            if let Some(tagged) = line.strip_prefix(&format!("{tag} ")) {
                return Reply { untagged, tagged: tagged.to_owned() };
            }
            assert!(!line.is_empty(), "the connection ended after {untagged:#?}");
            untagged.push(line);
        }
    }
    /// The same for a command that must succeed.
    #[track_caller]
    pub(crate) fn ok(&mut self, command: &str) -> impl Future<Output = Reply> {
        let at = std::panic::Location::caller();
        async move {
            let reply = self.say(command).await;
            assert!(reply.tagged.starts_with("OK"), "{at}: {command}: {reply:#?}");
            reply
        }
    }
    /// APPEND with a literal that needs no answer in between.
    pub(crate) async fn append(&mut self, arguments: &str, letter: &str) -> Reply {
        self.say(&format!("APPEND {arguments} {{{}+}}\r\n{letter}", letter.len())).await
    }
}

/// A small letter.
pub(crate) fn letter(subject: &str) -> String {
    format!(
        "From: Bo Ek <bo.ek@skola.test>\nTo: ada.oqvist@skola.test\nSubject: {subject}\n\
         Date: Mon, 23 Nov 2026 10:00:00 +0100\nMessage-ID: <{subject}@skola.test>\n\nHej, {subject}!\n"
    )
}
