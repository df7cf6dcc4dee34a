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

#[test]
fn lines_that_are_written_while_it_is_compressed_are_all_there() {
    const LEAST_LINES: usize = 100;
    let mut logs = logs();
    let root = logs.root();
    let (done, compressed) = (AtomicBool::new(false), AtomicU64::new(0));
    let lines = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                let swept = Sweep::new(&root, &GOING_ON).compress(Duration::ZERO);
                assert_eq!(swept.problems, [""; 0]);
                compressed.fetch_add(swept.files, Ordering::Relaxed);
            }
        });
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                assert_eq!(Sweep::new(&root, &GOING_ON).decompress().problems, [""; 0]);
            }
        });
        let mut number = 0;
        while number < LEAST_LINES || compressed.load(Ordering::Relaxed) < 5 {
            // Each line meets another moment of a pass.
            let begun = Instant::now();
            while begun.elapsed() < Duration::from_micros(number as u64 % 32 * 700) {
                std::thread::yield_now();
            }
            logs.writer.append(&place(1), &entry(&format!("later {number}"), "x").to_line()).unwrap();
            number += 1;
        }
        done.store(true, Ordering::Relaxed);
        number
    });
    let ids = logs.ids();
    assert_eq!(ids.len(), 5 + lines);
    assert!(ids[5..].iter().enumerate().all(|(at, id)| *id == format!("later {at}")), "{ids:?}");
}

/// Names and contents.
type Files<'a> = &'a [(&'static str, &'a [u8])];

