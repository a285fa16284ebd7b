//! A file system in memory that knows what is on the disk and what only seems to be.
//!
//! After a power cut of what was not synced any part may be there: by sectors, each in any of the states that it has
//! been through; files may be too short; names made, changed or removed since the folder's sync may be so or not. After a
//! failed sync the writes are gone from the queue to the disk but can still be read, as on Linux.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;

use super::Random;
use crate::files::{File, Files, Space};

const SECTOR: usize = 512;

/// What was asked of the disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Call {
    /// Octets at an offset of a file.
    Write(PathBuf, u64, usize),
    /// A file's sync.
    Sync(PathBuf),
    /// A folder's sync.
    SyncDir(PathBuf),
    /// A new file.
    Create(PathBuf),
    /// A new name.
    Rename(PathBuf, PathBuf),
    /// A removal.
    Remove(PathBuf),
}

/// The disk. Clones are the same disk.
#[derive(Clone, Debug)]
pub struct FaultyDisk(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    nodes: Vec<Node>,
    names: BTreeMap<PathBuf, usize>,
    durable_names: BTreeMap<PathBuf, usize>,
    /// Changes of names that no folder sync has covered, oldest first.
    name_changes: Vec<NameChange>,
    calls: Vec<Call>,
    /// Changes until the power goes.
    power_left: Option<u64>,
    /// Syncs until one fails, once.
    sync_fails_in: Option<u64>,
    capacity: u64,
    random: Random,
}

#[derive(Clone, Debug)]
struct NameChange {
    path: PathBuf,
    node: Option<usize>,
}

#[derive(Clone, Debug, Default)]
struct Node {
    now: Vec<u8>,
    durable: Vec<u8>,
    writes: Vec<Write>,
    reserved: u64,
}

#[derive(Clone, Debug)]
struct Write {
    offset: usize,
    octets: Vec<u8>,
}

#[derive(Debug)]
struct Open {
    disk: FaultyDisk,
    node: usize,
    path: PathBuf,
}

impl FaultyDisk {
    /// An empty disk whose faults follow from `seed`.
    pub fn new(seed: u64) -> Self {
        Self::with(State {
            nodes: Vec::new(),
            names: BTreeMap::new(),
            durable_names: BTreeMap::new(),
            name_changes: Vec::new(),
            calls: Vec::new(),
            power_left: None,
            sync_fails_in: None,
            capacity: u64::MAX / 2,
            random: Random::new(seed),
        })
    }
    fn with(state: State) -> Self {
        Self(Arc::new(Mutex::new(state)))
    }

    /// The power goes after this many changes; that one is still under way.
    pub fn lose_power_in(&self, changes: u64) {
        self.0.lock().power_left = Some(changes);
    }
    /// After this many more syncs one fails.
    pub fn fail_sync_in(&self, syncs: u64) {
        self.0.lock().sync_fails_in = Some(syncs);
    }
    /// The disk has so much room in all.
    pub fn set_capacity(&self, octets: u64) {
        self.0.lock().capacity = octets;
    }
    /// Octets in use.
    pub fn used(&self) -> u64 {
        self.0.lock().used()
    }
    /// All calls since the last time this was asked.
    pub fn take_calls(&self) -> Vec<Call> {
        std::mem::take(&mut self.0.lock().calls)
    }
    /// The content of a file as a reader sees it, to be damaged at will.
    ///
    /// # Panics
    /// If there is no such file.
    pub fn damage(&self, path: &Path, damage: impl FnOnce(&mut Vec<u8>)) {
        let mut state = self.0.lock();
        let node = state.names[path];
        damage(&mut state.nodes[node].now);
        state.nodes[node].durable = state.nodes[node].now.clone();
        state.nodes[node].writes.clear();
    }

    /// The disk as the next start finds it after the power went.
    #[must_use]
    pub fn after_power_cut(&self) -> Self {
        let mut state = self.0.lock();
        let mut random = state.random.clone();
        state.random.next();
        let mut names = state.durable_names.clone();
        // A journalling file system keeps the order of such changes.
        let kept = random.below(state.name_changes.len() as u64 + 1);
        for change in state.name_changes.iter().take(usize::try_from(kept).unwrap_or(0)) {
            apply_name(&mut names, change);
        }
        let nodes = state.nodes.iter().map(|node| node.after_power_cut(&mut random)).collect();
        Self::with(state.next(nodes, names, random))
    }

