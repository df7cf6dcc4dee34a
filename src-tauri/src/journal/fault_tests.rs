//! What must survive when something goes wrong around the journal.

use std::time::{Duration, Instant};

use super::queue::Owned;
use super::store::lock;
use super::tests::{LIMITS, begin, dead_run};
use super::*;
use crate::record::{Direction, EndKind, Event, Exchange, ResponseHead};

fn head(bytes: usize) -> ResponseHead {
    ResponseHead {
        status: 200,
        headers: vec![("x".to_owned(), "y".repeat(bytes))],
        http_version: "HTTP/1.1".to_owned(),
    }
}

/// What the next run finds of an earlier one.
fn found(leftovers: &mut Leftovers) -> Exchange<Location> {
    let mut exchange = Exchange::new(crate::model::Timestamp::now());
    while let Some(frame) = leftovers.next_frame() {
        let frame = frame.unwrap();
        match (frame.key.exchange, frame.copied) {
            (1, true) => exchange.restore(frame.event, frame.at, frame.location),
            (1, false) => {
                exchange.apply(frame.event, frame.seq, frame.at, frame.location);
            }
            _ => {}
        }
    }
    exchange
}

fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < Duration::from_secs(10), "still waiting: {what}");
        std::thread::yield_now();
    }
}

#[tokio::test]
async fn a_head_of_any_size_does_not_stop_the_tail() {
    for bytes in [400 * 1024, 5 << 20] {
        let home = tempfile::tempdir().unwrap();
        let limits = Limits { segment_bytes: 4 << 20, max_bytes: 16 << 20, ..LIMITS };
        let (journal, mut tail, _, keeper) = Journal::open(&folder(home.path()), limits).unwrap();
        let writer = journal.begin(&begin("one"));
        writer.response_head(&head(bytes));
        writer.body(Direction::Response, b"behind it");
        drop(writer);
        journal.close();
        let (mut heads, mut bodies, mut ends) = (0, 0, 0);
        while let Some(frame) = tail.next().await {
            match frame.unwrap().event {
                Event::ResponseHead(seen) => heads += usize::from(seen == head(bytes)),
                Event::Body { .. } => bodies += 1,
                Event::End(_) => ends += 1,
                Event::Begin(_)
                | Event::Lost { .. }
                | Event::BodyEnd(..)
                | Event::Assigned(_)
                | Event::Done => {}
            }
        }
        assert_eq!((heads, bodies, ends), (1, 1, 1), "{bytes}");
        drop(tail);
        keeper.finish();
    }
}

#[tokio::test]
async fn what_a_failed_start_did_not_read_stays_for_the_next() {
    let home = tempfile::tempdir().unwrap();
    let dir = folder(home.path());
    dead_run(&dir, LIMITS, 100_000);
    let (journal, tail, leftovers, keeper) = Journal::open(&dir, LIMITS).unwrap();
    drop((tail, leftovers));
    journal.close();
    keeper.finish();

    let (_journal, _tail, mut leftovers, _keeper) = Journal::open(&dir, LIMITS).unwrap();
    assert_eq!(found(&mut leftovers).response.known_bytes(), 100_000);
}

#[tokio::test]
async fn what_a_panicking_recorder_held_stays_for_the_next_start() {
    let home = tempfile::tempdir().unwrap();
    let dir = folder(home.path());
    dead_run(&dir, LIMITS, 100_000);
    let (journal, tail, mut leftovers, keeper) = Journal::open(&dir, LIMITS).unwrap();
    let held = found(&mut leftovers);
    drop(leftovers);
    let recorder = std::thread::spawn(move || {
        let _held = (held, tail);
        panic!("on purpose");
    });
    assert!(recorder.join().is_err());
    journal.close();
    keeper.finish();

    let (_journal, _tail, mut leftovers, _keeper) = Journal::open(&dir, LIMITS).unwrap();
    assert_eq!(found(&mut leftovers).response.known_bytes(), 100_000);
}

#[tokio::test]
async fn a_frame_on_its_way_from_the_queue_to_the_disk_is_waited_for() {
    let home = tempfile::tempdir().unwrap();
    let (journal, _tail, _, _keeper) = Journal::open(&folder(home.path()), LIMITS).unwrap();
    let shared = &journal.shared;
    // The writer thread needs this lock to begin a segment: a disk that hangs, in effect. The frame is put
    // into the queue here, not appended: this thread would wait for its own lock.
    let hanging = lock(&shared.roll);
    shared.enqueue(Owned::new(1, 0, 0, &Event::Begin(begin("one")).encode()));
    until("the writer thread takes the frame", || lock(&shared.queue).frames.is_empty());
    assert!(!shared.settled());
    drop(hanging);
    until("the frame is stored", || shared.settled());
}

#[tokio::test]
async fn heads_read_after_a_move_outlive_the_segments_they_lie_in() {
    let home = tempfile::tempdir().unwrap();
    let dir = folder(home.path());
    let (journal, mut tail, _, _keeper) = Journal::open(&dir, LIMITS).unwrap();
    let filler = || {
        let writer = journal.begin(&begin("filler"));
        (0..10).for_each(|_| writer.body(Direction::Response, &[b'x'; 10_000]));
    };
    let long = journal.begin(&begin("long"));
    filler();
    long.response_head(&head(10));
    filler();
    filler();

    // The recorder is behind: it knows the beginning, and moves that to the newest segment.
    let mut exchange: Exchange<Location> = Exchange::new(crate::model::Timestamp::now());
    let key = ExchangeKey { run: journal.shared.run, exchange: 1 };
    let frame = tail.next().await.unwrap().unwrap();
    exchange.apply(frame.event, frame.seq, frame.at, frame.location);
    let read = |_: &Location| Ok::<_, std::io::Error>(Vec::new());
    exchange.move_away(|place| place.segment() <= 1, read, |at, event| tail.copy(key, at, event)).unwrap();
    long.outcome(EndKind::Ok, None);
    drop(long);
    journal.close();
    while let Some(frame) = tail.next().await {
        let frame = frame.unwrap();
        if frame.key.exchange == 1 && !frame.copied {
            exchange.apply(frame.event, frame.seq, frame.at, frame.location);
        }
    }
    until("the first segment is wiped", || {
        lock(&journal.shared.roll).live.front().is_none_or(|one| one.0 > 1)
    });
    // Everything that may go is gone by now: the wiper takes segments one after the other.
    std::thread::sleep(Duration::from_millis(200));
    std::mem::forget((exchange, tail, _keeper));

    let (_journal, _tail, mut leftovers, _keeper) = Journal::open(&dir, LIMITS).unwrap();
    let found = found(&mut leftovers);
    assert!(found.begin.is_some() && found.head.is_some() && found.end.is_some(), "{found:?}");
}

#[tokio::test]
async fn a_segment_of_another_version_is_left_alone() {
    let home = tempfile::tempdir().unwrap();
    let dir = folder(home.path());
    dead_run(&dir, LIMITS, 1000);
    let segment = std::fs::read_dir(&dir).unwrap().next().unwrap().unwrap().path();
    let mut bytes = std::fs::read(&segment).unwrap();
    bytes[7] = b'2';
    let file = std::fs::OpenOptions::new().write(true).open(&segment).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&file, &bytes, 0).unwrap();
    let (_journal, _tail, leftovers, _keeper) = Journal::open(&dir, LIMITS).unwrap();
    assert_eq!(leftovers.foreign, std::slice::from_ref(&segment));
    assert_eq!(std::fs::read(&segment).unwrap(), bytes);
}
