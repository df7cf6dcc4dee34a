//! What a crash, another program or another pass leaves, and what it does meanwhile.

use super::*;
use crate::logs::cold::convert::remove_unchanged;
use crate::logs::open::{DayFolder, For};

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

/// What happens to the plain file while its other form is made.
#[test]
fn only_the_file_that_was_compressed_is_removed() {
    type Change = fn(&mut Logs);
    let changes: [(&str, bool, Change); 4] = [
        ("nothing", true, |_| ()),
        ("a line comes", false, |logs| {
            logs.writer.append(&place(1), &entry("later", "x").to_line()).unwrap();
        }),
        ("it is replaced by one that looks the same", false, |logs| {
            let (bytes, modified) = (logs.content(), logs.plain().metadata().unwrap().modified().unwrap());
            logs.put("new", &bytes);
            let new = logs.plain().with_file_name("new");
            File::options().write(true).open(&new).unwrap().set_modified(modified).unwrap();
            fs::rename(new, logs.plain()).unwrap();
        }),
        ("it is deleted", false, |logs| fs::remove_file(logs.plain()).unwrap()),
    ];
    for (what, removed, change) in changes {
        let mut logs = logs();
        let plain = File::open(logs.plain()).unwrap();
        let before = plain.metadata().unwrap();
        change(&mut logs);
        let there = logs.plain().exists();
        let folder = DayFolder::of(&logs.root(), &place(1), For::Reading).unwrap();
        assert_eq!(remove_unchanged(&folder, &place(1), &plain, &before).unwrap(), removed, "{what}");
        assert_eq!(logs.plain().exists(), there && !removed, "{what}");
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
