//! Requests of one conversation, one after the other. Each repeats nearly all of the one before; what both
//! begin with is read once.

use serde_json::Value;

use super::api::{self, Api, Call};
use super::list::{self, Places};
use super::request::{BodyFacts, RequestFacts, add_item, beginning, facts, has_messages};
use super::{Header, Message, Provider, json};

/// Texts are compared so many bytes at a time.
const COMPARED_BYTES: usize = 4096;

/// Reads requests as [`super::read_request`] does, and with the same result. It holds the messages of the
/// latest one and what its body has beside them, and not the body's text: about as many bytes as that has.
#[derive(Debug, Default)]
pub struct RequestReader {
    facts: RequestFacts,
    /// The latest body with an empty list of messages.
    body: Value,
    tools: usize,
    frame: Option<Frame>,
}

/// Where in a body its messages stand. There is none for a body that had to be mended, and for one whose list
/// is not where one expects it: the next is read from its beginning.
#[derive(Debug)]
struct Frame {
    api: Api,
    /// Where the list's items begin,
    list: usize,
    /// and the text behind them, from the `]` on.
    tail: String,
    /// The body's fields in the tail, see [`Places::fields`].
    fields: Vec<(usize, String)>,
    /// Containers around an item.
    depth: usize,
    /// How many messages come before the list's.
    before: usize,
    /// Of each message of the list: where the first item begins that it was made of.
    starts: Vec<usize>,
}

/// Items of a list, each with the place where it begins in the body.
type Items = Vec<(usize, Value)>;

impl RequestReader {
    /// Reads a request. The first `same` bytes of its body must be those of the body that was read last: with
    /// a wrong `same` the result is wrong. Says how many messages it begins with that are those of that
    /// request.
    pub fn read(
        &mut self,
        provider: Provider,
        path: &str,
        header: Header<'_>,
        body: &str,
        same: usize,
    ) -> (&RequestFacts, usize) {
        let call = api::recognise(provider, path);
        let mut messages = std::mem::take(&mut self.facts.messages);
        let kept = match self.go_on(&call, body, same, &mut messages) {
            Some(kept) => kept,
            None => {
                messages.clear();
                self.begin(&call, body, &mut messages);
                0
            }
        };
        let read = BodyFacts { messages, tools: self.tools };
        self.facts = facts(call, header, &self.body, read);
        (&self.facts, kept)
    }

    /// Reads a body from its beginning.
    fn begin(&mut self, call: &Call, text: &str, messages: &mut Vec<Message>) {
        (self.frame, self.tools) = (None, 0);
        let whole: Option<Value> = serde_json::from_str(text).ok();
        let places = whole.as_ref().and_then(|_| list::places(call.api, text));
        self.body = whole.or_else(|| json::parse(text)).unwrap_or_default();
        if !has_messages(call.kind) {
            return;
        }
        let values = list::take_items(call.api, &mut self.body);
        let read = beginning(call.api, &self.body);
        self.tools = read.tools;
        messages.extend(read.messages);
        match places.filter(|places| places.items.len() == values.len()) {
            Some(places) => {
                let mut frame = Frame::new(call.api, text, &places, messages.len());
                frame.add(places.items.into_iter().zip(values).collect(), messages);
                self.frame = Some(frame);
            }
            None => values.iter().for_each(|value| add_item(call.api, messages, value)),
        }
    }

    /// Reads a body whose beginning is the last one's. `None`, with anything in `messages`, when it has to be
    /// read from its beginning.
    fn go_on(&mut self, call: &Call, text: &str, same: usize, messages: &mut Vec<Message>) -> Option<usize> {
        let mut frame = self.frame.take().filter(|frame| frame.api == call.api && has_messages(call.kind))?;
        // What begins within the common text may end otherwise: the last of those messages is read again.
        let first = frame.starts.partition_point(|start| *start < same).checked_sub(1)?;
        let cut = frame.starts[first];
        let from = frame.before + first;
        messages.truncate(from);
        frame.starts.truncate(first);
        let kept = match frame.items_to_same_tail(text, cut) {
            Some(items) => frame.add(items, messages).min(from),
            None => {
                let items = self.other_tail(&mut frame, text, cut)?;
                let is_same = self.begins_alike(&mut frame, messages);
                let joined = frame.add(items, messages);
                if is_same { joined.min(from) } else { 0 }
            }
        };
        self.frame = Some(frame);
        Some(kept)
    }

