//! Words and marks of an address list.
//!
//! RFC 5322 §3.2 (atoms, quoted strings, comments that nest); RFC 2047 §2 (an encoded word is one word).

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// An atom, dots included.
    Atom(Vec<u8>),
    Quoted(Vec<u8>),
    /// `[192.0.2.1]`
    DomainLiteral(Vec<u8>),
    /// One of `,` `;` `:` `<` `>` `@`.
    Mark(u8),
}

/// A token, and whether white space or a comment stood before it.
pub(super) struct Word {
    pub(super) token: Token,
    pub(super) apart: bool,
}

pub(super) struct Lexer<'x> {
    text: &'x [u8],
    at: usize,
    apart: bool,
    /// The last comment: an old way to give the name.
    pub(super) comment: Option<Vec<u8>>,
    /// Something was left open or is not allowed where it stands.
    pub(super) unclear: bool,
}

impl<'x> Lexer<'x> {
    pub(super) fn new(text: &'x [u8]) -> Self {
        Self { text, at: 0, apart: false, comment: None, unclear: false }
    }

    /// Is nothing left?
    pub(super) fn is_at_end(&self) -> bool {
        self.at >= self.text.len()
    }

    /// The first octet of the next token.
    pub(super) fn peek(&mut self) -> Option<u8> {
        while let Some(octet) = self.text.get(self.at) {
            match octet {
                b'(' => self.skip_comment(),
                octet if octet.is_ascii_whitespace() => self.at += 1,
                octet => return Some(*octet),
            }
            self.apart = true;
        }
        None
    }

    pub(super) fn next(&mut self) -> Option<Word> {
        let octet = self.peek()?;
        let token = match octet {
            b',' | b';' | b':' | b'<' | b'>' | b'@' => {
                self.at += 1;
                Token::Mark(octet)
            }
            b'"' => Token::Quoted(self.enclosed(b'"')),
            b'[' => {
                let inner = self.enclosed(b']');
                Token::DomainLiteral([&b"["[..], &inner, b"]"].concat())
            }
            _ => Token::Atom(self.atom()),
        };
        Some(Word { token, apart: std::mem::take(&mut self.apart) })
    }

    fn atom(&mut self) -> Vec<u8> {
        let rest = &self.text[self.at..];
        let length = encoded_word(rest).unwrap_or_else(|| {
            let stop = |octet: &u8| octet.is_ascii_whitespace() || b",;:<>@\"([".contains(octet);
            rest.iter().position(stop).unwrap_or(rest.len()).max(1)
        });
        let atom = &rest[..length];
        self.unclear |=
            atom.iter().any(|octet| octet.is_ascii_control() || b",;:<>@\"()[]\\".contains(octet));
        self.at += length;
        atom.to_vec()
    }

    /// What stands between two marks, backslashes resolved.
    fn enclosed(&mut self, end: u8) -> Vec<u8> {
        self.at += 1;
        let mut out = Vec::new();
        while let Some(octet) = self.text.get(self.at) {
            self.at += 1;
            match octet {
                octet if *octet == end => return out,
                b'\\' => {
                    out.extend(self.text.get(self.at));
                    self.at += 1;
                }
                octet => {
                    self.unclear |= octet.is_ascii_control() && *octet != b'\t';
                    out.push(*octet);
                }
            }
        }
        self.at = self.text.len();
        self.unclear = true;
        out
    }

    fn skip_comment(&mut self) {
        let (start, mut depth) = (self.at + 1, 0_usize);
        while let Some(octet) = self.text.get(self.at) {
            match octet {
                b'\\' => self.at += 1,
                b'(' => depth += 1,
                b')' => depth -= 1,
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                self.comment = Some(self.text[start..self.at - 1].to_vec());
                return;
            }
        }
        self.at = self.text.len();
        self.unclear = true;
    }
}

/// Length of the encoded word at the start (RFC 2047 §2). Some senders leave commas and brackets in it bare.
fn encoded_word(text: &[u8]) -> Option<usize> {
    let rest = text.strip_prefix(b"=?")?;
    let limit = rest.iter().take(200).position(u8::is_ascii_whitespace).unwrap_or(rest.len().min(200));
    let mut marks = memchr::memchr_iter(b'?', &rest[..limit]);
    marks.next()?;
    marks.next()?;
    let end = marks.next()?;
    (rest.get(end + 1) == Some(&b'=')).then_some(end + 4)
}
