//! What changes the directory: each function reads, decides, and returns a part of a batch that holds only if what it
//! read is still so. Nothing is written here.

mod account;
mod address;
mod denied;
mod draft;
mod edit;
mod function;
mod place;
mod remove;
#[cfg(test)]
mod tests;

pub use account::{NewAccount, PlannedAccount};
pub use draft::Draft;
pub use function::NewFunction;
pub use place::NewTenant;
