//! One segment: a preallocated file into which frames are written in place.
//!
//! ```text
//!  0  8  "LLMPJRN1"
//!  8  8  run: random number of the run that wrote it
//! 16  8  wall clock at which that run began, nanoseconds since 1970
//! 24  4  magic of this segment's frames
//! 28  4  CRC-32C of bytes 0..28
//! 64 ..  frames
//! ```

use std::fs::{File, OpenOptions};
use std::io::{self, IoSlice};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};

use rustix::fs::{FallocateFlags, OFlags, fallocate};
use smallvec::SmallVec;
use uuid::Uuid;

use super::frame::{self, Pending};
use super::store::MOSTLY;
use crate::model::Timestamp;
use crate::record::{Encoded, Event};

/// Where the frames begin.
pub(super) const FRAMES_AT: u64 = 64;
const MAGIC: &[u8; 8] = b"LLMPJRN1";

/// Which run a segment belongs to, and what its frames look like.
#[derive(Debug, Clone, Copy)]
pub(super) struct Identity {
    pub(super) run: u64,
    pub(super) started: Timestamp,
    pub(super) magic: u32,
}

/// A segment's file, shared by writers, the tail and every [`Location`] in it.
#[derive(Debug)]
pub(super) struct Segment {
    file: Arc<File>,
    path: PathBuf,
    /// Counts the segments, over all runs.
    number: u64,
    pub(super) identity: Identity,
    capacity: u64,
    /// Where the next frame goes. Grows past the capacity when the segment is full.
    reserved: AtomicU64,
    /// Where the frames end, once it is sealed.
    sealed_at: AtomicU64,
    /// Places that were reserved and could not be written.
    holes: Mutex<Vec<(u64, u64)>>,
    /// Set when what is in here must outlive this process: it could not be put into the log.
    keep: std::sync::atomic::AtomicBool,
    /// Where the file goes for wiping when nobody needs it any more. `None` leaves it on the disk.
    disposal: Option<Sender<Disposed>>,
}

/// A segment that nobody needs any more.
#[derive(Debug)]
pub(super) struct Disposed {
    pub(super) number: u64,
    pub(super) path: PathBuf,
    pub(super) file: Arc<File>,
    /// Bytes that were written, from the start.
    pub(super) used: u64,
    pub(super) capacity: u64,
    /// Set when the file must stay for the next start's recovery.
    pub(super) keep: bool,
}

impl Segment {
    /// Makes a segment's file of `capacity` bytes, all allocated. Fails when the disk has no room.
    pub(super) fn create(path: &Path, capacity: u64) -> io::Result<(File, u64)> {
        let mut options = OpenOptions::new();
        options
            .read(true)
            .write(true)
            .create_new(true)
            .mode(0o600)
            .custom_flags(OFlags::NOFOLLOW.bits() as i32);
        let file = options.open(path)?;
        let made = match fallocate(&file, FallocateFlags::empty(), 0, capacity) {
            // Some file systems cannot reserve room: a write may fail later then, and is told of.
            Err(rustix::io::Errno::OPNOTSUPP | rustix::io::Errno::NOSYS) => file.set_len(capacity),
            made => made.map_err(io::Error::from),
        };
        let private =
            rustix::fs::fchmod(&file, rustix::fs::Mode::from_raw_mode(0o600)).map_err(io::Error::from);
        match made.and(private) {
            Ok(()) => Ok((file, capacity)),
            Err(error) => {
                let _ = std::fs::remove_file(path);
                Err(error)
            }
        }
    }

    /// Turns an allocated, zeroed file into a segment of this run.
    pub(super) fn begin(
        file: Arc<File>,
        path: PathBuf,
        number: u64,
        capacity: u64,
        run: u64,
        started: Timestamp,
        disposal: Sender<Disposed>,
    ) -> io::Result<Arc<Self>> {
        // Never zero: zeros are what an unwritten place looks like.
        let magic = (Uuid::new_v4().as_u128() as u32) | 1;
        let identity = Identity { run, started, magic };
        file.write_all_at(&encode_header(identity), 0)?;
        Ok(Arc::new(Self::new(file, path, number, identity, capacity, Some(disposal))))
    }

