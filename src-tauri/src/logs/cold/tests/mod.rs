mod crashes;
mod damage;

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::convert::{Converted, Turn, compress, drop_stale};
use super::*;
use crate::logs::layout::walk;
use crate::logs::read::{Lines, read_bytes, read_span};
use crate::logs::write::Writer;
use crate::logs::{Content, RelativePath, Span};
use crate::model::RequestId;
use crate::record::entry::{Entry, Kind};

static GOING_ON: AtomicBool = AtomicBool::new(false);

fn place(number: u32) -> RelativePath {
    RelativePath::parse(&format!("h:1/2026-11-23/20261123-030829-{number:08x}.jsonl")).unwrap()
}

fn entry(request_id: &str, body: &str) -> Entry {
    let line = format!(
        r#"{{"_meta":{{"host":"h","machine":"m","request_id":"{request_id}","session":"20261123-030829-6f9842fe","ts":"2026-11-23T03:08:29Z"}},"body":"{body}","headers":{{}},"method":"POST","path":"/","seq":1,"size":0,"type":"request"}}"#
    );
    Entry::parse(line.as_bytes()).unwrap()
}

/// Text that does not repeat itself.
fn noise(bytes: usize, mut seed: u64) -> String {
    let mut letter = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(b'a' + u8::try_from((seed >> 40) % 26).unwrap())
    };
    (0..bytes).map(|_| letter()).collect()
}

struct Logs {
    dir: tempfile::TempDir,
    writer: Writer,
}

/// A session of an agent: each request repeats the one before it.
fn logs() -> Logs {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = Writer::open(&dir.path().join("logs")).unwrap();
    let context = noise(20_000, 1);
    for turn in 0..5 {
        let body = format!("{context}{}", noise(1_000, turn + 2));
        writer.append(&place(1), &entry(&format!("turn {turn}"), &body).to_line()).unwrap();
    }
    Logs { dir, writer }
}

impl Logs {
    fn root(&self) -> PathBuf {
        self.dir.path().join("logs")
    }

    fn plain(&self) -> PathBuf {
        place(1).under(&self.root())
    }

    fn compressed(&self) -> PathBuf {
        place(1).compressed_under(&self.root())
    }

    fn compress(&self) -> Swept {
        let swept = Sweep::new(&self.root(), &GOING_ON).compress(Duration::ZERO);
        assert!(!swept.stopped);
        swept
    }

    fn decompress(&self) -> Swept {
        Sweep::new(&self.root(), &GOING_ON).decompress()
    }

    fn content(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        Content::open(&self.root(), &place(1)).unwrap().read_to_end(&mut bytes).unwrap();
        bytes
    }

    fn ids(&self) -> Vec<String> {
        let lines = Lines::open(&self.root(), &place(1), 0).unwrap();
        let id = |entry: Entry| entry.meta().request_id.clone().unwrap().as_str().to_owned();
        lines.map(|line| id(line.result.unwrap())).collect()
    }

    /// Names in the day's folder.
    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.plain().parent().unwrap()).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn put(&self, name: &str, content: &[u8]) {
        let mut file = File::create(self.plain().with_file_name(name)).unwrap();
        file.write_all(content).unwrap();
    }
}

const PLAIN: &str = "20261123-030829-00000001.jsonl";
const COLD: &str = "20261123-030829-00000001.jsonl.zst";

#[test]
fn what_was_compressed_reads_as_before_and_comes_back_byte_for_byte() {
    let logs = logs();
    let before = logs.content();
    let modified = logs.plain().metadata().unwrap().modified().unwrap();
    let swept = logs.compress();
    assert_eq!((swept.files, swept.before_bytes, &swept.problems[..]), (1, before.len() as u64, &[][..]));
    assert_eq!(logs.names(), [COLD]);
    let compressed = logs.compressed().metadata().unwrap();
    assert_eq!((swept.after_bytes, modified), (compressed.len(), compressed.modified().unwrap()));
    assert!(compressed.len() < before.len() as u64 / 5, "{}", compressed.len());
    assert_eq!(logs.content(), before);
    assert_eq!(Content::length_of(&logs.root(), &place(1)).unwrap(), before.len() as u64);
    assert_eq!(walk(&logs.root()).map(Result::unwrap).collect::<Vec<_>>(), [place(1)]);
    assert_eq!(logs.compress(), Swept::default());
    let back = logs.decompress();
    assert_eq!((back.files, back.after_bytes), (1, before.len() as u64));
    assert_eq!((logs.names(), fs::read(logs.plain()).unwrap()), (vec![PLAIN.to_owned()], before));
}

#[test]
fn any_zstd_decoder_reads_it() {
    let logs = logs();
    let before = logs.content();
    logs.compress();
    let compressed = fs::read(logs.compressed()).unwrap();
    assert_eq!(zstd::decode_all(&compressed[..]).unwrap(), before);
    let mut decoder = zstd::stream::read::Decoder::new(&compressed[..]).unwrap();
    decoder.window_log_max(WINDOW_LOG).unwrap();
    assert_eq!(decoder.read_to_end(&mut Vec::new()).unwrap(), before.len());
    assert_eq!(zstd::zstd_safe::get_frame_content_size(&compressed).unwrap(), Some(before.len() as u64));
}

