use std::collections::HashMap;
use std::path::Path;

use super::store::lock;
use super::*;
use crate::model::{RequestId, Timestamp};
use crate::provider::Provider;
use crate::record::{Begin, Direction, End, EndKind, Event, Exchange};

pub(super) const LIMITS: Limits =
    Limits { segment_bytes: 64 * 1024, max_bytes: 4 << 20, queue_bytes: 1 << 20, writers: 3 };

pub(super) fn begin(name: &str) -> Begin {
    Begin {
        request_id: RequestId::from_log(name),
        started: Timestamp::now(),
        provider: Provider::Anthropic,
        upstream: "api.anthropic.com".to_owned(),
        method: "POST".to_owned(),
        path: "/v1/messages".to_owned(),
        query: None,
        headers: vec![("a".to_owned(), "b".to_owned())],
        http_version: "HTTP/1.1".to_owned(),
    }
}

/// What the tail saw of one exchange.
#[derive(Default, Debug)]
struct Seen {
    name: String,
    locations: Vec<(u64, Location)>,
    lost: u64,
    frames: u32,
    end: Option<(u32, End)>,
}

impl Seen {
    fn take(&mut self, frame: Frame<'_>) {
        self.frames += 1;
        match frame.event {
            Event::Begin(begin) => self.name = begin.request_id.to_string(),
            Event::Body { offset, .. } => self.locations.push((offset, frame.location.unwrap())),
            Event::Lost { bytes, frames, .. } => {
                self.lost += bytes;
                self.frames += frames - 1;
            }
            Event::End(end) => self.end = Some((frame.seq, end)),
            Event::BodyEnd(..) | Event::ResponseHead(_) | Event::Assigned(_) | Event::Done => {}
        }
    }

    fn body(&self) -> Vec<u8> {
        let mut sorted = self.locations.clone();
        sorted.sort_by_key(|(offset, _)| *offset);
        let mut body = Vec::new();
        for (_, location) in sorted {
            location.read_into(&mut body).unwrap();
        }
        body
    }
}

async fn read_all(tail: &mut Tail) -> HashMap<u64, Seen> {
    let mut seen: HashMap<u64, Seen> = HashMap::new();
    while let Some(frame) = tail.next().await {
        let frame = frame.unwrap();
        seen.entry(frame.key.exchange).or_default().take(frame);
    }
    seen
}

fn files(dir: &Path) -> usize {
    std::fs::read_dir(dir).map_or(0, Iterator::count)
}

#[tokio::test]
async fn many_writers_over_many_segments_are_read_whole_and_wiped() {
    let home = tempfile::tempdir().unwrap();
    let dir = folder(home.path());
    let (journal, mut tail, _, keeper) = Journal::open(&dir, LIMITS).unwrap();
    let threads: Vec<_> = (0..8)
        .map(|thread| {
            let journal = journal.clone();
            std::thread::spawn(move || {
                for number in 0..10 {
                    let writer = journal.begin(&begin(&format!("{thread}-{number}")));
                    for chunk in 0..20u32 {
                        writer.body(
                            Direction::Response,
                            format!("<{thread}-{number}-{chunk}>").repeat(40).as_bytes(),
                        );
                    }
                    writer.outcome(EndKind::Ok, None);
                }
            })
        })
        .collect();
    let reading = tokio::runtime::Handle::current().spawn(async move {
        let seen = read_all(&mut tail).await;
        drop(tail);
        seen
    });
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    journal.close();
    let seen = reading.await.unwrap();

    assert_eq!(seen.len(), 80);
    assert_eq!(journal.lost_bytes(), 0);
    for exchange in seen.values() {
        let expected: String =
            (0..20).map(|chunk| format!("<{}-{chunk}>", exchange.name).repeat(40)).collect();
        assert_eq!(exchange.body(), expected.as_bytes());
        let (seq, end) = exchange.end.clone().unwrap();
        assert_eq!((exchange.frames, end.kind), (seq + 1, EndKind::Ok));
    }
    drop(seen);
    keeper.finish();
    assert!(!dir.exists(), "{} files left", files(&dir));
}