    /// The disk as the next start finds it after the process was killed: nothing is lost, nothing more is on the disk.
    #[must_use]
    pub fn after_kill(&self) -> Self {
        let state = self.0.lock();
        let mut next = state.next(state.nodes.clone(), state.names.clone(), state.random.clone());
        next.durable_names.clone_from(&state.durable_names);
        next.name_changes.clone_from(&state.name_changes);
        Self::with(next)
    }
}

impl Node {
    fn after_power_cut(&self, random: &mut Random) -> Self {
        let mut found = self.durable.clone();
        let mode = random.below(4);
        let mut touched: BTreeSet<usize> = BTreeSet::new();
        for write in &self.writes {
            touched.extend(write.offset / SECTOR..(write.offset + write.octets.len()).div_ceil(SECTOR));
        }
        for sector in touched {
            let versions = self.writes.len() as u64 + 1;
            let upto = match mode {
                0 => 0,
                1 => versions - 1,
                _ => random.below(versions),
            };
            for write in self.writes.iter().take(usize::try_from(upto).unwrap_or(0)) {
                write.put(&mut found, sector * SECTOR..(sector + 1) * SECTOR);
            }
        }
        // The length is written apart from the content.
        if random.once_in(3) && found.len() > self.durable.len() {
            let keep = self.durable.len() as u64 + random.below((found.len() - self.durable.len()) as u64);
            found.truncate(usize::try_from(keep).unwrap_or(0));
        }
        Self { now: found.clone(), durable: found, writes: Vec::new(), reserved: 0 }
    }
}

impl Write {
    /// The part of the write that lies in `window`.
    fn put(&self, into: &mut Vec<u8>, window: std::ops::Range<usize>) {
        let start = self.offset.max(window.start);
        let end = (self.offset + self.octets.len()).min(window.end);
        if start < end {
            if into.len() < end {
                into.resize(end, 0);
            }
            into[start..end].copy_from_slice(&self.octets[start - self.offset..end - self.offset]);
        }
    }
}

fn apply_name(names: &mut BTreeMap<PathBuf, usize>, change: &NameChange) {
    match change.node {
        Some(node) => names.insert(change.path.clone(), node),
        None => names.remove(&change.path),
    };
}

impl State {
    fn next(&self, nodes: Vec<Node>, names: BTreeMap<PathBuf, usize>, random: Random) -> Self {
        Self {
            nodes,
            durable_names: names.clone(),
            names,
            name_changes: Vec::new(),
            calls: Vec::new(),
            power_left: None,
            sync_fails_in: None,
            capacity: self.capacity,
            random,
        }
    }
    fn used(&self) -> u64 {
        let size = |node: &usize| (self.nodes[*node].now.len() as u64).max(self.nodes[*node].reserved);
        self.names.values().map(size).sum()
    }
    /// Counts down to the power cut: `Ok` while there is power.
    fn power(&mut self) -> io::Result<()> {
        match &mut self.power_left {
            None => Ok(()),
            Some(0) => Err(io::Error::other("the power is off")),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
        }
    }
    fn change_name(&mut self, path: &Path, node: Option<usize>) {
        let change = NameChange { path: path.to_path_buf(), node };
        apply_name(&mut self.names, &change);
        self.name_changes.push(change);
    }
    fn node_at(&self, path: &Path) -> io::Result<usize> {
        self.names.get(path).copied().ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

impl Files for FaultyDisk {
    fn create_dir(&self, _: &Path) -> io::Result<()> {
        Ok(())
    }
    fn create(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        let mut state = self.0.lock();
        if state.names.contains_key(path) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        state.power()?;
        state.calls.push(Call::Create(path.to_path_buf()));
        state.nodes.push(Node::default());
        let node = state.nodes.len() - 1;
        state.change_name(path, Some(node));
        Ok(Arc::new(Open { disk: self.clone(), node, path: path.to_path_buf() }))
    }
    fn open(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        let node = self.0.lock().node_at(path)?;
        Ok(Arc::new(Open { disk: self.clone(), node, path: path.to_path_buf() }))
    }
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.0.lock();
        let node = state.node_at(from)?;
        state.power()?;
        state.calls.push(Call::Rename(from.to_path_buf(), to.to_path_buf()));
        state.change_name(to, Some(node));
        state.change_name(from, None);
        Ok(())
    }
    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.0.lock();
        state.node_at(path)?;
        state.power()?;
        state.calls.push(Call::Remove(path.to_path_buf()));
        state.change_name(path, None);
        Ok(())
    }
    fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        let state = self.0.lock();
        let inside = state.names.keys().filter(|name| name.parent() == Some(path));
        Ok(inside.filter_map(|name| name.file_name()?.to_str().map(Into::into)).collect())
    }
    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        let mut state = self.0.lock();
        state.power()?;
        state.calls.push(Call::SyncDir(path.to_path_buf()));
        let changes = std::mem::take(&mut state.name_changes);
        for change in changes {
            if change.path.parent() == Some(path) {
                apply_name(&mut state.durable_names, &change);
            } else {
                state.name_changes.push(change);
            }
        }
        Ok(())
    }
    fn space(&self, _: &Path) -> io::Result<Space> {
        let state = self.0.lock();
        Ok(Space { free: state.capacity.saturating_sub(state.used()), total: state.capacity })
    }
}

