//! A disk that fails on purpose: for this crate's simulations and for tests of what is built on it.

mod faulty;
mod random;

pub use faulty::{Call, FaultyDisk};
pub use random::Random;
