//! A coding agent's session: every request repeats what was said before it, most of that is what tools printed,
//! now and then a picture, a sub-agent, an upstream that is overloaded and a user who does not wait.

use llm_proxy::model::{SessionId, Timestamp};
use llm_proxy::provider::Provider;
use llm_proxy::record::EndKind;

use crate::log::{Answer, Body, SessionLog};
use crate::plan::Plan;
use crate::random::Random;
use crate::text::{Vocabulary, picture};
use crate::wire::{self, Call, Dialect, Said, Usage};

/// When the first session began: 2026-01-01, in milliseconds since 1970.
const FIRST_MS: i64 = 1_767_225_600_000;

/// From one session's beginning to the next one's.
const APART_MS: i64 = 7 * 60_000;

/// A conversation that grows beyond this, in bytes at full scale, is replaced by its summary.
const MAX_CONTEXT: f64 = 600_000.0;

const TOOLS: [&str; 6] = ["Read", "Bash", "Edit", "Grep", "Glob", "Write"];
const PROJECTS: [&str; 12] = [
    "/home/ada/shop",
    "/home/ada/proxy",
    "/home/ada/notes",
    "/srv/ledger",
    "/home/ada/site",
    "/home/ada/parser",
    "/srv/catalog",
    "/home/ada/editor",
    "/home/ada/infra",
    "/home/ada/mail",
    "/srv/reports",
    "/home/ada/game",
];
const MESSAGES_MODELS: [&str; 3] =
    ["claude-sonnet-4-5-20250929", "claude-opus-4-5-20251101", "claude-haiku-4-5-20251001"];
const CHAT_MODELS: [&str; 2] = ["gpt-4o-2024-08-06", "gpt-4.1-2025-04-14"];

/// Makes one session's file.
pub(crate) struct Agent<'a> {
    plan: &'a Plan,
    vocabulary: &'a Vocabulary,
    random: Random,
    dialect: Dialect,
    model: &'static str,
    session: String,
    turns: u64,
    clock_ms: i64,
    log: SessionLog,
    split_words: Vec<String>,
}

/// What an agent and a model said to each other so far.
struct Conversation {
    head: String,
    messages: String,
    /// Bytes that the request before had: they are in the provider's cache.
    cached: usize,
    agent: Option<String>,
}

/// A session's file, and words in it that stand in no line, because they were cut when they arrived.
pub(crate) struct Written {
    pub(crate) log: SessionLog,
    pub(crate) split_words: Vec<String>,
}

impl<'a> Agent<'a> {
    pub(crate) fn new(plan: &'a Plan, vocabulary: &'a Vocabulary, number: u64) -> Self {
        let mut random = plan.random_of(number);
        let began_ms = FIRST_MS + number as i64 * APART_MS;
        // Of five sessions one is a script's, which names none.
        let dialect = if random.once_in(5) { Dialect::Chat } else { Dialect::Messages };
        let (provider, upstream, model) = match dialect {
            Dialect::Messages => (Provider::Anthropic, "api.anthropic.com", *random.pick(&MESSAGES_MODELS)),
            Dialect::Chat => (Provider::OpenAi, "api.openai.com", *random.pick(&CHAT_MODELS)),
        };
        let session = random.uuid();
        let id: SessionId = format!("{}-{}", Timestamp::from_unix_ms(began_ms).compact(), random.hex(8))
            .parse()
            .expect("made as ids are");
        let client = (dialect == Dialect::Messages).then(|| session.clone());
        let log = SessionLog::begin(provider, upstream, began_ms, id, client);
        let turns = plan.turns_of(number);
        Self {
            plan,
            vocabulary,
            random,
            dialect,
            model,
            session,
            turns,
            clock_ms: began_ms,
            log,
            split_words: Vec::new(),
        }
    }

    /// Works until the session has its turns.
    pub(crate) fn work(mut self) -> Written {
        let mut main = self.conversation(None);
        while self.log.exchanges < self.turns {
            self.task(&mut main);
        }
        Written { log: self.log, split_words: self.split_words }
    }

