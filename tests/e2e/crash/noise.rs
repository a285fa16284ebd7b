//! Chance that can be repeated from its seed.

/// xorshift64*; good enough to choose moments and acts.
pub(crate) struct Noise(u64);

impl Noise {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed | 1)
    }
    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16) % bound.max(1)
    }
}

/// A letter that is wholly known from its name, so that any damage shows.
pub(crate) fn letter(name: &str) -> Vec<u8> {
    let seed = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |sum, octet| {
        (sum ^ u64::from(octet)).wrapping_mul(0x0100_0000_01b3)
    });
    let mut noise = Noise::new(seed);
    let mut text = format!(
        "From: Prov <prov@fjarran.test>\r\nTo: alla@skola.test\r\nSubject: {name}\r\n\
         Date: Mon, 5 Oct 2026 08:00:00 +0200\r\nMessage-ID: <{name}@fjarran.test>\r\n\r\n"
    );
    // Mostly small, sometimes over the size at which a body goes another way.
    let lines = if noise.below(20) == 0 { 4_000 } else { 1 + noise.below(60) };
    for _ in 0..lines {
        for _ in 0..8 {
            text.push_str(&format!("{:08x} ", noise.below(1 << 32)));
        }
        text.push_str("\r\n");
    }
    text.into_bytes()
}