#[tokio::test]
async fn what_a_dead_run_left_is_read_by_the_next() {
    let home = tempfile::tempdir().unwrap();
    let dir = folder(home.path());
    let (journal, tail, _, keeper) = Journal::open(&dir, LIMITS).unwrap();
    let writer = journal.begin(&begin("one"));
    for chunk in 0..200 {
        writer.body(Direction::Response, format!("chunk {chunk} ").repeat(100).as_bytes());
    }
    // The process dies here: nothing is dropped, nothing is closed.
    std::mem::forget((writer, tail, keeper));
    tear(&dir, 3);

    let (journal, mut tail, mut leftovers, keeper) = Journal::open(&dir, LIMITS).unwrap();
    let mut seen = Seen::default();
    while let Some(frame) = leftovers.next_frame() {
        seen.take(frame.unwrap());
    }
    // One frame was torn in each of three segments; all others are there, in order.
    assert_eq!((seen.name.as_str(), seen.locations.len()), ("one", 197));
    assert!(seen.body().starts_with(b"chunk 0 chunk 0 "));
    assert!(seen.end.is_none());
    journal.close();
    assert!(tail.next().await.is_none());
    drop((tail, leftovers, seen));
    keeper.finish();
    assert!(!dir.exists(), "{} files left", files(&dir));
}

/// Flips a byte in the middle of the first `segments` segments.
fn tear(dir: &Path, segments: usize) {
    use std::os::unix::fs::FileExt;
    let mut paths: Vec<_> = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in &paths[..segments] {
        let file = std::fs::OpenOptions::new().read(true).write(true).open(path).unwrap();
        file.write_all_at(b"\xff\xff", 30_000).unwrap();
    }
}

#[tokio::test]
async fn a_full_journal_says_what_it_lost() {
    let home = tempfile::tempdir().unwrap();
    let limits = Limits { segment_bytes: 64 * 1024, max_bytes: 128 * 1024, ..LIMITS };
    let (journal, mut tail, _, keeper) = Journal::open(&folder(home.path()), limits).unwrap();
    let writer = journal.begin(&begin("big"));
    for _ in 0..100 {
        writer.body(Direction::Request, &[b'x'; 4096]);
    }
    drop(writer);
    journal.close();
    let seen = read_all(&mut tail).await.remove(&1).unwrap();
    assert!(seen.lost > 200_000, "{}", seen.lost);
    assert_eq!(seen.lost, journal.lost_bytes());
    assert_eq!(seen.body().len() as u64 + seen.lost, 409_600);
    let (seq, end) = seen.end.clone().unwrap();
    assert_eq!((seen.frames, end.request_bytes, end.kind), (seq + 1, 409_600, EndKind::ClientAborted));
    drop((tail, seen));
    keeper.finish();
}

/// Writes bodies as a run that then dies, and returns how many bytes its journal takes.
pub(super) fn dead_run(dir: &Path, limits: Limits, bytes: usize) -> u64 {
    let (journal, tail, leftovers, keeper) = Journal::open(dir, limits).unwrap();
    let writer = journal.begin(&begin("dead"));
    for piece in vec![b'x'; bytes].chunks(10_000) {
        writer.body(Direction::Response, piece);
    }
    let taken = lock(&journal.shared.roll).live_bytes;
    std::mem::forget((writer, tail, keeper, leftovers));
    taken
}

#[tokio::test]
async fn a_journal_with_more_on_the_disk_than_it_may_take_holds_nobody_up() {
    let home = tempfile::tempdir().unwrap();
    let dir = folder(home.path());
    let taken = dead_run(&dir, Limits { segment_bytes: 1 << 20, ..LIMITS }, 600_000);
    let limits = Limits { max_bytes: taken / 2, ..LIMITS };
    let (journal, mut tail, _leftovers, _keeper) = Journal::open(&dir, limits).unwrap();
    let (told, done) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        drop(journal.begin(&begin("new")));
        told.send(journal.lost_bytes())
    });
    assert_eq!(done.recv_timeout(std::time::Duration::from_secs(10)), Ok(0));
    assert!(matches!(tail.next().await.unwrap().unwrap().event, Event::Begin(_)));
}

#[tokio::test]
async fn an_idle_journal_holds_no_body() {
    let home = tempfile::tempdir().unwrap();
    let dir = folder(home.path());
    let (journal, mut tail, _, keeper) = Journal::open(&dir, LIMITS).unwrap();
    journal.begin(&begin("one")).body(Direction::Request, b"sk-secret");
    while !matches!(tail.next().await.unwrap().unwrap().event, Event::End(_)) {}
    assert!(holds(&dir, b"sk-secret"));
    tail.rotate();
    // The next exchange moves the tail on to the next segment, which lets the first one go.
    drop(journal.begin(&begin("two")));
    while !matches!(tail.next().await.unwrap().unwrap().event, Event::End(_)) {}
    journal.close();
    drop(tail);
    keeper.finish();
    assert!(!dir.exists());
}

fn holds(dir: &Path, needle: &[u8]) -> bool {
    std::fs::read_dir(dir).unwrap().any(|entry| {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        bytes.windows(needle.len()).any(|window| window == needle)
    })
}

