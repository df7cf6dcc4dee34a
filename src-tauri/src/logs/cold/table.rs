//! The table of a compressed file's frames, at its end: what zstd's `contrib/seekable_format` calls a
//! seek table. It lies in a frame that decoders skip.
//!
//! ```text
//! magic 0x184D2A5E, length | compressed, decoded (, checksum) for each frame | frames, flags, magic 0x8F92EAB1
//! ```
//! All numbers are 32 bits, little endian; the flags are one byte.

use std::io::{self, Read, Seek, SeekFrom};

use super::{MAX_DECODED_BYTES, MAX_FRAME_BYTES, damaged};

const SKIPPED: u32 = 0x184D_2A5E;
const SEEKABLE: u32 = 0x8F92_EAB1;
const HEAD_BYTES: u64 = 8;
const FOOT_BYTES: u64 = 9;
/// Set when each entry has a checksum as well. Frames have their own, so it is passed over.
const HAS_CHECKSUMS: u8 = 0x80;
/// Bits that no file may have set.
const RESERVED: u8 = 0x7c;
/// Frames of a file that is read. One of ours has at most 1,024.
const MAX_FRAMES: u32 = 65_536;

/// A frame: where it begins, compressed and decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) compressed: u64,
    pub(super) decoded: u64,
}

/// All frames' places, and behind them that of the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Table(Vec<Place>);

impl Default for Table {
    fn default() -> Self {
        Self(vec![Place { compressed: 0, decoded: 0 }])
    }
}

impl Table {
    /// Adds a frame of so many bytes behind the others.
    pub(super) fn push(&mut self, compressed: u64, decoded: u64) {
        let end = self.end();
        self.0.push(Place { compressed: end.compressed + compressed, decoded: end.decoded + decoded });
    }

    /// Where the last frame ends.
    pub(super) fn end(&self) -> Place {
        self.0.last().copied().unwrap_or(Place { compressed: 0, decoded: 0 })
    }

    /// The frame that has this decoded byte, from where to where; none at the end.
    pub(super) fn frame_at(&self, decoded: u64) -> Option<(Place, Place)> {
        let next = self.0.partition_point(|place| place.decoded <= decoded);
        Some((*self.0.get(next.checked_sub(1)?)?, *self.0.get(next)?))
    }

    /// As it stands in the file.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut entries = Vec::new();
        for (from, to) in self.0.iter().zip(self.0.iter().skip(1)) {
            entries.extend(low(to.compressed - from.compressed));
            entries.extend(low(to.decoded - from.decoded));
        }
        let mut bytes = SKIPPED.to_le_bytes().to_vec();
        bytes.extend(low(entries.len() as u64 + FOOT_BYTES));
        bytes.append(&mut entries);
        bytes.extend(low(self.0.len() as u64 - 1));
        bytes.push(0);
        bytes.extend(SEEKABLE.to_le_bytes());
        bytes
    }

    /// Reads the table of a file. What it says is checked against the file's length and our limits, so
    /// that nobody has to believe it.
    pub(super) fn read(file: &mut (impl Read + Seek)) -> io::Result<Self> {
        let len = file.seek(SeekFrom::End(0))?;
        let foot_at = len.checked_sub(HEAD_BYTES + FOOT_BYTES).ok_or_else(no_table)? + HEAD_BYTES;
        let foot = bytes_at(file, foot_at, FOOT_BYTES)?;
        let (frames, flags, magic) = (number(&foot, 0), foot[4], number(&foot, 5));
        if magic != SEEKABLE || flags & RESERVED != 0 || frames > MAX_FRAMES {
            return Err(no_table());
        }
        let entry_bytes = if flags & HAS_CHECKSUMS == 0 { 8 } else { 12 };
        let entries_bytes = u64::from(frames) * entry_bytes;
        let head_at = foot_at.checked_sub(entries_bytes + HEAD_BYTES).ok_or_else(no_table)?;
        let bytes = bytes_at(file, head_at, HEAD_BYTES + entries_bytes)?;
        if number(&bytes, 0) != SKIPPED || u64::from(number(&bytes, 4)) != entries_bytes + FOOT_BYTES {
            return Err(no_table());
        }
        let mut table = Self::default();
        for entry in bytes[HEAD_BYTES as usize..].chunks_exact(entry_bytes as usize) {
            let (compressed, decoded) = (u64::from(number(entry, 0)), u64::from(number(entry, 4)));
            if decoded > MAX_FRAME_BYTES {
                return Err(damaged("a part of it says that it is too large"));
            }
            table.push(compressed, decoded);
        }
        if table.end().decoded > MAX_DECODED_BYTES {
            return Err(damaged("it says that it is too large"));
        }
        if table.end().compressed != head_at {
            return Err(damaged("it is cut off, or something was added to it"));
        }
        Ok(table)
    }
}

