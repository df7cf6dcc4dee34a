//! Where a secret begins and ends, and what only looks like one.

use std::borrow::Cow;

use super::redactor;

#[test]
fn names_and_base64_are_no_secrets() {
    for text in [
        "sk-internationalizationFrameworkMaintainer",
        "sk-proj-configuration-management-service",
        "Bearer internationalization-framework",
        "gsk_internationalizationFramework",
        "my_sk-0123456789abcdef0123456789abcdef",
        "task-0123456789abcdef0123456789abcdef",
        "a-hf_AbCdEfGhIjKlMnOpQrStUvWxYzAbCdEfGh",
        "x_ghp_0123456789abcdef0123456789abcdef0123",
        "0/AIzaSyA1234567890abcdefghijklmnopqrstuv",
        "AKIAIOSFODNN7EXAMPLEX",
        "sk-0123456789abcdef",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkw",
    ] {
        assert!(matches!(redactor().text(text), Cow::Borrowed(_)), "{}", redactor().text(text));
    }
}

#[test]
fn secrets_side_by_side_all_go() {
    let key = "AKIAIOSFODNN7EXAMPLE";
    for text in [format!("{key}-{key}"), format!("{key}/{key}"), format!("{key}\\n{key}%20{key}\\u0020{key}")]
    {
        assert!(!redactor().text(&text).contains("IOSFODNN"), "{}", redactor().text(&text));
    }
}

#[test]
fn a_token_of_letters_behind_bearer_still_has_its_own_shape() {
    let redacted = redactor().text("Bearer hf_AbCdEfGhIjKlMnOpQrStUvWxYzAbCdEfGh").into_owned();
    assert!(redacted.starts_with("Bearer [redacted:huggingface-token:"), "{redacted}");
}

#[test]
fn containers_are_counted_beyond_the_remembered_depth() {
    // The header is secret by the object it stands in, which has to be found again after the way back.
    let deep = format!("{}{}", "[".repeat(1000), "]".repeat(1000));
    let body = format!("{{\"headers\":{{\"a\":{deep},\"x-key\":\"opaque\"}}}}");
    assert!(!redactor().json(&body).contains("opaque"));
}
