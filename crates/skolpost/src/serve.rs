//! `serve`: opens the store, then the socket of the command line, then the ports; stops in the opposite order.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use listen::{Connection, Listener, Stop, Stopper};
use model::Text;
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinSet;
use tokio::time::{interval, timeout};
use tracing::{error, info, warn};
use tracing_subscriber::EnvFilter;

use crate::config::{Config, Log};
use crate::failure::Failure;
use crate::service::Service;
use crate::socket;

/// How often certificates are looked at.
const CERTIFICATES_EVERY: Duration = Duration::from_secs(30);

/// Runs the service of a folder until SIGTERM or SIGINT.
///
/// # Errors
/// [`Failure`] when it cannot start.
pub(crate) fn run(dir: Option<&Path>, file: Option<&Path>) -> Result<(), Failure> {
    let (dir, file) = match (dir, file) {
        (Some(dir), Some(file)) => (dir.to_owned(), file.to_owned()),
        (Some(dir), None) => (dir.to_owned(), dir.join("skolpost.toml")),
        (None, Some(file)) => (file.parent().unwrap_or(Path::new(".")).to_owned(), file.to_owned()),
        (None, None) => return Err(crate::command::missing_dir()),
    };
    let config = Config::load(&file)?;
    start_log(&config.log)?;
    // Whatever is made below the folder is for the service's user alone.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    quiet_panics();
    forbid_core_dumps();
    if rustix::process::geteuid().is_root() {
        warn!("running as root: give the service a user of its own (deploy/README.md)");
    }
    runtime()?.block_on(async {
        let signal = termination()?;
        let running = Running::start(&dir, config).await?;
        let _ = sd_notify::notify(&[sd_notify::NotifyState::Ready]);
        signal.await;
        let _ = sd_notify::notify(&[sd_notify::NotifyState::Stopping]);
        running.stop().await;
        Ok(())
    })
}

/// The runtime of the service: one thread for each core.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::internal("runtime", &error))
}

fn start_log(log: &Log) -> Result<(), Failure> {
    let level = &log.level;
    let unknown = || {
        Failure::new(Text::new(
            format!(
                "log.level = \"{level}\" går inte att läsa; skriv error, warn, info, debug, eller regler som \"info,smtp_receive=debug\"."
            ),
            format!(
                "log.level = \"{level}\" does not read; write error, warn, info, debug, or rules as \"info,smtp_receive=debug\"."
            ),
        ))
    };
    // The filter takes any word for the name of a module: a misspelt level would silence everything.
    let levels = ["off", "error", "warn", "info", "debug", "trace"];
    let sound = |rule: &str| {
        levels.contains(&rule.rsplit('=').next().unwrap_or(rule).trim().to_ascii_lowercase().as_str())
    };
    if !level.split(',').all(sound) {
        return Err(unknown());
    }
    let rules = EnvFilter::try_new(level).map_err(|_| unknown())?;
    let builder = tracing_subscriber::fmt().with_env_filter(rules).with_writer(std::io::stderr);
    if log.json {
        builder.json().init()
    } else {
        builder.with_ansi(false).init()
    }
    Ok(())
}

/// A panic's message may hold what was being read, so that only its place goes to the log.
fn quiet_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or_else(String::new, ToString::to_string);
        error!(place, "panic");
    }));
}

/// Verified log-ins are kept in memory (keyed); a core dump would carry them to the disk.
pub(crate) fn forbid_core_dumps() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    if let Err(error) = setrlimit(Resource::Core, none) {
        warn!(%error, "core dumps stay possible");
    }
    // As many descriptors as we may have: each connection needs one.
    let files = rustix::process::getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: files.maximum, maximum: files.maximum });
}

/// Listens for SIGTERM and SIGINT from now on; the future ends with the first.
///
/// # Errors
/// [`Failure`] when the system gives no signals.
pub(crate) fn termination() -> Result<impl Future<Output = ()>, Failure> {
    let wrong = |error: std::io::Error| Failure::internal("signals", &error);
    let mut term = signal(SignalKind::terminate()).map_err(wrong)?;
    let mut int = signal(SignalKind::interrupt()).map_err(wrong)?;
    Ok(async move {
        tokio::select! {
            _ = term.recv() => info!("SIGTERM: stopping"),
            _ = int.recv() => info!("SIGINT: stopping"),
        }
    })
}

/// A running service.
pub(crate) struct Running {
    service: Arc<Service>,
    stopper: Stopper,
    tasks: JoinSet<()>,
}

