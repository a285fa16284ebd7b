//! Taking connections: who may come in, TLS, and an orderly stop. Knows no protocol.
//!
//! Both mail protocols stand on this: the number of connections is bounded in all and for each address, hand-shakes and
//! writes have a time limit, and on a stop nobody new is let in while those inside finish their sentence.

mod admission;
mod limits;
mod listener;
mod network;
mod stop;
mod stream;

pub use admission::{Admission, Admitted};
pub use limits::Limits;
pub use listener::{Connection, Listener};
pub use network::{Network, NetworkError};
pub use stop::{Stop, Stopper};
pub use stream::{Stream, TlsSession};