#[cfg(unix)]
#[test]
fn it_is_private_whatever_it_was() {
    use std::os::unix::fs::PermissionsExt as _;
    let logs = logs();
    fs::set_permissions(logs.plain(), fs::Permissions::from_mode(0o644)).unwrap();
    logs.compress();
    assert_eq!(logs.compressed().metadata().unwrap().permissions().mode() & 0o777, 0o600);
    logs.decompress();
    assert_eq!(logs.plain().metadata().unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn lines_are_found_by_their_spans_and_from_the_middle_on() {
    let logs = logs();
    let lines = |from| Lines::open(&logs.root(), &place(1), from).unwrap();
    let before: Vec<(Span, Entry)> = lines(0).map(|line| (line.span, line.result.unwrap())).collect();
    logs.compress();
    for (span, entry) in before.iter().rev() {
        assert_eq!(read_span(&logs.root(), &place(1), *span).unwrap(), *entry);
    }
    let rest: Vec<(Span, Entry)> =
        lines(before[3].0.offset).map(|line| (line.span, line.result.unwrap())).collect();
    assert_eq!(rest, before[3..]);
    let end = before[4].0.end();
    assert_eq!(lines(end).count(), 0);
    assert!(read_bytes(&logs.root(), &place(1), Span { offset: end - 1, len: 2 }).is_err());
    assert!(
        logs.writer
            .tail_has(&place(1), before[4].0.offset, &RequestId::from_log("turn 4"), Kind::Request)
            .unwrap()
    );
}

/// 200 MB of an agent's turns would take the tests a while: frames are tried on text that hardly costs.
#[test]
fn frames_end_with_lines_and_are_read_one_by_one() {
    let dir = tempfile::tempdir().unwrap();
    let line = [noise(999_999, 1).into_bytes(), vec![b'\n']].concat();
    let text = line.repeat(150);
    let mut file = File::create_new(dir.path().join("x")).unwrap();
    frames::write(&mut std::io::Cursor::new(&text), text.len() as u64, &mut file, &GOING_ON).unwrap();
    let open = || File::open(dir.path().join("x")).unwrap();
    let table = table::Table::read(&mut open()).unwrap();
    let frame = |at| table.frame_at(at).map(|(from, to)| (from.decoded, to.decoded)).unwrap();
    assert_eq!(frame(0), (0, 68_000_000), "the line in which 64 MiB are reached");
    assert_eq!((frame(68_000_000).1, frame(149_999_999)), (136_000_000, (136_000_000, 150_000_000)));
    let mut reader = Reader::new(open()).unwrap();
    for at in [149_000_000, 67_999_990, 0, 136_000_000, 10, 135_999_999] {
        let mut found = [0; 2_000];
        reader.seek(SeekFrom::Start(at as u64)).unwrap();
        let len = (text.len() - at).min(found.len());
        reader.read_exact(&mut found[..len]).unwrap();
        assert_eq!(found[..len], text[at..at + len], "{at}");
    }
    assert_eq!(reader.seek(SeekFrom::End(-3)).unwrap(), 149_999_997);
    assert_eq!(reader.read_to_end(&mut Vec::new()).unwrap(), 3);
    reader.seek(SeekFrom::Start(u64::MAX)).unwrap();
    assert_eq!(reader.read(&mut [0; 9]).unwrap(), 0);
}

#[test]
fn files_that_are_warm_or_small_stay() {
    let mut logs = logs();
    let warm = Sweep::new(&logs.root(), &GOING_ON).compress(Duration::from_secs(60));
    assert_eq!((warm, logs.names()), (Swept::default(), vec![PLAIN.to_owned()]));
    logs.writer.append(&place(2), &entry("small", "x").to_line()).unwrap();
    logs.compress();
    assert_eq!(logs.names(), [COLD, "20261123-030829-00000002.jsonl"]);
}

#[test]
fn a_line_for_a_compressed_session_goes_where_it_would_have_gone() {
    let mut logs = logs();
    let before = logs.content();
    logs.compress();
    let line = entry("later", "x").to_line();
    // The writer still has the file open that was compressed.
    let span = logs.writer.append(&place(1), &line).unwrap();
    assert_eq!(span, Span { offset: before.len() as u64, len: line.len() as u64 });
    assert_eq!(logs.content(), [before, line].concat());
    // Until the next pass there are both.
    assert_eq!(logs.names(), [PLAIN, COLD]);
    let warm = Sweep::new(&logs.root(), &GOING_ON).compress(Duration::from_secs(60));
    assert_eq!((warm, logs.names()), (Swept::default(), vec![PLAIN.to_owned()]));
    logs.compress();
    assert_eq!((logs.names(), logs.ids().len()), (vec![COLD.to_owned()], 6));
}
