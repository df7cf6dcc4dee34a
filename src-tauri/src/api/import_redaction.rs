//! Redacts log lines that another program wrote: the Go llm-proxy hid two headers and nothing else.

use crate::record::entry::{Entry, HeaderMap, Request, Response};
use crate::record::redact::Redactor;

/// The line without secrets.
pub(super) fn redact(redactor: &Redactor, entry: Entry) -> Entry {
    match entry {
        Entry::Request(request) => Entry::Request(redact_request(redactor, request)),
        Entry::Response(response) => Entry::Response(redact_response(redactor, response)),
        Entry::SessionStart(_) | Entry::Fork(_) => entry,
    }
}

fn redact_request(redactor: &Redactor, mut request: Request) -> Request {
    request.body = redactor.body(content_type(&request.headers), &request.body).into_owned();
    request.path = redactor.text(&request.path).into_owned();
    request.query = request.query.map(|query| redactor.query(&query).into_owned());
    redact_headers(redactor, &mut request.headers);
    redact_headers(redactor, &mut request.trailers);
    request
}

fn redact_response(redactor: &Redactor, mut response: Response) -> Response {
    let content_type = content_type(&response.headers);
    response.body = response.body.map(|body| redactor.body(content_type, &body).into_owned());
    for chunk in response.chunks.iter_mut().flatten() {
        chunk.raw = redactor.body(Some("text/event-stream"), &chunk.raw).into_owned();
    }
    response.error = response.error.map(|error| redactor.text(&error).into_owned());
    redact_headers(redactor, &mut response.headers);
    redact_headers(redactor, &mut response.trailers);
    response
}

fn redact_headers(redactor: &Redactor, headers: &mut HeaderMap) {
    for (name, values) in headers {
        for value in values {
            *value = redactor.header(name, value).into_owned();
        }
    }
}

fn content_type(headers: &HeaderMap) -> Option<&str> {
    let (_, values) = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type"))?;
    values.first().map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    const META: &str = r#""_meta":{"host":"h","machine":"m","session":"20261123-030829-6f9842fe","ts":"2026-11-23T03:08:29Z"}"#;
    const KEY: &str = "sk-ant-api03-AbCdEfGhIjKlMnOpQrStUvWxYz0123456789AbCdEfGhIjKlMnOpQrStUvWxYz0123456789AbCdEfGhIj-AbCdEfAA";

    fn redacted(line: &str) -> String {
        let redactor = Redactor::new([7; 32], true);
        let entry = Entry::parse(line.as_bytes()).unwrap();
        String::from_utf8(redact(&redactor, entry).to_line()).unwrap()
    }

    #[test]
    fn a_key_is_nowhere_in_what_is_taken_over() {
        let request = format!(
            r#"{{{META},"body":"{{\"api_key\":\"{KEY}\"}}","headers":{{"X-Api-Key":["{KEY}"]}},"method":"POST","path":"/v1/{KEY}","query":"key={KEY}","seq":1,"size":1,"type":"request"}}"#
        );
        let response = format!(
            r#"{{{META},"chunks":[{{"ts":"2026-11-23T03:08:29Z","delta_ms":0,"raw":"data: {{\"text\":\"{KEY}\"}}\n"}}],"error":"no {KEY}","headers":{{"Set-Cookie":["{KEY}"]}},"seq":1,"size":1,"status":200,"timing":{{"ttfb_ms":1,"total_ms":1}},"type":"response"}}"#
        );
        let body = response.replacen(r#""chunks""#, r#""body":"{}","chunks""#, 1).replace("{}", KEY);
        for line in [request, response, body] {
            assert!(line.contains(KEY));
            let redacted = redacted(&line);
            assert!(!redacted.contains(KEY) && redacted.contains("[redacted:"), "{redacted}");
        }
    }

    #[test]
    fn what_holds_no_secret_stays_as_it_is() {
        let line = format!(
            "{{{META},\"body\":\"{{\\\"max_tokens\\\":9}}\",\"headers\":{{\"Accept\":[\"*/*\"]}},\"method\":\"POST\",\"path\":\"/v1/messages\",\"seq\":1,\"size\":16,\"type\":\"request\"}}\n"
        );
        assert_eq!(redacted(&line), line);
    }
}