impl File for Open {
    fn read_at(&self, into: &mut [u8], offset: u64) -> io::Result<()> {
        let state = self.disk.0.lock();
        let start = usize::try_from(offset).map_err(io::Error::other)?;
        let found = start.checked_add(into.len()).and_then(|end| state.nodes[self.node].now.get(start..end));
        into.copy_from_slice(found.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }
    fn write_at(&self, octets: &[u8], offset: u64) -> io::Result<()> {
        let mut state = self.disk.0.lock();
        let start = usize::try_from(offset).map_err(io::Error::other)?;
        let power = state.power();
        let (used, capacity) = (state.used(), state.capacity);
        let node = &mut state.nodes[self.node];
        let end = start + octets.len();
        let more = (end as u64).saturating_sub((node.now.len() as u64).max(node.reserved));
        if used + more > capacity {
            return Err(io::ErrorKind::StorageFull.into());
        }
        if node.now.len() < end {
            node.now.resize(end, 0);
        }
        node.now[start..end].copy_from_slice(octets);
        node.writes.push(Write { offset: start, octets: octets.to_vec() });
        state.calls.push(Call::Write(self.path.clone(), offset, octets.len()));
        // A write that was under way may be on the disk, or in part.
        power
    }
    fn sync_data(&self) -> io::Result<()> {
        let mut state = self.disk.0.lock();
        state.power()?;
        state.calls.push(Call::Sync(self.path.clone()));
        let fails = state.sync_fails_in.as_mut().is_some_and(|left| {
            let now = *left == 0;
            *left = left.saturating_sub(1);
            now
        });
        if fails {
            state.sync_fails_in = None;
        }
        let node = &mut state.nodes[self.node];
        let writes = std::mem::take(&mut node.writes);
        if fails {
            return Err(io::Error::other("the disk refused a sync"));
        }
        for write in writes {
            write.put(&mut node.durable, 0..usize::MAX);
        }
        let len = node.now.len();
        node.durable.resize(len, 0);
        Ok(())
    }
    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut state = self.disk.0.lock();
        state.power()?;
        let len = usize::try_from(len).map_err(io::Error::other)?;
        state.nodes[self.node].now.resize(len, 0);
        Ok(())
    }
    fn len(&self) -> io::Result<u64> {
        Ok(self.disk.0.lock().nodes[self.node].now.len() as u64)
    }
    fn reserve(&self, offset: u64, len: u64) -> io::Result<()> {
        let mut state = self.disk.0.lock();
        let (used, capacity) = (state.used(), state.capacity);
        let node = &mut state.nodes[self.node];
        let had = (node.now.len() as u64).max(node.reserved);
        let more = (offset + len).saturating_sub(had);
        if used + more > capacity {
            return Err(io::ErrorKind::StorageFull.into());
        }
        node.reserved = node.reserved.max(offset + len);
        Ok(())
    }
}
