//! Which response answers which request.

use std::collections::{HashMap, VecDeque};

use crate::model::RequestId;
use crate::record::entry::{Entry, Request, Response};

/// A request and its response, as far as the file has them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Exchange {
    /// Absent when its line is missing or bad.
    pub request: Option<Request>,
    /// Absent while the exchange runs; the Go llm-proxy also left it out after most failures.
    pub response: Option<Response>,
}

/// Pairs the entries of one session, in the file's order: by request id, and where one of the two
/// lines has none (old logs), by `seq`. An answer without a question is an exchange of its own.
pub fn pair(entries: impl IntoIterator<Item = Entry>) -> Vec<Exchange> {
    let mut open = Unanswered::default();
    let mut exchanges: Vec<Exchange> = Vec::new();
    for entry in entries {
        match entry {
            Entry::Request(request) => {
                open.add(&request, exchanges.len());
                exchanges.push(Exchange { request: Some(request), response: None });
            }
            Entry::Response(response) => match open.take(&response, &exchanges) {
                Some(at) => exchanges[at].response = Some(response),
                None => exchanges.push(Exchange { request: None, response: Some(response) }),
            },
            Entry::SessionStart(_) | Entry::Fork(_) => {}
        }
    }
    exchanges
}

/// Where the requests stand that wait for a response. One that was found by id is still in `by_seq`,
/// and the other way round, until it is met there.
#[derive(Default)]
struct Unanswered {
    by_id: HashMap<RequestId, VecDeque<usize>>,
    by_seq: HashMap<u64, VecDeque<usize>>,
}

impl Unanswered {
    fn add(&mut self, request: &Request, at: usize) {
        if let Some(id) = &request.meta.request_id {
            self.by_id.entry(id.clone()).or_default().push_back(at);
        }
        self.by_seq.entry(request.seq).or_default().push_back(at);
    }

    fn take(&mut self, response: &Response, exchanges: &[Exchange]) -> Option<usize> {
        let id = response.meta.request_id.as_ref();
        let is_open = |at: &usize| exchanges[*at].response.is_none();
        if let Some(at) = id.and_then(|id| first(self.by_id.get_mut(id)?, is_open)) {
            return Some(at);
        }
        let fits = |at: &usize| is_open(at) && (id.is_none() || id_of(&exchanges[*at]).is_none());
        first(self.by_seq.get_mut(&response.seq)?, fits)
    }
}

fn id_of(exchange: &Exchange) -> Option<&RequestId> {
    exchange.request.as_ref()?.meta.request_id.as_ref()
}

fn first(waiting: &mut VecDeque<usize>, fits: impl Fn(&usize) -> bool) -> Option<usize> {
    let at = waiting.iter().position(fits)?;
    waiting.remove(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(kind: &str, seq: u64, id: Option<&str>) -> Entry {
        let id = id.map(|id| format!(r#""request_id":"{id}","#)).unwrap_or_default();
        let line = format!(
            r#"{{"_meta":{{"host":"h","machine":"m",{id}"session":"20261123-030829-6f9842fe","ts":"2026-11-23T03:08:29Z"}},"body":"","headers":{{}},"method":"POST","path":"/","seq":{seq},"size":0,"status":200,"timing":{{"ttfb_ms":1,"total_ms":2}},"type":"{kind}"}}"#
        );
        Entry::parse(line.as_bytes()).unwrap()
    }

    /// `(request's seq and id, response's)` of every exchange.
    fn pairs(entries: &[(&str, u64, Option<&'static str>)]) -> Vec<String> {
        let entries = entries.iter().map(|&(kind, seq, id)| line(kind, seq, id));
        let name = |seq: u64, id: Option<&RequestId>| format!("{seq}{}", id.map_or("-", |id| id.as_str()));
        let shown = |exchange: Exchange| {
            let request = exchange.request.map(|line| name(line.seq, line.meta.request_id.as_ref()));
            let response = exchange.response.map(|line| name(line.seq, line.meta.request_id.as_ref()));
            format!("{} {}", request.unwrap_or_default(), response.unwrap_or_default())
        };
        pair(entries).into_iter().map(shown).collect()
    }

    const Q: &str = "request";
    const A: &str = "response";

    #[test]
    fn by_id_whatever_the_order_and_the_numbers() {
        let lines = [(Q, 1, Some("a")), (Q, 1, Some("b")), (A, 1, Some("b")), (A, 1, Some("a"))];
        assert_eq!(pairs(&lines), ["1a 1a", "1b 1b"]);
    }

    #[test]
    fn old_logs_by_number_in_order() {
        let lines = [(Q, 1, None), (Q, 2, None), (A, 2, None), (Q, 1, None), (A, 1, None), (A, 1, None)];
        assert_eq!(pairs(&lines), ["1- 1-", "2- 2-", "1- 1-"]);
        assert_eq!(pairs(&[(Q, 1, None), (A, 1, Some("a"))]), ["1- 1a"]);
        assert_eq!(pairs(&[(Q, 1, Some("a")), (A, 1, None)]), ["1a 1-"]);
        assert_eq!(pairs(&[(Q, 1, Some("a")), (A, 1, Some("a")), (A, 1, None)]), ["1a 1a", " 1-"]);
    }

    #[test]
    fn orphans_stay_visible_and_take_no_other_ones_place() {
        let lines =
            [(A, 1, Some("x")), (Q, 2, Some("a")), (A, 2, Some("y")), (A, 2, Some("a")), (A, 2, Some("a"))];
        assert_eq!(pairs(&lines), [" 1x", "2a 2a", " 2y", " 2a"]);
    }
}
