//! Builds the turns of a session from its log lines. Every request repeats the whole conversation;
//! a turn holds what it adds to that.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::said::{Conversation, Said};
use super::types::{MissingBytes, Turn};
use crate::index::{guess_provider, read_answer, read_next_request, title_of};
use crate::logs::read::Bodies;
use crate::model::{RequestId, Timestamp};
use crate::provider::{Answer, Kind, Provider, RequestFacts, RequestReader, Role};
use crate::record::Direction;
use crate::record::entry::{Entry, Gap, Request, Response, SessionStart};

/// Characters of an error page that are shown when it is not in the provider's form.
const MAX_ERROR_CHARS: usize = 2000;

/// Takes a session's lines in their order, and holds none of them.
#[derive(Debug, Default)]
pub(super) struct Turns {
    turns: Vec<Turn>,
    /// Where each turn's first line begins.
    places: Vec<u64>,
    provider: Option<Provider>,
    /// The session's first line.
    pub(super) start: Option<SessionStart>,
    /// The first line a user wrote.
    pub(super) title: Option<String>,
    /// The client's own name for the session, as its latest request that has one says.
    pub(super) client_session: Option<String>,
    open: Vec<Open>,
    said: Said,
    /// Whole conversations that were sent, and the number of the request that did first.
    sent: HashMap<u64, u64>,
}

/// What the latest request of a conversation said, for the next one, which repeats it.
#[derive(Debug, Default)]
pub(super) struct Latest {
    reader: RequestReader,
    conversation: Conversation,
}

/// A request that waits for its response.
#[derive(Debug)]
struct Open {
    turn: usize,
    id: Option<RequestId>,
    seq: u64,
    conversation: Conversation,
}

impl Turns {
    /// Takes the next line, which begins at the byte `place`. `bodies` has a request's body.
    pub(super) fn take(&mut self, entry: Entry, bodies: &mut Bodies<Latest>, place: u64) {
        match entry {
            Entry::SessionStart(start) => {
                self.provider = Some(start.provider);
                self.start.get_or_insert(start);
            }
            Entry::Request(request) => self.request(&request, bodies),
            Entry::Response(response) => self.response(&response),
            Entry::Fork(_) => {}
        }
        self.places.resize(self.turns.len(), place);
    }

    /// The turns so far.
    pub(super) fn so_far(&self) -> &[Turn] {
        &self.turns
    }

    /// Where each turn's first line begins, in bytes of the file.
    pub(super) fn places(&self) -> &[u64] {
        &self.places
    }

    /// Whose API the session speaks. Files that lost their first line are guessed from a path.
    pub(super) fn provider(&self) -> Option<Provider> {
        self.provider
    }

    fn request(&mut self, request: &Request, bodies: &mut Bodies<Latest>) {
        let Some((body, same, latest)) = bodies.latest() else { return };
        let provider = *self.provider.get_or_insert_with(|| guess_provider(&request.path));
        let (facts, kept) = read_next_request(&mut latest.reader, provider, request, body, same);
        latest.conversation = latest.conversation.next(&facts.messages, kept);
        self.title = self.title.take().or_else(|| title_of(facts));
        self.client_session = facts.session.id.clone().or(self.client_session.take());
        let mut turn = turn_of(request, facts);
        let mut conversation = Conversation::default();
        // Counting tokens and warming the cache send what a turn is about to say: that is the turn's.
        if facts.kind == Kind::Chat {
            conversation = latest.conversation.clone();
            turn.new_messages = self.said.news(&facts.messages, &conversation);
            turn.repeats = self.repeats(&conversation, request.seq);
            if turn.repeats.is_some() {
                turn.new_messages.clear();
            }
        }
        let id = request.meta.request_id.clone();
        self.open.push(Open { turn: self.turns.len(), id, seq: request.seq, conversation });
        self.turns.push(turn);
    }

