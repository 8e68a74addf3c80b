//! Counts records that are the same run, without holding every key in memory.
//!
//! What enters: the canonical key of each record, in order. What leaves: how many records share a key with another one,
//! how many runs these are, and the first few of them. Keys are compared by 128 bits of SHA-256. Beyond a limit they
//! are sorted in pieces, which are then merged.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::{self, BufReader, BufWriter, Read, Seek as _, SeekFrom, Write as _};

use sha2::{Digest as _, Sha256};
use wallow_runtime::dynamic::Value;

use super::codec::put_value;

/// At most this many keys are sorted in memory.
const PIECE: usize = 1 << 20;

/// At most this many runs are listed, each with at most this many of its records.
const NAMED: usize = 3;
const RECORDS: usize = 4;

/// The keys of records.
pub(super) struct Keys {
    piece: Vec<(u128, u64)>,
    sorted: Vec<BufReader<std::fs::File>>,
    limit: usize,
    count: u64,
    bytes: Vec<u8>,
}

/// Records that are the same run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Together {
    pub(super) records: u64,
    pub(super) runs: u64,
    /// For the first of these runs, the numbers of their first records, counted from zero.
    pub(super) first: Vec<Vec<u64>>,
    /// The records whose key an earlier record has.
    pub(super) repeats: Numbers,
}

/// A set of numbers of records, with a bit for each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Numbers(Vec<u64>);

impl Numbers {
    fn insert(&mut self, number: u64) {
        let (word, bit) = Self::place(number);
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        self.0[word] |= bit;
    }

    pub(super) fn contains(&self, number: u64) -> bool {
        let (word, bit) = Self::place(number);
        self.0.get(word).is_some_and(|word| word & bit != 0)
    }

    fn place(number: u64) -> (usize, u64) {
        let word = usize::try_from(number / 64).unwrap_or(usize::MAX - 1);
        (word, 1 << (number % 64))
    }
}

impl Keys {
    pub(super) fn new() -> Self {
        Keys::with_limit(PIECE)
    }

    fn with_limit(limit: usize) -> Self {
        Keys {
            piece: Vec::new(),
            sorted: Vec::new(),
            limit,
            count: 0,
            bytes: Vec::new(),
        }
    }

    /// Takes the key of the next record.
    pub(super) fn push(&mut self, key: &[Value]) -> io::Result<()> {
        self.bytes.clear();
        for value in key {
            put_value(&mut self.bytes, value);
        }
        let digest = Sha256::digest(&self.bytes);
        let hash = digest.iter().take(16);
        let hash = hash.fold(0_u128, |hash, byte| hash << 8 | u128::from(*byte));
        self.piece.push((hash, self.count));
        self.count += 1;
        if self.piece.len() >= self.limit {
            self.put_aside()?;
        }
        Ok(())
    }

    fn put_aside(&mut self) -> io::Result<()> {
        self.piece.sort_unstable();
        let mut out = BufWriter::new(tempfile::tempfile()?);
        for (hash, number) in self.piece.drain(..) {
            out.write_all(&hash.to_le_bytes())?;
            out.write_all(&number.to_le_bytes())?;
        }
        let mut file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.seek(SeekFrom::Start(0))?;
        self.sorted.push(BufReader::new(file));
        Ok(())
    }

    /// Finds the records that share a key.
    pub(super) fn finish(mut self) -> io::Result<Together> {
        self.piece.sort_unstable();
        let mut together = Together::default();
        let mut group = (0, Vec::new(), 0);
        let mut piece = self.piece.into_iter();
        let mut next = BinaryHeap::new();
        let memory = self.sorted.len();
        next.extend(piece.next().map(|entry| Reverse((entry, memory))));
        for (index, file) in self.sorted.iter_mut().enumerate() {
            next.extend(entry(file)?.map(|entry| Reverse((entry, index))));
        }
        while let Some(Reverse(((hash, number), from))) = next.pop() {
            let following = match self.sorted.get_mut(from) {
                Some(file) => entry(file)?,
                None => piece.next(),
            };
            next.extend(following.map(|entry| Reverse((entry, from))));
            if group.2 > 0 && group.0 != hash {
                together.add(&mut group);
            }
            group.0 = hash;
            if group.2 > 0 {
                together.repeats.insert(number);
            }
            group.2 += 1;
            if group.1.len() < RECORDS {
                group.1.push(number);
            }
        }
        together.add(&mut group);
        Ok(together)
    }
}

impl Together {
    /// Adds the records of one key, and clears the list for the next key.
    fn add(&mut self, (_, records, count): &mut (u128, Vec<u64>, u64)) {
        let records = std::mem::take(records);
        let count = std::mem::take(count);
        if count > 1 {
            self.records += count;
            self.runs += 1;
            self.first.push(records);
            self.first.sort();
            self.first.truncate(NAMED);
        }
    }
}

/// The next entry of a sorted piece.
fn entry(file: &mut BufReader<std::fs::File>) -> io::Result<Option<(u128, u64)>> {
    let (mut hash, mut number) = ([0; 16], [0; 8]);
    match file.read_exact(&mut hash) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        read => read?,
    }
    file.read_exact(&mut number)?;
    Ok(Some((
        u128::from_le_bytes(hash),
        u64::from_le_bytes(number),
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_the_same_across_pieces() {
        for limit in [1, 2, 3, 100] {
            let mut keys = Keys::with_limit(limit);
            for key in [7, 1, 7, 2, 3, 2, 7, 4] {
                keys.push(&[key.into(), "a".into()]).unwrap();
            }
            let together = keys.finish().unwrap();
            assert_eq!((together.records, together.runs), (5, 2), "{limit}");
            assert_eq!(together.first, [vec![0, 2, 6], vec![3, 5]], "{limit}");
            let repeats = (0..100).filter(|number| together.repeats.contains(*number));
            assert_eq!(repeats.collect::<Vec<_>>(), [2, 5, 6], "{limit}");
        }
        assert_eq!(Keys::new().finish().unwrap(), Together::default());
    }
}
