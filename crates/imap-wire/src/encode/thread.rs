//! THREAD responses.
//!
//! RFC 5256 §6, thread-list: an only child stands behind its parent, several stand in parentheses of their own.

use super::string::number;

/// Writes one `* THREAD (…)(…)` as the messages are walked, each before its children. It keeps no more than the branches
/// above the current message, and the driver may send and clear the buffer between any two messages.
#[derive(Debug)]
pub struct ThreadWriter {
    branches: Vec<Branch>,
    /// The parenthesis is open, and nothing stands behind it yet.
    fresh: bool,
    empty: bool,
}

/// A message whose children are being written.
#[derive(Debug)]
struct Branch {
    /// Children to come.
    left: u32,
    /// They stand in parentheses of their own.
    apart: bool,
}

impl ThreadWriter {
    /// Begins.
    pub fn new(out: &mut Vec<u8>) -> Self {
        out.extend_from_slice(b"* THREAD");
        Self { branches: Vec::new(), fresh: false, empty: true }
    }

    /// The next message; `None` stands for one that is not there but whose answers are, so never without children.
    /// `children` say how many of the following belong right below it.
    pub fn message(&mut self, message: Option<u32>, children: u32, out: &mut Vec<u8>) {
        self.begin(out);
        if let Some(message) = message {
            if !self.fresh {
                out.push(b' ');
            }
            number(u64::from(message), out);
            self.fresh = false;
        }
        if children == 0 {
            return self.end(out);
        }
        let apart = children > 1;
        if apart && !self.fresh {
            out.push(b' ');
        }
        self.branches.push(Branch { left: children, apart });
    }

    fn begin(&mut self, out: &mut Vec<u8>) {
        match self.branches.last_mut() {
            // An only child goes on in its parent's parentheses, and the parent need not be remembered: a conversation of
            // ten thousand answers costs no more than one of two.
            Some(Branch { apart: false, .. }) => {
                self.branches.pop();
            }
            Some(branch) => {
                branch.left -= 1;
                out.push(b'(');
                self.fresh = true;
            }
            None => {
                out.extend_from_slice(if self.empty { b" (" } else { b"(" });
                self.empty = false;
                self.fresh = true;
            }
        }
    }

    /// Closes what ends with a message without children.
    fn end(&mut self, out: &mut Vec<u8>) {
        out.push(b')');
        while self.branches.pop_if(|branch| branch.left == 0).is_some() {
            out.push(b')');
        }
    }

    /// Ends.
    pub fn finish(self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"\r\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(messages: &[(u32, u32)]) -> String {
        let mut out = Vec::new();
        let mut writer = ThreadWriter::new(&mut out);
        for (message, children) in messages {
            writer.message((*message > 0).then_some(*message), *children, &mut out);
        }
        writer.finish(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn examples_of_the_standard() {
        // RFC 5256 §6.
        let nested = [(2, 0), (3, 1), (6, 2), (4, 1), (23, 0), (44, 1), (7, 1), (96, 0)];
        assert_eq!(written(&nested), "* THREAD (2)(3 6 (4 23)(44 7 96))\r\n");
        assert_eq!(written(&[(0, 2), (3, 0), (5, 0)]), "* THREAD ((3)(5))\r\n");
        assert_eq!(written(&[]), "* THREAD\r\n");
    }

    #[test]
    fn branches_end_together() {
        let tree = [(1, 2), (2, 2), (3, 0), (4, 2), (5, 0), (6, 0), (7, 1), (8, 0), (9, 0)];
        assert_eq!(written(&tree), "* THREAD (1 (2 (3)(4 (5)(6)))(7 8))(9)\r\n");
        assert_eq!(written(&[(0, 1), (3, 2), (4, 0), (5, 0)]), "* THREAD (3 (4)(5))\r\n");
        assert_eq!(written(&[(0, 2), (0, 2), (1, 0), (2, 0), (3, 0)]), "* THREAD (((1)(2))(3))\r\n");
    }

    #[test]
    fn a_long_conversation_needs_no_memory() {
        let mut out = Vec::new();
        let mut writer = ThreadWriter::new(&mut out);
        for message in 1..100_000 {
            writer.message(Some(message), 1, &mut out);
            assert!(writer.branches.len() <= 1);
            out.clear();
        }
        writer.message(Some(100_000), 0, &mut out);
        assert_eq!(out, b" 100000)");
    }
}
