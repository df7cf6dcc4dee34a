//! What a crash leaves behind: a last line that is cut off, and the question how far the log got.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

use super::Writer;
use crate::logs::open::{self, For};
use crate::logs::read::Lines;
use crate::logs::{MAX_LINE_BYTES, RelativePath};
use crate::model::RequestId;
use crate::record::entry::{Entry, Kind};

/// What [`Writer::repair`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repair {
    /// The file is missing, empty or ends in a whole line.
    Clean,
    /// Only the last line's `\n` was missing.
    Completed,
    /// The last line was cut off: it stands in `{file}.torn` now.
    MovedAside {
        /// Its length.
        bytes: u64,
    },
}

impl Writer {
    /// Whether the file has a line of this kind and request in a line that begins at `from_offset` or
    /// after: recovery asks before it writes, so that no exchange is logged twice.
    pub fn tail_has(
        &self,
        file: &RelativePath,
        from_offset: u64,
        request: &RequestId,
        kind: Kind,
    ) -> io::Result<bool> {
        let lines = match Lines::open(&self.log_dir, file, from_offset) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            lines => lines?,
        };
        let is_it = |entry: Entry| entry.kind() == kind && entry.meta().request_id.as_ref() == Some(request);
        Ok(lines.filter_map(|line| line.result.ok()).any(is_it))
    }

    /// Moves a last line without `\n` aside, into `{file}.torn` (0600), unless the line is whole.
    /// A crash between the two steps leaves it in both files, never in none.
    pub fn repair(&mut self, file: &RelativePath) -> io::Result<Repair> {
        if let Some(at) = self.open.iter().position(|open| open.place == *file) {
            self.open.remove(at);
        }
        let mut log = match open::session_file(&self.log_dir, file, For::Repair) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Repair::Clean),
            opened => opened?.0,
        };
        let len = log.metadata()?.len();
        let torn_from = last_line_start(&mut log, len)?;
        let bytes = len - torn_from;
        if bytes == 0 {
            return Ok(Repair::Clean);
        }
        log.seek(SeekFrom::Start(torn_from))?;
        if is_entry(&log, bytes)? {
            log.seek(SeekFrom::End(0))?;
            log.write_all(b"\n")?;
            log.sync_data()?;
            return Ok(Repair::Completed);
        }
        log.seek(SeekFrom::Start(torn_from))?;
        let mut torn = open::torn_file(&self.log_dir, file)?;
        io::copy(&mut (&log).take(bytes), &mut torn)?;
        torn.write_all(b"\n")?;
        torn.sync_all()?;
        log.set_len(torn_from)?;
        log.sync_data()?;
        Ok(Repair::MovedAside { bytes })
    }
}

/// Where the text after the last `\n` begins.
fn last_line_start(log: &mut File, len: u64) -> io::Result<u64> {
    const BLOCK_BYTES: u64 = 64 << 10;
    let mut block = Vec::new();
    let mut end = len;
    while end > 0 {
        let start = end.saturating_sub(BLOCK_BYTES);
        block.clear();
        log.seek(SeekFrom::Start(start))?;
        Read::by_ref(log).take(end - start).read_to_end(&mut block)?;
        if let Some(at) = block.iter().rposition(|&byte| byte == b'\n') {
            return Ok(start + at as u64 + 1);
        }
        end = start;
    }
    Ok(0)
}

fn is_entry(mut log: &File, bytes: u64) -> io::Result<bool> {
    if bytes >= MAX_LINE_BYTES {
        return Ok(false);
    }
    let mut line = Vec::new();
    Read::by_ref(&mut log).take(bytes).read_to_end(&mut line)?;
    Ok(Entry::parse(&line).is_ok())
}