/// The files as each step leaves them.
#[test]
fn a_crash_at_any_step_loses_nothing_and_shows_nothing_twice() {
    let whole = logs();
    let before = whole.content();
    whole.compress();
    let compressed = fs::read(whole.compressed()).unwrap();
    const TEMPORARY: &str = ".20261123-030829-00000001.jsonl.zst.0123.tmp";
    const COMING_BACK: &str = ".20261123-030829-00000001.jsonl.0123.tmp";
    let cut = &compressed[..compressed.len() / 2];
    let steps: [(&str, Files<'_>); 7] = [
        ("being compressed", &[(PLAIN, &before), (TEMPORARY, cut)]),
        ("written", &[(PLAIN, &before), (TEMPORARY, &compressed)]),
        ("named", &[(PLAIN, &before), (COLD, &compressed)]),
        ("removed", &[(COLD, &compressed)]),
        ("coming back", &[(COLD, &compressed), (COMING_BACK, &before[..100])]),
        (
            "back, its temporary name still there",
            &[(COLD, &compressed), (PLAIN, &before), (COMING_BACK, &before)],
        ),
        ("only leftovers of a session that was deleted", &[(TEMPORARY, cut)]),
    ];
    for (step, files) in steps {
        let logs = logs();
        fs::remove_file(logs.plain()).unwrap();
        files.iter().for_each(|(name, content)| logs.put(name, content));
        let deleted = files.len() == 1 && files[0].0 == TEMPORARY;
        let expected = if deleted { vec![] } else { vec![place(1)] };
        assert_eq!(walk(&logs.root()).map(Result::unwrap).collect::<Vec<_>>(), expected, "{step}");
        assert!(deleted || logs.content() == before, "{step}");
        let swept = logs.compress();
        assert_eq!(swept.problems, [""; 0], "{step}");
        let names: &[&str] = if deleted { &[] } else { &[COLD] };
        assert_eq!(logs.names(), names, "{step}");
        assert!(deleted || logs.content() == before, "{step}");
    }
}

#[test]
fn a_temporary_file_that_somebody_is_at_work_on_stays() {
    let logs = logs();
    const NAME: &str = ".20261123-030829-00000002.jsonl.zst.0123.tmp";
    logs.put(NAME, b"x");
    let held = File::open(logs.plain().with_file_name(NAME)).unwrap();
    held.lock().unwrap();
    logs.compress();
    assert_eq!(logs.names(), [NAME, COLD]);
    drop(held);
    logs.compress();
    assert_eq!(logs.names(), [COLD]);
}

#[test]
fn two_files_that_differ_are_both_kept_and_told_of() {
    let logs = logs();
    logs.compress();
    let compressed = fs::read(logs.compressed()).unwrap();
    logs.put(PLAIN, "{}\n".repeat(5_000).as_bytes());
    for what in ["cold", "warm"] {
        let older_than = Duration::from_secs(if what == "cold" { 0 } else { 60 });
        let swept = Sweep::new(&logs.root(), &GOING_ON).compress(older_than);
        assert!(swept.problems.len() == 1 && swept.problems[0].contains("plain and compressed"), "{swept:?}");
        assert_eq!(fs::read(logs.compressed()).unwrap(), compressed);
        assert_eq!(logs.content().len(), 15_000, "the plain one counts");
    }
}

#[test]
fn a_file_that_is_being_written_to_stays_plain() {
    let logs = logs();
    let held = File::open(logs.plain()).unwrap();
    held.lock().unwrap();
    assert_eq!((logs.compress(), logs.names()), (Swept::default(), vec![PLAIN.to_owned()]));
}

#[test]
fn no_line_goes_into_a_file_that_is_just_taken_away() {
    let mut logs = logs();
    let before = logs.content();
    let held = File::open(logs.plain()).unwrap();
    held.lock().unwrap();
    let line = entry("later", "x").to_line();
    let error = logs.writer.append(&place(1), &line).unwrap_err().to_string();
    assert!(error.contains("locked"), "{error}");
    assert_eq!(logs.content(), before);
    held.unlock().unwrap();
    logs.writer.append(&place(1), &line).unwrap();
    assert_eq!(logs.content(), [before, line].concat());
}

#[test]
fn a_pass_that_is_stopped_leaves_everything_as_it_was() {
    let logs = logs();
    let stopped = AtomicBool::new(true);
    let swept = Sweep::new(&logs.root(), &stopped).compress(Duration::ZERO);
    assert!(swept.stopped && swept.files == 0);
    let turn = Turn::take(&logs.root(), &GOING_ON).unwrap();
    let error = compress(&turn, &logs.root(), &place(1), &stopped).unwrap_err();
    assert!(convert::is_stop(&error));
    assert_eq!((logs.names(), logs.ids().len()), (vec![PLAIN.to_owned()], 5));
    assert_eq!(
        compress(&turn, &logs.root(), &place(1), &GOING_ON).map(|done| done != Converted::Left).ok(),
        Some(true)
    );
    assert!(drop_stale(&turn, &logs.root(), &place(1), &GOING_ON).is_err(), "the only form is never dropped");
}

/// Files that were no compressed sessions of ours.
fn hostile(good: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let mut bomb = table::Table::default();
    for _ in 0..1_000 {
        bomb.push(100, MAX_FRAME_BYTES);
    }
    let mut longer = table::Table::default();
    longer.push(20, 10);
    let mut small = zstd::encode_all(&[b'x'; 5_000][..], 3).unwrap();
    small.resize(20, 0);
    let mut flipped = good.to_vec();
    flipped[100] ^= 1;
    let mut wide = zstd::stream::raw::Encoder::new(1).unwrap();
    wide.set_parameter(zstd::stream::raw::CParameter::WindowLog(27)).unwrap();
    let mut frame = zstd::stream::zio::Writer::new(Vec::new(), wide);
    frame.write_all(&[b'x'; 5_000]).unwrap();
    frame.finish().unwrap();
    let frame = frame.into_inner().0;
    let mut of_wide = table::Table::default();
    of_wide.push(frame.len() as u64, 5_000);
    vec![
        ("nothing", Vec::new()),
        ("no zstd", b"{\"a\":1}\n".repeat(1_000)),
        ("zstd without a table", zstd::encode_all(&[b'x'; 5_000][..], 3).unwrap()),
        ("cut off", good[..good.len() - 20].to_vec()),
        ("its beginning lost", good[20..].to_vec()),
        ("a changed byte", flipped),
        ("claims a terabyte", [vec![0; 100_000], bomb.to_bytes()].concat()),
        ("decodes to more than it says", [small, longer.to_bytes()].concat()),
        ("a window of 128 MiB", [frame, of_wide.to_bytes()].concat()),
    ]
}

#[test]
fn damaged_files_are_errors_with_their_names_and_harm_no_others() {
    let whole = logs();
    whole.compress();
    let good = fs::read(whole.compressed()).unwrap();
    for (what, bytes) in hostile(&good) {
        let mut logs = logs();
        fs::remove_file(logs.plain()).unwrap();
        logs.put(COLD, &bytes);
        logs.put("20261123-030829-00000002.jsonl.zst", &good);
        let read = |number| {
            let mut content = Content::open(&logs.root(), &place(number))?;
            std::io::copy(&mut content, &mut std::io::sink())
        };
        let error = read(1).expect_err(what).to_string();
        assert!(error.contains(COLD), "{what}: {error}");
        assert!(read(2).unwrap() > 0, "{what}");
        let swept = logs.decompress();
        assert!(
            swept.files == 1 && swept.problems.len() == 1 && swept.problems[0].contains(PLAIN),
            "{what}: {swept:?}"
        );
        // A session that goes on keeps what can be read, and the damaged file.
        logs.writer.append(&place(1), &entry("later", "x").to_line()).unwrap();
        let lines: Vec<_> = Lines::open(&logs.root(), &place(1), 0).unwrap().collect();
        assert!(lines.last().is_some_and(|line| line.result.is_ok()), "{what}");
        assert_eq!(
            fs::read(logs.plain().with_file_name(format!("{COLD}.damaged"))).unwrap(),
            bytes,
            "{what}"
        );
    }
}

#[cfg(unix)]
#[test]
fn links_are_not_followed() {
    let whole = logs();
    whole.compress();
    let mut logs = logs();
    fs::remove_file(logs.plain()).unwrap();
    std::os::unix::fs::symlink(whole.compressed(), logs.compressed()).unwrap();
    assert!(Content::open(&logs.root(), &place(1)).is_err());
    assert_eq!(walk(&logs.root()).count(), 0);
    assert_eq!(logs.compress(), Swept::default());
    assert_eq!(logs.decompress(), Swept::default());
    assert!(logs.writer.append(&place(1), &entry("later", "x").to_line()).is_err());
    assert_eq!(logs.names(), [COLD]);
}