impl Running {
    /// Opens everything; when it returns the ports answer.
    ///
    /// # Errors
    /// [`Failure`] when something cannot be opened; nothing is left running then.
    pub(crate) async fn start(dir: &Path, config: Config) -> Result<Self, Failure> {
        let stopper = Stopper::default();
        let service = Service::open(dir, config).await?;
        let mut tasks = JoinSet::new();
        // The command line first: a port that does not come up can then still be asked about.
        socket::serve(&service, &stopper.stop(), &mut tasks)?;
        let sockets = bind_all(&service.config)?;
        for (well_known, socket) in sockets {
            open_door(&service, well_known, socket, stopper.stop(), &mut tasks);
        }
        service.background(&stopper.stop(), &mut tasks);
        watch_certificates(&service, stopper.stop(), &mut tasks);
        info!(hostname = %service.config.hostname, port_base = service.config.listen.port_base, "serving");
        Ok(Self { service, stopper, tasks })
    }

    /// What runs.
    pub(crate) fn service(&self) -> &Arc<Service> {
        &self.service
    }

    /// Lets nobody in, lets those inside finish, closes the store.
    pub(crate) async fn stop(mut self) {
        self.stopper.set();
        let drained =
            timeout(self.service.config.drain(), async { while self.tasks.join_next().await.is_some() {} });
        if drained.await.is_err() {
            warn!("some tasks did not end in time");
        }
        self.tasks.shutdown().await;
        self.service.close().await;
        info!("stopped");
    }
}

/// Every port on every address. A loopback address of IPv6 that the machine does not have is passed over, as long as one
/// address works.
fn bind_all(config: &Config) -> Result<Vec<(u16, TcpListener)>, Failure> {
    let mut sockets = Vec::new();
    for well_known in [25, 143, 465, 587, 993] {
        let before = sockets.len();
        let mut failed = None;
        for address in &config.listen.addresses {
            match bind(SocketAddr::new(*address, config.port(well_known))) {
                Ok(socket) => sockets.push((well_known, socket)),
                Err(error) if error.kind() == std::io::ErrorKind::AddrNotAvailable && address.is_ipv6() => {
                    warn!(%address, "this machine has no such address");
                    failed = Some((*address, error));
                }
                Err(error) => return Err(cannot_bind(*address, config.port(well_known), &error)),
            }
        }
        if let (true, Some((address, error))) = (sockets.len() == before, failed) {
            return Err(cannot_bind(address, config.port(well_known), &error));
        }
    }
    Ok(sockets)
}

fn bind(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        // IPv4 has its own socket, so that both can be configured apart.
        socket.set_only_v6(true)?;
    }
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    // A school comes back all at once after a power cut.
    socket.listen(4096)?;
    TcpListener::from_std(socket.into())
}

fn cannot_bind(address: IpAddr, port: u16, error: &std::io::Error) -> Failure {
    Failure::new(Text::new(
        format!(
            "Port {port} på {address} går inte att öppna: {error}. Körs redan en e-postserver eller demo där? Välj en annan \
             --port-base; portar under 1024 kräver CAP_NET_BIND_SERVICE (se deploy/README.md)."
        ),
        format!(
            "Port {port} on {address} cannot be opened: {error}. Does a mail server or a demo run there? Choose another \
             --port-base; ports below 1024 need CAP_NET_BIND_SERVICE (see deploy/README.md)."
        ),
    ))
}

fn open_door(
    service: &Arc<Service>,
    well_known: u16,
    socket: TcpListener,
    stop: Stop,
    tasks: &mut JoinSet<()>,
) {
    let implicit_tls = matches!(well_known, 465 | 993).then(|| service.tls.clone());
    let busy = if matches!(well_known, 143 | 993) { imap_lite::BUSY } else { smtp_receive::BUSY };
    let listener = Listener { socket, implicit_tls, admission: service.admission.clone(), busy, stop };
    match well_known {
        25 => {
            let door = service.relay.clone();
            tasks.spawn(listener.serve(move |connection: Connection| door.clone().converse(connection)));
        }
        465 | 587 => {
            let door = service.submission.clone();
            tasks.spawn(listener.serve(move |connection: Connection| door.clone().converse(connection)));
        }
        _ => {
            let door = service.imap.clone();
            tasks.spawn(listener.serve(move |connection: Connection| door.clone().converse(connection)));
        }
    }
}

fn watch_certificates(service: &Arc<Service>, mut stop: Stop, tasks: &mut JoinSet<()>) {
    let certificates = service.certificates.clone();
    tasks.spawn(async move {
        let mut turns = interval(CERTIFICATES_EVERY);
        let mut hang_up = signal(SignalKind::hangup()).ok();
        loop {
            let asked = async {
                match &mut hang_up {
                    Some(signal) => drop(signal.recv().await),
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = stop.wait() => return,
                _ = turns.tick() => {}
                () = asked => info!("SIGHUP: reading certificates"),
            }
            match certificates.reload() {
                Ok(true) => info!("certificates read again"),
                Ok(false) => {}
                Err(failure) => {
                    error!("{}; the old certificates stay in use", failure.say(model::Language::En))
                }
            }
        }
    });
}
