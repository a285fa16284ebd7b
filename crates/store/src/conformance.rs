//! What every engine must do, as tests that an engine calls with a way to make a store.