/// Waits for the wiper, which is a thread of its own, to have made half of the room free again.
fn wiped_down_to(tail: &Tail, limits: &Limits) {
    let begun = std::time::Instant::now();
    while tail.crowded_up_to().is_some() {
        assert!(
            begun.elapsed().as_secs() < 10,
            "still more than half of {} bytes are taken",
            limits.max_bytes
        );
        std::thread::yield_now();
    }
}

/// The recorder's part in small: exchanges fed from the tail, moved when the journal is crowded.
#[tokio::test]
async fn one_long_exchange_does_not_keep_the_room_of_all_that_came_after_it() {
    let home = tempfile::tempdir().unwrap();
    let limits = Limits { max_bytes: 512 * 1024, ..LIMITS };
    let dir = folder(home.path());
    let (journal, mut tail, _, keeper) = Journal::open(&dir, limits).unwrap();
    let long = journal.begin(&begin("long"));
    let mut exchange: Exchange<Location> = Exchange::new(Timestamp::now());
    let mut expected = Vec::new();
    for round in 0..400u32 {
        let chunk = format!("<chunk {round}>");
        long.body(Direction::Response, chunk.as_bytes());
        expected.extend_from_slice(chunk.as_bytes());
        // Traffic that ends at once: 400 times 16 KiB go through a journal of 512 KiB.
        journal.begin(&begin("short")).body(Direction::Response, &[b'x'; 16 * 1024]);
        let mut ended = false;
        while !ended {
            let frame = tail.next().await.unwrap().unwrap();
            ended = frame.key.exchange != 1 && matches!(frame.event, Event::End(_));
            if frame.key.exchange == 1 && !frame.copied {
                exchange.apply(frame.event, frame.seq, frame.at, frame.location);
            }
        }
        if let Some(last) = tail.crowded_up_to() {
            let key = ExchangeKey { run: journal.shared.run, exchange: 1 };
            let read = |place: &Location| {
                let mut bytes = Vec::new();
                place.read_into(&mut bytes).map(|()| bytes)
            };
            exchange
                .move_away(|place| place.segment() <= last, read, |at, event| tail.copy(key, at, event))
                .unwrap();
        }
        wiped_down_to(&tail, &limits);
    }
    assert_eq!(journal.lost_bytes(), 0);
    let body = |exchange: &Exchange<Location>| {
        let mut body = Vec::new();
        exchange.response.pieces.iter().for_each(|piece| piece.location.read_into(&mut body).unwrap());
        body
    };
    assert_eq!(body(&exchange), expected);

    // The process dies; what the next run finds is the same.
    std::mem::forget((long, exchange, tail, keeper));
    let (_journal, _tail, mut leftovers, _keeper) = Journal::open(&dir, limits).unwrap();
    let mut found: Exchange<Location> = Exchange::new(Timestamp::now());
    while let Some(frame) = leftovers.next_frame() {
        let frame = frame.unwrap();
        match (frame.key.exchange, frame.copied) {
            (1, true) => found.restore(frame.event, frame.at, frame.location),
            (1, false) => {
                found.apply(frame.event, frame.seq, frame.at, frame.location);
            }
            _ => {}
        }
    }
    assert_eq!(found.begin.as_ref().unwrap().request_id.as_str(), "long");
    found.response.pieces.sort_by_key(|piece| piece.offset);
    assert_eq!(body(&found), expected);
}

#[tokio::test]
async fn what_begins_while_paused_is_not_recorded_and_what_runs_is() {
    let home = tempfile::tempdir().unwrap();
    let dir = folder(home.path());
    let (journal, mut tail, _, keeper) = Journal::open(&dir, LIMITS).unwrap();
    let running = journal.begin(&begin("running"));
    journal.set_paused(true);
    let silent = journal.begin(&begin("silent"));
    assert_eq!((journal.paused(), journal.in_flight()), (true, 2));
    silent.body(Direction::Response, b"said in private");
    running.body(Direction::Response, b"said before, and on");
    journal.set_paused(false);
    silent.body(Direction::Response, b"still in private");
    drop((silent, running));
    drop(journal.begin(&begin("after")));
    assert_eq!((journal.paused(), journal.in_flight()), (false, 0));
    assert!(holds(&dir, b"said before") && !holds(&dir, b"in private"));
    journal.close();
    let seen = read_all(&mut tail).await;
    keeper.finish();
    let mut names: Vec<_> = seen.values().map(|seen| (seen.name.as_str(), seen.end.is_some())).collect();
    names.sort_unstable();
    assert_eq!(names, [("after", true), ("running", true)]);
}