    fn conversation(&mut self, agent: Option<String>) -> Conversation {
        let project = *self.random.pick(&PROJECTS);
        let bytes = if agent.is_some() { (3_000, 4_000) } else { (14_000, 18_000) };
        let bytes = self.plan.bytes(&mut self.random, bytes.0, bytes.1);
        let instructions = self.vocabulary.prose(&mut Random::of(self.plan.seed, u64::MAX), bytes);
        let system =
            format!("You are a coding agent.\n - Primary working directory: {project}\n\n{instructions}");
        Conversation {
            head: wire::head(self.dialect, self.model, &system),
            messages: String::new(),
            cached: 0,
            agent,
        }
    }

    /// A user's wish, and all that the agent does until it is granted.
    fn task(&mut self, conversation: &mut Conversation) {
        let bytes = self.plan.bytes(&mut self.random, 80, 900);
        let wish =
            format!("Fix case {}: {}", self.random.hex(6), self.vocabulary.prose(&mut self.random, bytes));
        let shown = self.random.once_in(12).then(|| {
            let bytes = self.plan.bytes(&mut self.random, 8_000, 60_000);
            picture(&mut self.random, bytes)
        });
        conversation.add(&wire::user(self.dialect, &wish, shown.as_deref()));
        while self.log.exchanges < self.turns {
            let said = self.exchange(conversation);
            conversation.add(&wire::repeated(self.dialect, &said));
            let Some(call) = said.call else { break };
            if conversation.agent.is_none() && self.dialect == Dialect::Messages && self.random.once_in(25) {
                self.delegate();
            }
            let bytes = self.plan.bytes(&mut self.random, 120, 12_000);
            let printed = self.vocabulary.listing(&mut self.random, bytes);
            let is_error = self.random.once_in(30);
            conversation.add(&wire::result(self.dialect, &call, &printed, is_error));
        }
        if conversation.messages.len() as f64 > MAX_CONTEXT * self.plan.scale.max(0.02) {
            self.summarise(conversation);
        }
    }

    /// A sub-agent's task, which is a conversation of its own.
    fn delegate(&mut self) {
        let agent = Some(format!("agent-{}", self.random.hex(6)));
        let mut conversation = self.conversation(agent);
        self.task(&mut conversation);
    }

    fn summarise(&mut self, conversation: &mut Conversation) {
        let bytes = self.plan.bytes(&mut self.random, 4_000, 8_000);
        let summary = format!("This session continues: {}", self.vocabulary.prose(&mut self.random, bytes));
        conversation.messages.clear();
        conversation.cached = 0;
        conversation.add(&wire::user(self.dialect, &summary, None));
        conversation.add(&wire::repeated(
            self.dialect,
            &Said { thinking: None, text: "Understood.".to_owned(), call: None },
        ));
    }

    /// Asks until there is an answer.
    fn exchange(&mut self, conversation: &mut Conversation) -> Said {
        if self.random.once_in(40) {
            let total_ms = self.random.between(200, 900);
            let body = Body::Whole(wire::overloaded(self.dialect));
            self.send(
                conversation,
                Answer { status: 529, end: EndKind::Ok, error: None, body, ttfb_ms: total_ms, total_ms },
            );
        }
        let unique = format!("case{}", self.random.hex(12));
        let said = self.said(&unique);
        let usage = Usage {
            input: ((conversation.bytes() - conversation.cached) / 4) as u64 + 8,
            cached: conversation.cached as u64 / 4,
            output: said.text.len() as u64 / 4 + 40,
        };
        let id = format!("msg_{}", self.random.hex(16));
        let mut events = wire::events(self.dialect, &mut self.random, &id, self.model, &said, usage);
        let ttfb_ms = self.random.skewed(400, 9_000);
        let total_ms = ttfb_ms + events.len() as u64 * self.random.between(15, 60);
        let is_left = self.random.once_in(150);
        let (end, error) = match is_left {
            true => (EndKind::ClientAborted, Some("the client closed the connection".to_owned())),
            false => (EndKind::Ok, None),
        };
        if is_left {
            events.truncate(events.len() / 2);
        } else if self.split_words.len() < 4 && !events.iter().flatten().any(|line| line.contains(&unique)) {
            self.split_words.push(unique);
        }
        self.send(
            conversation,
            Answer { status: 200, end, error, body: Body::Events(events), ttfb_ms, total_ms },
        );
        conversation.cached = conversation.bytes();
        said
    }

