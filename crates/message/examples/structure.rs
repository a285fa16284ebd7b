//! Prints what is derived of letters, for comparison with other readers: `cargo run --example structure FILE...`

#![allow(clippy::print_stdout)]

use std::io::{Write, stdout};

use message::{Derived, DerivedView, Limits, derive};

fn main() -> std::io::Result<()> {
    for path in std::env::args_os().skip(1) {
        let bytes = std::fs::read(&path)?;
        println!("FILE {} {}", bytes.len(), path.display());
        show(&derive(&bytes, &Limits::default()))?;
    }
    Ok(())
}

fn show(derived: &Derived) -> std::io::Result<()> {
    let record = derived.encode();
    let view = DerivedView::open(&record).map_err(std::io::Error::other)?;
    for part in &derived.parts {
        let place = part.place;
        println!(
            "PART {} {} {} {} {:?} {} {}",
            place.header, place.body, place.end, place.lines, place.kind, part.media_type, part.encoding
        );
    }
    let texts = [
        ("ENVELOPE", view.envelope()),
        ("BODYSTRUCTURE", view.body_structure()),
        ("BODY", &view.body()),
        ("HEADERS", view.headers()),
        ("TEXT", view.text()),
    ];
    for (name, text) in texts {
        println!("{name} {}", text.len());
        stdout().write_all(text)?;
        println!();
    }
    Ok(())
}
