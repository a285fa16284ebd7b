//! What one act has planned and not yet committed.

use std::collections::{HashMap, HashSet};

use model::SchoolId;

use crate::{ClassRef, SchoolYear};

/// Lets many accounts be planned for one batch without giving one address or making one class twice. A new draft for
/// every batch; after a conflict the whole batch is planned again with a new one.
#[derive(Debug, Default)]
pub struct Draft {
    addresses: HashSet<String>,
    classes: HashMap<(SchoolId, SchoolYear, String), ClassRef>,
}

impl Draft {
    pub(crate) fn has_address(&self, folded: &str) -> bool {
        self.addresses.contains(folded)
    }
    pub(crate) fn add_address(&mut self, folded: String) {
        self.addresses.insert(folded);
    }
    pub(crate) fn class(&self, school: SchoolId, year: SchoolYear, label: &str) -> Option<&ClassRef> {
        self.classes.get(&(school, year, label.to_lowercase()))
    }
    pub(crate) fn add_class(&mut self, school: SchoolId, class: ClassRef) {
        self.classes.insert((school, class.year, class.label.to_lowercase()), class);
    }
}