    fn response(&mut self, response: &Response) {
        let provider = self.provider.unwrap_or(Provider::OpenAi);
        let open = self.close(response);
        let at = open.as_ref().map_or(self.turns.len(), |open| open.turn);
        if open.is_none() {
            self.turns.push(lost_request(response));
        }
        let Some(turn) = self.turns.get_mut(at) else { return };
        let answer = read_answer(provider, &turn.path, response);
        let conversation = open.map(|open| open.conversation).unwrap_or_default();
        self.said.answer(&conversation, answer.message.as_ref());
        complete(turn, response, answer);
    }

    /// The request that a response belongs to: by id, and where one of the two has none, by number.
    fn close(&mut self, response: &Response) -> Option<Open> {
        let id = response.meta.request_id.as_ref();
        let by_id = id.and_then(|id| self.open.iter().position(|open| open.id.as_ref() == Some(id)));
        let by_number = || {
            self.open.iter().position(|open| open.seq == response.seq && (id.is_none() || open.id.is_none()))
        };
        by_id.or_else(by_number).map(|at| self.open.remove(at))
    }

    /// The request that sent the same messages already: a retry.
    fn repeats(&mut self, conversation: &Conversation, seq: u64) -> Option<u64> {
        if conversation.is_empty() {
            return None;
        }
        let mut hasher = DefaultHasher::new();
        conversation.hash(&mut hasher);
        let first = *self.sent.entry(hasher.finish()).or_insert(seq);
        (first != seq).then_some(first)
    }
}

fn turn_of(request: &Request, facts: &RequestFacts) -> Turn {
    Turn {
        seq: request.seq,
        request_id: request.meta.request_id.as_ref().map(|id| id.as_str().to_owned()),
        started: request.meta.ts,
        kind: facts.kind,
        method: request.method.clone(),
        path: request.path.clone(),
        client: facts.client.clone(),
        agent: facts.session.agent.clone(),
        project: facts.project.clone(),
        model: facts.model.clone(),
        tools: facts.tools,
        sent_messages: facts.messages.iter().filter(|message| message.role != Role::System).count(),
        gap: missing(Direction::Request, &request.gap),
        ..Turn::default()
    }
}

/// Stands for a request whose line is lost, so that its response is shown all the same.
fn lost_request(response: &Response) -> Turn {
    let total_ms = i64::try_from(response.timing.total_ms).unwrap_or(0);
    Turn {
        seq: response.seq,
        request_id: response.meta.request_id.as_ref().map(|id| id.as_str().to_owned()),
        started: Timestamp::from_unix_ms(response.meta.ts.unix_ms().saturating_sub(total_ms)),
        ..Turn::default()
    }
}

fn complete(turn: &mut Turn, response: &Response, answer: Answer) {
    let has_body = response.body.is_some() || response.body_b64.is_some() || response.chunks.is_some();
    turn.status = Some(response.status);
    turn.end = response.end;
    turn.timing = Some(response.timing);
    turn.gap.extend(missing(Direction::Response, &response.gap));
    turn.model = turn.model.take().or(answer.model);
    turn.stop_reason = answer.stop_reason;
    turn.usage = answer.usage;
    turn.error = response
        .error
        .clone()
        .or_else(|| answer.error.map(|error| format!("{}: {}", error.kind, error.message)))
        .or_else(|| error_page(response, answer.message.is_none()));
    turn.answer_finished = (has_body && turn.kind == Kind::Chat).then_some(answer.finished);
    turn.answer = answer.message;
}

/// An error that came from a gateway, not from the provider.
fn error_page(response: &Response, says_nothing: bool) -> Option<String> {
    let page = response.body.as_deref().map(str::trim).filter(|page| !page.is_empty())?;
    (says_nothing && response.status >= 400).then(|| page.chars().take(MAX_ERROR_CHARS).collect())
}

fn missing(direction: Direction, gaps: &[Gap]) -> Vec<MissingBytes> {
    let one = |gap: &Gap| MissingBytes { direction, from: gap.from, bytes: gap.bytes, reason: gap.reason };
    gaps.iter().map(one).collect()
}

#[cfg(test)]
#[path = "turns_tests.rs"]
mod tests;