    /// Opens a segment that an earlier run left. `None` when the file is no segment.
    pub(super) fn open(
        path: PathBuf,
        number: u64,
        disposal: Sender<Disposed>,
    ) -> io::Result<Option<Arc<Self>>> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).custom_flags(OFlags::NOFOLLOW.bits() as i32);
        let file = options.open(&path)?;
        let mut head = [0; 32];
        if file.read_exact_at(&mut head, 0).is_err() {
            return Ok(None);
        }
        let Some(identity) = decode_header(&head) else { return Ok(None) };
        let capacity = file.metadata()?.len();
        let segment = Self::new(Arc::new(file), path, number, identity, capacity, Some(disposal));
        segment.reserved.store(capacity, Ordering::Relaxed);
        segment.sealed_at.store(capacity, Ordering::Relaxed);
        Ok(Some(Arc::new(segment)))
    }

    fn new(
        file: Arc<File>,
        path: PathBuf,
        number: u64,
        identity: Identity,
        capacity: u64,
        disposal: Option<Sender<Disposed>>,
    ) -> Self {
        Self {
            file,
            path,
            number,
            identity,
            capacity,
            reserved: AtomicU64::new(FRAMES_AT),
            sealed_at: AtomicU64::new(u64::MAX),
            holes: Mutex::default(),
            keep: false.into(),
            disposal,
        }
    }

    /// Takes a place of `len` bytes. `None`: the segment is full, and sealed from now on.
    pub(super) fn reserve(&self, len: u64) -> Option<u64> {
        let at = self.reserved.fetch_add(len, Ordering::AcqRel);
        if at + len <= self.capacity {
            return Some(at);
        }
        self.sealed_at.fetch_min(at, Ordering::AcqRel);
        None
    }

    /// Lets nobody reserve any more.
    pub(super) fn seal(&self) {
        let at = self.reserved.fetch_add(self.capacity, Ordering::AcqRel);
        self.sealed_at.fetch_min(at, Ordering::AcqRel);
    }

    /// Writes frames at their reserved place, and says how many of them are there, whole. Where the others
    /// would be is marked, so that the tail does not wait for them.
    pub(super) fn write(&self, at: u64, frames: &[Pending<'_>]) -> (usize, io::Result<()>) {
        let headers: SmallVec<[_; MOSTLY]> =
            frames.iter().map(|frame| frame.header(self.identity.magic)).collect();
        let pieces: SmallVec<[&[u8]; 4 * MOSTLY]> = frames
            .iter()
            .zip(&headers)
            .flat_map(|(frame, header)| {
                let encoded = &frame.encoded;
                [header.as_slice(), &encoded.head, encoded.body, frame::padding(encoded.len())]
            })
            .collect();
        let (written, result) = write_pieces(&self.file, at, &pieces);
        if result.is_ok() {
            return (frames.len(), result);
        }
        let mut stored = 0;
        let mut end = 0;
        while let Some(frame) = frames.get(stored)
            && end + frame.padded_len() <= written
        {
            end += frame.padded_len();
            stored += 1;
        }
        let rest = frames[stored..].iter().map(Pending::padded_len).sum();
        self.holes.lock().unwrap_or_else(PoisonError::into_inner).push((at + end, rest));
        (stored, result)
    }

    /// Whether a writer gave the place at `at` up; if so, its length.
    pub(super) fn hole_at(&self, at: u64) -> Option<u64> {
        let holes = self.holes.lock().unwrap_or_else(PoisonError::into_inner);
        holes.iter().find(|(start, _)| *start == at).map(|(_, len)| *len)
    }

    /// How far frames may have been written.
    pub(super) fn written_to(&self) -> u64 {
        self.reserved.load(Ordering::Acquire).min(self.sealed_at.load(Ordering::Acquire)).min(self.capacity)
    }

    /// Where the frames end, when no more can come.
    pub(super) fn end(&self) -> Option<u64> {
        match self.sealed_at.load(Ordering::Acquire) {
            u64::MAX => None,
            end => Some(end),
        }
    }

    /// Fills `buffer` from `at` on; fewer bytes at the file's end.
    pub(super) fn read(&self, buffer: &mut [u8], at: u64) -> io::Result<usize> {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.file.read_at(&mut buffer[filled..], at + filled as u64) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(filled)
    }

    /// Writes the header once more: a small write that shows whether the disk answers.
    pub(super) fn rewrite_header(&self) -> io::Result<()> {
        self.file.write_all_at(&encode_header(self.identity), 0)
    }

    /// Its number.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// Has what was written so far put on the disk.
    pub(super) fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    /// Its file, to be put on the disk when the segment has ended.
    pub(super) fn file(&self) -> Arc<File> {
        Arc::clone(&self.file)
    }

    /// Leaves the file on the disk for the next start's recovery.
    pub(super) fn keep(&self) {
        self.keep.store(true, Ordering::Relaxed);
    }
}

