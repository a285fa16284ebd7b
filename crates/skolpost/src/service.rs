//! What runs: every part, wired once. The only place that names the engine.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use admin::{Admin, Caller, Lines};
use admin_api::{Answer, Call, Reply, Request};
use directory::Directory;
use flow::{Dispatcher, Intake, IntakeConfig, LogKeeper};
use listen::{Admission, Stop};
use mailbox::Mailboxes;
use model::{Language, Text, UnixMillis};
use parking_lot::Mutex;
use rustls::ServerConfig;
use smtp_receive::Door;
use store::Store;
use store_sled::{Handle, OpenError, SledEngine};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::interval;
use tracing::{info, warn};

use crate::config::Config;
use crate::failure::Failure;
use crate::operations::{Engine, Machine};
use crate::tls::Certificates;

/// How often bodies without references and old changes are looked for.
const UPKEEP_EVERY: Duration = Duration::from_secs(3600);
/// How many turns of that go by between two bases of the index: one a night, beside those that the journal's length asks for.
const BASE_TURNS: u32 = 24;

/// Every part of the running service.
pub(crate) struct Service {
    pub(crate) dir: PathBuf,
    pub(crate) config: Config,
    pub(crate) store: Store,
    engine: Engine,
    pub(crate) directory: Directory,
    pub(crate) mailboxes: Mailboxes,
    pub(crate) intake: Intake,
    pub(crate) admin: Admin,
    pub(crate) admission: Admission,
    pub(crate) certificates: Arc<Certificates>,
    pub(crate) tls: Arc<ServerConfig>,
    pub(crate) relay: Arc<Door>,
    pub(crate) submission: Arc<Door>,
    pub(crate) imap: Arc<imap_lite::Door>,
    log_keeper: Mutex<Option<LogKeeper>>,
}

/// The moment, by the system's clock.
pub(crate) fn now() -> UnixMillis {
    UnixMillis::from_system(SystemTime::now())
}

/// The folder of index, journal and bodies.
pub(crate) fn data_folder(dir: &Path, config: &Config) -> PathBuf {
    dir.join(&config.data)
}

/// Opens the engine of a folder; replay and repair are over when this returns.
///
/// # Errors
/// [`Failure`] that says what to do.
pub(crate) fn open_engine(dir: &Path, config: &Config) -> Result<(Store, Handle), Failure> {
    let data = data_folder(dir, config);
    SledEngine::open(&data, config.store.clone()).map_err(|error| match error {
        OpenError::Locked(folder) => {
            let folder = folder.display();
            Failure::with_code(
                Text::new(
                    format!("{folder} används redan av en annan process. Stoppa tjänsten först."),
                    format!("{folder} is in use by another process. Stop the service first."),
                ),
                "in_use",
            )
        }
        OpenError::Io { source, .. } if source.kind() == std::io::ErrorKind::PermissionDenied => {
            Failure::file(&data, &source)
        }
        error => Failure::with_code(
            Text::new(
                format!(
                    "Datamappen {} går inte att öppna: {error}. Återställ med `skolpost store rebuild`.",
                    data.display()
                ),
                format!(
                    "The data folder {} cannot be opened: {error}. Restore with `skolpost store rebuild`.",
                    data.display()
                ),
            ),
            "store",
        ),
    })
}

/// The administration over the parts of this process; `init` uses it too, so that every act has its audit row.
pub(crate) fn administration(
    config: &Config,
    directory: &Directory,
    mailboxes: &Mailboxes,
    engine: &Engine,
    admission: &Admission,
) -> Admin {
    let machine = Machine {
        started: now(),
        engine: engine.clone(),
        admission: admission.clone(),
        mailboxes: mailboxes.clone(),
    };
    Admin::new(directory.clone(), mailboxes.clone(), Arc::new(machine), config.limits.import.clone())
}

impl Service {
    /// Opens store and certificates and wires everything; no port is open yet.
    ///
    /// # Errors
    /// [`Failure`] that says what to do.
    pub(crate) async fn open(dir: &Path, config: Config) -> Result<Arc<Self>, Failure> {
        let certificates = Certificates::open(&dir.join(&config.tls), config.hostname.as_str())?;
        let tls = certificates.server_config()?;
        let started = now();
        // Replay may take a while, and it is all disk.
        let (folder, settings) = (dir.to_owned(), config.clone());
        let opened = tokio::task::spawn_blocking(move || open_engine(&folder, &settings)).await;
        let (store, engine) = opened.map_err(|error| Failure::internal("store", &error))??;
        info!(report = ?engine.open_report(), "store open");
        let directory = Directory::new(store.clone(), config.auth.passwords.clone());
        let reading = config.limits.message.clone();
        let mailboxes = Mailboxes::new(store.clone(), config.limits.mailbox.clone(), reading, started);
        mailboxes.recover(started).await.map_err(|error| Failure::internal("recovery", &error))?;
        let spool_folder = data_folder(dir, &config).join("spool");
        crate::files::make_private_folder(&spool_folder)?;
        let (intake, log_keeper) = Intake::new(IntakeConfig {
            store: store.clone(),
            directory: directory.clone(),
            letters: mailboxes.letters().clone(),
            hostname: config.hostname.clone(),
            zone: config.time_zone.local(),
            spool_folder: spool_folder.clone(),
            limits: config.limits.flow.clone(),
        });
        let admission = Admission::new(config.limits.connections.clone());
        let engine: Engine = Arc::new(Mutex::new(Some(Arc::new(engine))));
        let admin = administration(&config, &directory, &mailboxes, &engine, &admission);
        admin.recover(started).await.map_err(|error| Failure::internal("recovery", &error))?;
        let door = |service| Door {
            service,
            hostname: config.hostname.clone(),
            wire_limits: Arc::new(config.limits.smtp.clone()),
            limits: config.limits.smtp_times.clone(),
            tls: tls.clone(),
            plaintext_networks: config.auth.plaintext_networks.clone(),
            intake: intake.clone(),
            directory: directory.clone(),
        };
        let imap = imap_lite::Door {
            zone: config.time_zone.local(),
            session: Arc::new(imap_wire::SessionConfig {
                limits: config.limits.imap.clone(),
                capabilities_denied: config.imap.capabilities_denied.clone(),
                ..imap_wire::SessionConfig::default()
            }),
            limits: config.limits.imap_sessions.clone(),
            tls: tls.clone(),
            plaintext_networks: config.auth.plaintext_networks.clone(),
            mailboxes: mailboxes.clone(),
            directory: directory.clone(),
            spool_folder,
            accounts: imap_lite::AccountSessions::default(),
            compressed: imap_lite::CompressedConnections::default(),
            letter_memory: imap_lite::LetterMemory::default(),
        };
        Ok(Arc::new(Self {
            dir: dir.to_owned(),
            relay: Arc::new(door(smtp_wire::Service::Relay)),
            submission: Arc::new(door(smtp_wire::Service::Submission)),
            imap: Arc::new(imap),
            config,
            store,
            engine,
            directory,
            mailboxes,
            intake,
            admin,
            admission,
            certificates,
            tls,
            log_keeper: Mutex::new(Some(log_keeper)),
        }))
    }