    /// Reads a body whose list goes on at `cut`, and which has something else behind it than the last one: as
    /// if the items before did not stand there, nor the last fields, if they are the same.
    fn other_tail(&mut self, frame: &mut Frame, text: &str, cut: usize) -> Option<Items> {
        let (end, same_fields) = frame.same_fields(text);
        let close = if same_fields.is_empty() { "" } else { "}" };
        let shorter = [text.get(..frame.list)?, text.get(cut..end)?, close].concat();
        let mut body: Value = serde_json::from_str(&shorter).ok()?;
        let places = list::places(frame.api, &shorter)?;
        let values = list::take_items(frame.api, &mut body);
        if (places.start, places.depth) != (frame.list, frame.depth) || places.items.len() != values.len() {
            return None;
        }
        let left_out = cut - frame.list;
        for (_, key) in &same_fields {
            let value = self.body.as_object_mut()?.remove(key)?;
            // Doubled, a key counts where it stands last.
            if body.as_object_mut()?.insert(key.clone(), value).is_some() {
                return None;
            }
        }
        self.body = body;
        text[places.end + left_out..].clone_into(&mut frame.tail);
        let new_fields = places.fields.into_iter().map(|(place, key)| (place - places.end, key));
        let before = frame.tail.len() + end - text.len();
        let first = same_fields.first().map_or(0, |(place, _)| *place);
        let same_fields = same_fields.into_iter().map(|(place, key)| (before + place - first, key));
        frame.fields = new_fields.chain(same_fields).collect();
        Some(places.items.into_iter().map(|place| place + left_out).zip(values).collect())
    }

    /// Takes the messages before the list's out of a new body. False when they are not those that were there.
    fn begins_alike(&mut self, frame: &mut Frame, messages: &mut Vec<Message>) -> bool {
        let read = beginning(frame.api, &self.body);
        self.tools = read.tools;
        if messages.starts_with(&read.messages) && read.messages.len() == frame.before {
            return true;
        }
        let before = std::mem::replace(&mut frame.before, read.messages.len());
        messages.splice(..before, read.messages);
        false
    }
}

impl Frame {
    fn new(api: Api, text: &str, places: &Places, before: usize) -> Self {
        Self {
            api,
            list: places.start,
            tail: text[places.end..].to_owned(),
            fields: places.fields.iter().map(|(place, key)| (place - places.end, key.clone())).collect(),
            depth: places.depth,
            before,
            starts: Vec::new(),
        }
    }

    /// Adds what items say. Returns how many of the messages that were there are still what they were: one
    /// API's items may join the message before them.
    fn add(&mut self, items: Items, messages: &mut Vec<Message>) -> usize {
        let there = messages.len();
        let blocks = |messages: &[Message]| there.checked_sub(1).map(|last| messages[last].blocks.len());
        let blocks_there = blocks(messages);
        for (place, item) in items {
            let count = messages.len();
            add_item(self.api, messages, &item);
            if messages.len() > count {
                self.starts.push(place);
            }
        }
        if blocks(messages) == blocks_there { there } else { there - 1 }
    }

    /// The last fields of a body that the last one has, too, in the same words, and where they begin in it.
    fn same_fields(&self, text: &str) -> (usize, Vec<(usize, String)>) {
        let same = common_end(self.tail.as_bytes(), text.as_bytes());
        let first = self.fields.partition_point(|(place, _)| self.tail.len() - place > same);
        let fields = self.fields[first..].to_vec();
        let bytes = fields.first().map_or(0, |(place, _)| self.tail.len() - place);
        (text.len() - bytes, fields)
    }

    /// The items from `cut` on, if what follows them is what followed the last ones. Then nothing else needs to
    /// be read: where the items end follows from their being whole.
    fn items_to_same_tail(&self, text: &str, cut: usize) -> Option<Items> {
        let end = text.strip_suffix(self.tail.as_str())?.len();
        let items = text.get(cut..end)?;
        // As deep as they stand in the body: depth has a limit.
        let (open, close) = ("[".repeat(self.depth), "]".repeat(self.depth));
        let nested = [open.as_str(), items, &close].concat();
        let mut value: Value = serde_json::from_str(&nested).ok()?;
        for _ in 1..self.depth {
            value = only_item(value)?;
        }
        let Value::Array(values) = value else { return None };
        let places = list::item_places(&nested[self.depth - 1..nested.len() - (self.depth - 1)])?;
        let places = places.into_iter().map(|place| place + cut - 1);
        (!values.is_empty()).then(|| places.zip(values).collect())
    }
}

/// How many bytes both end with.
fn common_end(one: &[u8], other: &[u8]) -> usize {
    let chunks = one.rchunks(COMPARED_BYTES).zip(other.rchunks(COMPARED_BYTES));
    let whole = chunks.take_while(|(one, other)| one == other).count() * COMPARED_BYTES;
    let whole = whole.min(one.len()).min(other.len());
    let rest = one.iter().rev().zip(other.iter().rev()).skip(whole);
    whole + rest.take_while(|(one, other)| one == other).count()
}

fn only_item(value: Value) -> Option<Value> {
    let Value::Array(mut items) = value else { return None };
    let item = items.pop()?;
    items.is_empty().then_some(item)
}

#[cfg(test)]
#[path = "reader_tests.rs"]
mod tests;