    fn send(&mut self, conversation: &Conversation, answer: Answer) {
        let id = self.random.uuid();
        let total_ms = answer.total_ms as i64;
        let (path, mut headers) = match self.dialect {
            Dialect::Messages => (
                "/v1/messages",
                vec![
                    ("User-Agent", "claude-cli/2.1.330 (external, cli)"),
                    ("X-Claude-Code-Session-Id", self.session.as_str()),
                ],
            ),
            Dialect::Chat => ("/v1/chat/completions", vec![("User-Agent", "OpenAI/Python 3.54.0")]),
        };
        headers.push(("Content-Type", "application/json"));
        headers.push(("Authorization", "[redacted]"));
        headers.extend(conversation.agent.as_deref().map(|agent| ("X-Claude-Code-Agent-Id", agent)));
        self.log.exchange(id, self.clock_ms, path, &headers, conversation.body(), answer);
        self.clock_ms += total_ms + self.random.between(50, 4_000) as i64;
    }

    /// `unique` is a word of this answer and of no other.
    fn said(&mut self, unique: &str) -> Said {
        let bytes = self.plan.bytes(&mut self.random, 100, 2_400);
        let (before, after) = (bytes / 2, bytes - bytes / 2);
        let mut text = self.vocabulary.prose(&mut self.random, before);
        text.push_str(unique);
        text.push(' ');
        text.push_str(&self.vocabulary.prose(&mut self.random, after));
        let thinking = (self.dialect == Dialect::Messages && self.random.once_in(4)).then(|| {
            let bytes = self.plan.bytes(&mut self.random, 200, 2_000);
            self.vocabulary.prose(&mut self.random, bytes)
        });
        let call = (!self.random.once_in(8)).then(|| self.call());
        Said { thinking, text, call }
    }

    fn call(&mut self) -> Call {
        let tool = *self.random.pick(&TOOLS);
        let bytes = self.plan.bytes(&mut self.random, 30, 400);
        let argument = self.vocabulary.prose(&mut self.random, bytes);
        let mut input = format!(r#"{{"path":"src/{}.rs","what":"#, self.random.hex(4));
        crate::text::push_json(&mut input, &argument);
        input.push('}');
        Call { id: format!("toolu_{}", self.random.hex(16)), tool, input }
    }
}

impl Conversation {
    fn add(&mut self, message: &str) {
        if !self.messages.is_empty() {
            self.messages.push(',');
        }
        self.messages.push_str(message);
    }

    fn bytes(&self) -> usize {
        self.head.len() + self.messages.len()
    }

    fn body(&self) -> String {
        [self.head.as_str(), &self.messages, "]}"].concat()
    }
}

#[cfg(test)]
mod tests {
    use llm_proxy::record::entry::Entry;

    use super::*;

    fn written(seed: u64, number: u64) -> Written {
        let plan = Plan { seed, sessions: 10, turns: 30..=30, scale: 0.2 };
        Agent::new(&plan, &Vocabulary::new(), number).work()
    }

    #[test]
    fn a_session_is_made_of_the_programs_own_lines_and_has_its_turns() {
        let log = written(1, 3).log;
        let entries: Vec<Entry> = log
            .lines
            .split_inclusive(|byte| *byte == b'\n')
            .map(|line| Entry::parse(line).unwrap())
            .collect();
        assert_eq!((log.exchanges, entries.len()), (30, 61));
        let bodies: Vec<usize> =
            entries.iter().map(Entry::body_bytes).filter(|bytes| *bytes > 1000).collect();
        assert!(
            bodies.last() > bodies.first().map(|first| first * 3).as_ref(),
            "the context is repeated: {bodies:?}"
        );
    }

    #[test]
    fn equal_seeds_give_equal_bytes() {
        assert_eq!(written(1, 3).log.lines, written(1, 3).log.lines);
        assert_ne!(written(1, 3).log.lines, written(2, 3).log.lines);
        assert_ne!(written(1, 3).log.lines, written(1, 4).log.lines);
    }

    #[test]
    fn the_words_that_are_told_stand_in_answers() {
        let written = written(1, 5);
        let text = String::from_utf8(written.log.lines).unwrap();
        assert!(!written.split_words.is_empty());
        // Requests repeat what was said, so that a word stands whole in a later line.
        assert!(written.split_words.iter().any(|word| text.contains(word.as_str())));
    }
}
