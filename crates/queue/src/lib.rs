//! What is left to do with an accepted letter.
//!
//! RFC 5321 §4.5.4.1 (sending strategy: keep, try again, longer pauses). Here are only routes to local mailboxes, for
//! letters to more people than one commit files; routes to other servers come with the crate that sends them.
//!
//! A [`Route`] stands in the store from the accepting commit until the commit that finishes it. Its key begins with the
//! time at which it is due, so that a scan gives what is to be done now. Which routes somebody works on is known in
//! memory only ([`Leased`]): after a crash nobody does, and finishing requires that the route is still there.

mod lease;
mod queue;
mod retry;
mod route;

pub use lease::Leased;
pub use queue::Queue;
pub use retry::RetryLimits;
pub use route::{Route, RouteKey};
