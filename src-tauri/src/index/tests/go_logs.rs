//! The folder of a Go llm-proxy, taken over as it is.

use std::fs;
use std::path::Path;

use super::folder::{Folder, LONG, dump};
use super::live::named;
use crate::db::{State, go_sessions};
use crate::index::query::{self, SessionFilter};
use crate::logs::layout::walk;
use crate::provider::Provider;

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/go-logs");

/// A copy of the Go llm-proxy's log folder.
fn copy() -> Folder {
    let (folder, fixtures) = (Folder::new(), Path::new(FIXTURES));
    for place in walk(fixtures) {
        let place = place.unwrap();
        let target = place.under(folder.path());
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::copy(place.under(fixtures), target).unwrap();
    }
    fs::copy(fixtures.join("sessions.db"), folder.database()).unwrap();
    folder
}

#[tokio::test]
async fn its_sessions_are_listed_and_go_on() {
    let folder = copy();
    let (mut index, db, state) = folder.open().await;
    let State::GoSetAside(aside) = state else { panic!("{state:?}") };
    index.catch_up().await.unwrap();
    let listed = query::sessions(&db, 1000, None, &SessionFilter::default()).await.unwrap();
    let known = go_sessions(&aside).await.unwrap();
    assert_eq!(listed.len(), walk(folder.path()).count());
    for go in known {
        let found = listed.iter().find(|session| session.id == go.id.as_str()).unwrap();
        assert_eq!((found.file.as_str(), found.last_seq), (go.file.as_str(), go.last_seq));
        assert_eq!(
            (found.provider.as_str(), found.upstream.as_str()),
            (go.provider.as_str(), go.upstream.as_str())
        );
    }
    let client = listed.iter().find_map(|session| session.client_session.clone().zip(Some(session)));
    let (client, session) = client.expect("a session that the client named");
    let found = index.find(&named(&client), Provider::Anthropic, &session.upstream).await.unwrap().unwrap();
    assert_eq!((found.id.as_str(), found.last_seq), (session.id.as_str(), 3));
}

#[tokio::test]
async fn streamed_answers_are_counted() {
    let folder = copy();
    let (index, db, _) = folder.open().await;
    index.catch_up().await.unwrap();
    index.flush(LONG).await.unwrap();
    let mut answered = 0;
    for session in query::sessions(&db, 1000, None, &SessionFilter::default()).await.unwrap() {
        let exchanges = query::exchanges(&db, &session.id).await.unwrap();
        answered += exchanges.iter().filter(|exchange| exchange.output_tokens.is_some()).count();
    }
    assert!(answered > 15, "{answered}\n{:#?}", dump(&db).await);
}
