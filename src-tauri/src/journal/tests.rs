use std::collections::HashMap;
use std::path::Path;

use super::*;
use crate::model::{RequestId, Timestamp};
use crate::provider::Provider;
use crate::record::{Begin, Direction, End, EndKind, Event};

const LIMITS: Limits =
    Limits { segment_bytes: 64 * 1024, max_bytes: 4 << 20, queue_bytes: 1 << 20, writers: 3 };

fn begin(name: &str) -> Begin {
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
            Event::Lost { bytes, .. } => self.lost += bytes,
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
                    let writer = journal.begin(begin(&format!("{thread}-{number}")));
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
    let writer = journal.begin(begin("one"));
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
    let writer = journal.begin(begin("big"));
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

#[tokio::test]
async fn an_idle_journal_holds_no_body() {
    let home = tempfile::tempdir().unwrap();
    let dir = folder(home.path());
    let (journal, mut tail, _, keeper) = Journal::open(&dir, LIMITS).unwrap();
    journal.begin(begin("one")).body(Direction::Request, b"sk-secret");
    while !matches!(tail.next().await.unwrap().unwrap().event, Event::End(_)) {}
    assert!(holds(&dir, b"sk-secret"));
    tail.rotate();
    // The next exchange moves the tail on to the next segment, which lets the first one go.
    drop(journal.begin(begin("two")));
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
