//! Names of people, and how they become addresses.

mod function;
mod local_part;
mod person;
mod reserved;
mod screen;

pub use function::{is_head_teacher, is_health};
pub use local_part::NameTable;
pub(crate) use local_part::{local_part, with_suffix};
pub(crate) use person::title;
pub use person::{PersonName, class_label};
pub(crate) use reserved::is_mechanical;
pub use reserved::{is_function, is_operators, is_reserved};
pub use screen::{NameError, screen};
