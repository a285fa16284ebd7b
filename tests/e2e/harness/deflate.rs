//! A client's end of COMPRESS=DEFLATE that says as little as it may at a time.
//!
//! RFC 4978; RFC 1951 §3.2.6 (fixed codes). Each packet is a block of literals and then a second, empty block: what zlib
//! writes for `Z_PARTIAL_FLUSH`. Bits that fill no octet wait for the next packet. A library would not do: those at hand
//! make a full flush of it.

use miniz_oxide::inflate::stream::{InflateState, inflate};
use miniz_oxide::{DataFormat, MZError, MZFlush};

/// Both directions.
pub(crate) struct Deflate {
    inflate: Box<InflateState>,
    bits: u64,
    count: u32,
}

impl Deflate {
    pub(crate) fn new() -> Self {
        Self { inflate: InflateState::new_boxed(DataFormat::Raw), bits: 0, count: 0 }
    }

    /// What goes over the wire for these octets.
    pub(crate) fn pack(&mut self, octets: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        for block in [octets, &[]] {
            // Not the last block, fixed codes; at its end code 256, which is seven zeros.
            self.put(0b010, 3, &mut out);
            for octet in block {
                match u32::from(*octet) {
                    low @ 0..=143 => self.put_code(0x30 + low, 8, &mut out),
                    high => self.put_code(0x190 + high - 144, 9, &mut out),
                }
            }
            self.put(0, 7, &mut out);
        }
        out
    }

    /// What came over the wire, unpacked.
    pub(crate) fn unpack(&mut self, mut packed: &[u8], out: &mut Vec<u8>) -> std::io::Result<()> {
        let mut chunk = [0; 16 * 1024];
        loop {
            let result = inflate(&mut self.inflate, packed, &mut chunk, MZFlush::None);
            match result.status {
                Ok(_) | Err(MZError::Buf) => {}
                Err(error) => return Err(std::io::Error::other(format!("not DEFLATE: {error:?}"))),
            }
            packed = &packed[result.bytes_consumed..];
            out.extend_from_slice(&chunk[..result.bytes_written]);
            if result.bytes_written < chunk.len() && packed.is_empty() {
                return Ok(());
            }
        }
    }

    /// Codes stand with their first bit first (RFC 1951 §3.1.1), everything else with its lowest.
    fn put_code(&mut self, code: u32, length: u32, out: &mut Vec<u8>) {
        self.put(code.reverse_bits() >> (32 - length), length, out);
    }

    fn put(&mut self, bits: u32, length: u32, out: &mut Vec<u8>) {
        self.bits |= u64::from(bits) << self.count;
        self.count += length;
        while self.count >= 8 {
            out.push(self.bits as u8);
            self.bits >>= 8;
            self.count -= 8;
        }
    }
}

#[test]
fn what_is_packed_can_be_read() {
    let (mut client, mut server) = (Deflate::new(), Deflate::new());
    let mut read = Vec::new();
    for text in ["a1 NOOP\r\n", "", "Läxor ÿ\u{0}\r\n", "a2 LOGOUT\r\n"] {
        for octet in client.pack(text.as_bytes()) {
            server.unpack(&[octet], &mut read).unwrap();
        }
        assert!(read.ends_with(text.as_bytes()), "all of {text:?} is out");
    }
}
