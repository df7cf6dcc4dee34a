//! Fields of a multipart form that are named like secret query parameters.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;

use super::edits::Edits;
use super::{Redactor, fields};

/// The head of a part without a file, its other header lines, and its content up to the boundary.
static PART: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"(?is)form-data;[ \t]*name="?([^";\r\n]+)"?[ \t]*\r?\n(?:[^\r\n]+\r?\n)*\r?\n(.*?)(?:\r?\n--|\z)"#,
    )
    .expect("a constant pattern compiles")
});

/// Replaces the content of fields whose name says that it is secret.
pub(super) fn redact_multipart<'b>(redactor: &Redactor, body: &'b str) -> Cow<'b, str> {
    let mut edits = Edits::new(body);
    for part in PART.captures_iter(body) {
        let (Some(name), Some(content)) = (part.get(1), part.get(2)) else { continue };
        if !fields::is_secret_parameter(name.as_str()) {
            continue;
        }
        if let Some(tag) = redactor.tag_named("secret", content.as_str()) {
            edits.replace(content.range(), &tag);
        }
    }
    edits.finish()
}