fn no_table() -> io::Error {
    damaged("it is cut off, or was not compressed by llm-proxy")
}

/// Lengths are kept within 32 bits by [`MAX_FRAME_BYTES`] and what compression can add to it.
fn low(number: u64) -> [u8; 4] {
    u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes()
}

fn number(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).and_then(|four| four.try_into().ok()).map_or(0, u32::from_le_bytes)
}

fn bytes_at(file: &mut (impl Read + Seek), at: u64, len: u64) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; usize::try_from(len).map_err(|_| no_table())?];
    file.seek(SeekFrom::Start(at))?;
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn read(bytes: &[u8]) -> io::Result<Table> {
        Table::read(&mut Cursor::new(bytes))
    }

    /// A file of two frames that are no frames, and their table.
    fn file() -> (Vec<u8>, Table) {
        let mut table = Table::default();
        table.push(3, 10);
        table.push(4, 5);
        ([&[7; 7][..], &table.to_bytes()].concat(), table)
    }

    #[test]
    fn a_table_reads_back_and_finds_frames() {
        let (bytes, table) = file();
        assert_eq!(read(&bytes).unwrap(), table);
        let found = |at| table.frame_at(at).map(|(from, to)| (from.compressed, to.decoded));
        assert_eq!(
            (found(0), found(9), found(10), found(14)),
            (Some((0, 10)), Some((0, 10)), Some((3, 15)), Some((3, 15)))
        );
        assert_eq!((found(15), found(u64::MAX)), (None, None));
        assert_eq!(read(&Table::default().to_bytes()).unwrap().end().decoded, 0);
    }

    #[test]
    fn checksums_of_other_tools_are_passed_over() {
        let mut bytes = vec![1; 6];
        bytes.extend(SKIPPED.to_le_bytes());
        bytes.extend([21, 0, 0, 0, 6, 0, 0, 0, 9, 0, 0, 0, 1, 2, 3, 4, 1, 0, 0, 0, HAS_CHECKSUMS]);
        bytes.extend(SEEKABLE.to_le_bytes());
        assert_eq!(read(&bytes).unwrap().end(), Place { compressed: 6, decoded: 9 });
    }

    #[test]
    fn every_cut_and_every_changed_byte_of_the_frame_is_noticed() {
        let (bytes, _) = file();
        for cut in 0..bytes.len() {
            assert!(read(&bytes[..cut]).is_err(), "{cut}");
            assert!(read(&bytes[cut + 1..]).is_err(), "{cut}");
        }
        assert!(read(&[&bytes[..], b"x"].concat()).is_err());
        assert!(read(&[b"x", &bytes[..]].concat()).is_err());
        for at in (7..15).chain(bytes.len() - 9..bytes.len() - 5).chain(bytes.len() - 4..bytes.len()) {
            let mut changed = bytes.clone();
            changed[at] ^= 0x40;
            assert!(read(&changed).is_err(), "{at}");
        }
    }

    #[test]
    fn a_table_that_boasts_is_not_believed() {
        let boasting = |decoded: u32, frames: usize| {
            let mut bytes = SKIPPED.to_le_bytes().to_vec();
            bytes.extend(u32::try_from(frames * 8 + 9).unwrap().to_le_bytes());
            bytes.extend([[0; 4], decoded.to_le_bytes()].concat().repeat(frames));
            bytes.extend(u32::try_from(frames).unwrap().to_le_bytes());
            bytes.push(0);
            bytes.extend(SEEKABLE.to_le_bytes());
            read(&bytes).map_err(|error| error.to_string())
        };
        let most = u32::try_from(MAX_FRAME_BYTES).unwrap();
        assert!(boasting(most, 3).is_ok());
        assert!(boasting(most + 1, 1).unwrap_err().contains("too large"));
        assert!(boasting(most, 65_536).unwrap_err().contains("too large"));
        assert!(boasting(0, 65_537).is_err());
    }
}
