//! Random choices from a seed: the same seed makes the same inputs.

/// A source of choices.
#[derive(Debug)]
pub struct Random(fastrand::Rng);

/// Bytes that parsers often handle wrongly.
const ODD: [&str; 30] = [
    "",
    "\0",
    "\n",
    "\r\n",
    "\r",
    "\t",
    "\u{b}",
    "\u{1b}[31m",
    "\"",
    "'",
    "\\",
    "`",
    "\u{feff}",
    "\u{2028}",
    "\u{202e}",
    "e\u{301}",
    "é",
    "ß",
    "İ",
    "𝟙",
    "🐷",
    "٣",
    "\u{a0}",
    "NaN",
    "-0",
    "1e400",
    "9223372036854775808",
    "-9223372036854775809",
    "0.1",
    "null",
];

impl Random {
    /// With this seed.
    pub fn new(seed: u64) -> Self {
        Random(fastrand::Rng::with_seed(seed))
    }

    /// A number below `end`; 0 if there is none.
    pub fn below(&mut self, end: usize) -> usize {
        if end == 0 { 0 } else { self.0.usize(..end) }
    }

    /// `true` once in this many times.
    pub fn one_in(&mut self, many: usize) -> bool {
        self.below(many) == 0
    }

    /// One of them; they must not be empty.
    pub fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.below(from.len())]
    }

    /// Any integer: small ones, ones near the ends of the types, or any bits.
    pub fn int(&mut self) -> i64 {
        match self.below(4) {
            0 => self.0.i64(-10..10),
            1 => i64::from(self.0.i32(..)),
            2 => {
                let edges = [i64::MIN, i64::MAX, 1 << 53, -(1 << 53), 0];
                edges[self.below(edges.len())].wrapping_add(self.0.i64(-2..3))
            }
            _ => self.0.i64(..),
        }
    }

    /// Any float: any bits, or a short decimal.
    pub fn float(&mut self) -> f64 {
        match self.below(3) {
            0 => f64::from_bits(self.0.u64(..)),
            1 => {
                let text = format!("{}e{}", self.0.i64(-99..100), self.0.i32(-330..330));
                text.parse().unwrap_or(0.0)
            }
            _ => {
                let edges = [
                    0.0,
                    -0.0,
                    f64::NAN,
                    f64::INFINITY,
                    f64::MIN,
                    f64::MIN_POSITIVE,
                ];
                edges[self.below(edges.len())]
            }
        }
    }

    /// A short text, sometimes an odd one.
    pub fn text(&mut self) -> String {
        let mut text = String::new();
        for _ in 0..self.below(6) {
            match self.below(3) {
                0 => text.push_str(self.pick(&ODD)),
                1 => text.push(self.0.char(..)),
                _ => text.push(char::from(self.0.u8(b' '..=b'~'))),
            }
        }
        text
    }

    /// Changes an input in one to four places. `other` is another input, of which a piece may be inserted.
    pub fn mutate(&mut self, input: &[u8], other: &[u8], words: &[&str]) -> Vec<u8> {
        let mut bytes = input.to_vec();
        for _ in 0..=self.below(4) {
            self.mutate_once(&mut bytes, other, words);
        }
        bytes.truncate(1 << 16);
        bytes
    }

    fn mutate_once(&mut self, bytes: &mut Vec<u8>, other: &[u8], words: &[&str]) {
        let (start, end) = self.range(bytes);
        match self.below(9) {
            // One bit, one byte.
            0 if start < bytes.len() => bytes[start] ^= 1 << self.below(8),
            1 if start < bytes.len() => bytes[start] = self.0.u8(..),
            2 => drop(bytes.drain(start..end)),
            // Repeats a piece, possibly often.
            3 => {
                let piece = bytes[start..end].to_vec();
                let times = if self.one_in(8) {
                    1 + self.below(200)
                } else {
                    1
                };
                for _ in 0..times.min(1 + 20_000 / piece.len().max(1)) {
                    bytes.splice(start..start, piece.iter().copied());
                }
            }
            4 => {
                let piece = self.pick(&ODD).as_bytes().to_vec();
                bytes.splice(start..end.min(start + self.below(4)), piece);
            }
            5 if !other.is_empty() => {
                let (from, to) = self.range(other);
                bytes.splice(start..end, other[from..to].iter().copied());
            }
            // Replaces a number by another one.
            6 => {
                let is_digit = |byte: &u8| byte.is_ascii_digit();
                if let Some(from) = bytes[start..].iter().position(is_digit) {
                    let from = start + from;
                    let length = bytes[from..]
                        .iter()
                        .take_while(|byte| is_digit(byte))
                        .count();
                    let number = self.int().to_string();
                    bytes.splice(from..from + length, number.bytes());
                }
            }
            // Removes a whole line, or repeats it elsewhere.
            7 => {
                let mut lines = bytes
                    .split_inclusive(|byte| *byte == b'\n')
                    .collect::<Vec<_>>();
                if !lines.is_empty() {
                    let line = lines[self.below(lines.len())];
                    let place = self.below(lines.len() + 1);
                    if self.one_in(2) {
                        lines.insert(place, line);
                    } else if place < lines.len() {
                        lines.remove(place);
                    }
                    *bytes = lines.concat();
                }
            }
            _ if !words.is_empty() => {
                let word = self.pick(words).bytes();
                bytes.splice(start..start, word);
            }
            _ => {}
        }
    }

    /// A range, most often a short one.
    fn range(&mut self, bytes: &[u8]) -> (usize, usize) {
        let start = self.below(bytes.len() + 1);
        let longest = if self.one_in(4) { bytes.len() } else { 8 };
        let end = (start + self.below(longest + 1)).min(bytes.len());
        (start, end)
    }
}