impl Drop for Segment {
    fn drop(&mut self) {
        let Some(disposal) = &self.disposal else { return };
        // The keeper is gone only when the journal was closed; it removes all files itself then.
        let _ = disposal.send(Disposed {
            number: self.number,
            path: self.path.clone(),
            file: Arc::clone(&self.file),
            used: self.written_to(),
            capacity: self.capacity,
            // Whoever panics has not put into the log what it held.
            keep: self.keep.load(Ordering::Relaxed) || std::thread::panicking(),
        });
    }
}

/// Keeps segments from being wiped, and no more.
#[derive(Debug)]
pub struct Hold {
    _segments: SmallVec<[Arc<Segment>; 1]>,
}

impl Hold {
    /// Of the segments in which these places are: nearly always one, or two.
    pub fn of(places: impl Iterator<Item = Location>) -> Self {
        let mut segments = SmallVec::<[Arc<Segment>; 1]>::new();
        for place in places {
            if segments.last().is_none_or(|last| last.number != place.segment.number) {
                segments.push(place.segment);
            }
        }
        Self { _segments: segments }
    }
}

/// Where bytes of a body lie. Holding one keeps the segment from being wiped.
#[derive(Debug, Clone)]
pub struct Location {
    pub(super) segment: Arc<Segment>,
    pub(super) at: u64,
    pub(super) len: u32,
}

impl Location {
    /// How many bytes.
    pub fn len(&self) -> usize {
        self.len as usize
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Of a payload's place: that of the body's bytes, if the event has some.
    pub(super) fn of(self, event: &Event<'_>) -> Self {
        match event {
            Event::Body { bytes, .. } => {
                Self { at: self.at + Encoded::BODY_AT as u64, len: bytes.len() as u32, ..self }
            }
            Event::Begin(_)
            | Event::Lost { .. }
            | Event::BodyEnd(..)
            | Event::ResponseHead(_)
            | Event::End(_)
            | Event::Assigned(_)
            | Event::Done => self,
        }
    }

    /// Appends the bytes to `body`.
    pub fn read_into(&self, body: &mut Vec<u8>) -> io::Result<()> {
        let start = body.len();
        body.resize(start + self.len(), 0);
        let read = self.segment.read(&mut body[start..], self.at)?;
        if read < self.len() {
            body.truncate(start);
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(())
    }

    /// The number of the segment.
    pub fn segment(&self) -> u64 {
        self.segment.number
    }
}

/// Writes pieces one behind the other, with one call as a rule. Returns how many bytes were written before
/// an error.
fn write_pieces(file: &File, at: u64, pieces: &[&[u8]]) -> (u64, io::Result<()>) {
    let slices: SmallVec<[IoSlice<'_>; 4 * MOSTLY]> =
        pieces.iter().map(|piece| IoSlice::new(piece)).collect();
    let mut skip = loop {
        match rustix::io::pwritev(file, &slices, at) {
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return (0, Err(error.into())),
            Ok(written) => break written,
        }
    };
    // After a short write the rest goes piece by piece.
    let mut position = at + skip as u64;
    for piece in pieces {
        let rest = &piece[skip.min(piece.len())..];
        skip -= skip.min(piece.len());
        if let Err(error) = file.write_all_at(rest, position) {
            return (position - at, Err(error));
        }
        position += rest.len() as u64;
    }
    (position - at, Ok(()))
}

fn encode_header(identity: Identity) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[0..8].copy_from_slice(MAGIC);
    bytes[8..16].copy_from_slice(&identity.run.to_le_bytes());
    bytes[16..24].copy_from_slice(&identity.started.unix_ns().to_le_bytes());
    bytes[24..28].copy_from_slice(&identity.magic.to_le_bytes());
    let crc = crc32c::crc32c(&bytes[..28]);
    bytes[28..32].copy_from_slice(&crc.to_le_bytes());
    bytes
}

fn decode_header(bytes: &[u8; 32]) -> Option<Identity> {
    let word = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
    let long = |at: usize| u64::from(word(at)) | u64::from(word(at + 4)) << 32;
    if &bytes[0..8] != MAGIC || crc32c::crc32c(&bytes[..28]) != word(28) {
        return None;
    }
    Some(Identity { run: long(8), started: Timestamp::from_unix_ns(long(16) as i64), magic: word(24) })
}
