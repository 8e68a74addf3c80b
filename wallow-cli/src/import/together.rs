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
use super::precedence::Precedence;

/// At most this many keys are sorted in memory.
const PIECE: usize = 1 << 20;

/// At most this many runs are listed, each with at most this many of its records.
const NAMED: usize = 3;
const RECORDS: usize = 4;

/// The keys of records.
pub(super) struct Keys {
    piece: Vec<Entry>,
    sorted: Vec<BufReader<std::fs::File>>,
    limit: usize,
    count: u64,
    bytes: Vec<u8>,
}

/// A record. Those of one run are sorted by their precedence, then in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    /// A digest of the key.
    key: u128,
    rank: u8,
    number: u64,
    /// A digest of the other values.
    values: u64,
}

/// Records that are the same run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Together {
    pub(super) records: u64,
    pub(super) runs: u64,
    /// For the first of these runs, the numbers of their first records, counted from zero.
    pub(super) first: Vec<Vec<u64>>,
    /// How many records have other values than the one of their run that counts first.
    pub(super) different: u64,
    /// The records of a run but the one that counts first.
    pub(super) repeats: Numbers,
    /// The records of a run over which another one takes precedence.
    pub(super) outranked: Numbers,
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
    pub(super) fn push(&mut self, key: &[Value], precedence: Precedence) -> io::Result<()> {
        self.bytes.clear();
        for value in key {
            put_value(&mut self.bytes, value);
        }
        let digest = Sha256::digest(&self.bytes);
        let hash = digest.iter().take(16);
        self.piece.push(Entry {
            key: hash.fold(0, |hash, byte| hash << 8 | u128::from(*byte)),
            rank: precedence.rank,
            number: self.count,
            values: precedence.values,
        });
        self.count += 1;
        if self.piece.len() >= self.limit {
            self.put_aside()?;
        }
        Ok(())
    }

    fn put_aside(&mut self) -> io::Result<()> {
        self.piece.sort_unstable();
        let mut out = BufWriter::new(tempfile::tempfile()?);
        for entry in self.piece.drain(..) {
            out.write_all(&entry.key.to_le_bytes())?;
            out.write_all(&[entry.rank])?;
            out.write_all(&entry.number.to_le_bytes())?;
            out.write_all(&entry.values.to_le_bytes())?;
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
        let mut group: Option<Group> = None;
        let mut piece = self.piece.into_iter();
        let mut next = BinaryHeap::new();
        let memory = self.sorted.len();
        next.extend(piece.next().map(|entry| Reverse((entry, memory))));
        for (index, file) in self.sorted.iter_mut().enumerate() {
            next.extend(entry(file)?.map(|entry| Reverse((entry, index))));
        }
        while let Some(Reverse((found, from))) = next.pop() {
            let following = match self.sorted.get_mut(from) {
                Some(file) => entry(file)?,
                None => piece.next(),
            };
            next.extend(following.map(|entry| Reverse((entry, from))));
            match &mut group {
                Some(group) if group.first.key == found.key => together.join(group, found),
                _ => {
                    let before = group.replace(Group::of(found));
                    together.close(before);
                }
            }
        }
        together.close(group);
        Ok(together)
    }
}

/// The records of one key.
struct Group {
    /// The one that counts first.
    first: Entry,
    count: u64,
    /// The smallest numbers of its records.
    numbers: Vec<u64>,
}

impl Group {
    fn of(first: Entry) -> Self {
        Group {
            first,
            count: 1,
            numbers: vec![first.number],
        }
    }
}

impl Together {
    /// Adds a record to the group of its key.
    fn join(&mut self, group: &mut Group, entry: Entry) {
        group.count += 1;
        group.numbers.push(entry.number);
        group.numbers.sort_unstable();
        group.numbers.truncate(RECORDS);
        self.different += u64::from(entry.values != group.first.values);
        self.repeats.insert(entry.number);
        if entry.rank > group.first.rank {
            self.outranked.insert(entry.number);
        }
    }

    /// Counts a group that has all of its records.
    fn close(&mut self, group: Option<Group>) {
        if let Some(group) = group.filter(|group| group.count > 1) {
            self.records += group.count;
            self.runs += 1;
            self.first.push(group.numbers);
            self.first.sort();
            self.first.truncate(NAMED);
        }
    }
}

/// The next entry of a sorted piece.
fn entry(file: &mut BufReader<std::fs::File>) -> io::Result<Option<Entry>> {
    let (mut key, mut rank, mut number, mut values) = ([0; 16], [0; 1], [0; 8], [0; 8]);
    match file.read_exact(&mut key) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        read => read?,
    }
    file.read_exact(&mut rank)?;
    file.read_exact(&mut number)?;
    file.read_exact(&mut values)?;
    Ok(Some(Entry {
        key: u128::from_le_bytes(key),
        rank: rank[0],
        number: u64::from_le_bytes(number),
        values: u64::from_le_bytes(values),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_the_same_across_pieces() {
        for limit in [1, 2, 3, 100] {
            let mut keys = Keys::with_limit(limit);
            // A failed try, one that is completed, and a third with what the first said.
            let tries = [
                (7, 2, 1),
                (1, 0, 1),
                (7, 0, 2),
                (2, 0, 1),
                (3, 0, 1),
                (2, 0, 1),
                (7, 2, 1),
                (4, 0, 1),
            ];
            for (key, rank, values) in tries {
                let precedence = Precedence { rank, values };
                keys.push(&[key.into(), "a".into()], precedence).unwrap();
            }
            let together = keys.finish().unwrap();
            assert_eq!((together.records, together.runs), (5, 2), "{limit}");
            assert_eq!(together.first, [vec![0, 2, 6], vec![3, 5]], "{limit}");
            assert_eq!(together.different, 2, "{limit}");
            let all = |numbers: &Numbers| {
                let numbers = (0..100).filter(|number| numbers.contains(*number));
                numbers.collect::<Vec<_>>()
            };
            assert_eq!(all(&together.repeats), [0, 5, 6], "{limit}");
            assert_eq!(all(&together.outranked), [0, 6], "{limit}");
        }
        assert_eq!(Keys::new().finish().unwrap(), Together::default());
    }
}