    /// Starts what works by itself: large fan-outs, the delivery log, upkeep. Each may be dropped at any moment.
    pub(crate) fn background(self: &Arc<Self>, stop: &Stop, tasks: &mut JoinSet<()>) {
        let dispatcher =
            Dispatcher::new(self.store.clone(), self.directory.clone(), &self.config.limits.flow);
        until(stop.clone(), dispatcher.run(Arc::new(now)), tasks);
        if let Some(keeper) = self.log_keeper.lock().take() {
            until(stop.clone(), keeper.run(Arc::new(now)), tasks);
        }
        let service = self.clone();
        until(
            stop.clone(),
            async move {
                let mut turns = interval(Duration::from_secs(10));
                loop {
                    turns.tick().await;
                    service.mailboxes.sweep(now());
                }
            },
            tasks,
        );
        let service = self.clone();
        until(stop.clone(), async move { service.mailboxes.run_indexer(now).await }, tasks);
        let service = self.clone();
        until(
            stop.clone(),
            async move {
                let mut turns = interval(UPKEEP_EVERY);
                turns.tick().await;
                for turn in 1_u32.. {
                    turns.tick().await;
                    service.upkeep(turn.is_multiple_of(BASE_TURNS)).await;
                }
            },
            tasks,
        );
    }

    /// Throws away what nobody will ask for any more.
    async fn upkeep(&self, base: bool) {
        let engine = self.engine.lock().clone();
        if let Some(engine) = engine {
            let work = move || {
                let swept = engine.sweep(now())?;
                if base {
                    engine.write_base()?;
                }
                Ok::<_, store::StoreError>(swept)
            };
            match tokio::task::spawn_blocking(work).await {
                Ok(Ok(swept)) => info!(?swept, base, "store upkeep"),
                Ok(Err(error)) => warn!(%error, "store upkeep stopped; it goes on with the next turn"),
                Err(error) => warn!(%error, "store upkeep"),
            }
        }
        if let Err(error) = self.trim(base).await {
            warn!(%error, "old changes stay for now");
        }
    }

    /// Old changes; with `search` also what the search index has of letters that are gone.
    async fn trim(&self, search: bool) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        for (tenant, _) in self.directory.tenants().await? {
            let mut after = None;
            loop {
                let page = self.directory.accounts(tenant, after, 500).await?;
                let Some((last, _)) = page.last() else { break };
                after = Some(*last);
                for (account, _) in page {
                    self.mailboxes.trim_changes(tenant, account, now()).await?;
                    if search {
                        self.mailboxes.trim_search(tenant, account, now()).await?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Closes the store; nothing may use it any more.
    pub(crate) async fn close(&self) {
        let Some(engine) = self.engine.lock().take() else { return };
        let closed = tokio::task::spawn_blocking(|| Arc::try_unwrap(engine).map(Handle::close)).await;
        match closed {
            Ok(Ok(Ok(()))) => {}
            Ok(Ok(Err(error))) => warn!(%error, "the index was not written out; the journal has everything"),
            Ok(Err(_)) => warn!("the store is still in use; the journal has everything"),
            Err(error) => warn!(%error, "closing the store"),
        }
    }

    /// One request as the console, in this process.
    ///
    /// # Errors
    /// [`Failure`] as the command line would show it.
    pub(crate) async fn ask(&self, request: Request) -> Result<Answer, Failure> {
        let (sender, mut replies) = mpsc::channel(16);
        let caller = Caller { uid: rustix::process::geteuid().as_raw() };
        let call = Call::new(Language::Sv, request);
        self.admin.answer(caller, call, Lines::new(sender), now()).await;
        while let Some(reply) = replies.recv().await {
            match reply {
                Reply::Ok(answer) => return Ok(*answer),
                Reply::Error(failure) => {
                    return Err(Failure::with_code(Text::new(failure.sv, failure.en), failure.code));
                }
                Reply::Progress(_) | Reply::Created(_) => {}
            }
        }
        Err(Failure::internal("administration", &"no answer"))
    }
}

fn until(mut stop: Stop, work: impl Future<Output = ()> + Send + 'static, tasks: &mut JoinSet<()>) {
    tasks.spawn(async move {
        tokio::select! {
            () = stop.wait() => {}
            () = work => {}
        }
    });
}
