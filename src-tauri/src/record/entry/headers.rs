//! Header fields as the log shows them.

use super::HeaderMap;
use crate::record::Headers;

/// A header's name in the log: `Content-Type`, whatever its case on the wire, so that one `jq` path
/// finds it. The rule of Go's `http.CanonicalHeaderKey`: a name that is no token stays as it is.
pub fn canonical_name(name: &str) -> String {
    if !name.bytes().all(is_token) {
        return name.to_owned();
    }
    let mut canonical = String::with_capacity(name.len());
    let mut upper = true;
    // A token is ASCII.
    for letter in name.bytes().map(char::from) {
        canonical.push(if upper { letter.to_ascii_uppercase() } else { letter.to_ascii_lowercase() });
        upper = letter == '-';
    }
    canonical
}

/// Collects header or trailer fields by canonical name; the values of one name keep their order.
pub fn header_map(headers: &Headers) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.entry(canonical_name(name)).or_default().push(value.clone());
    }
    map
}

/// RFC 9110's `tchar`.
fn is_token(byte: u8) -> bool {
    matches!(
        byte,
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+' | b'-'
            | b'.' | b'^' | b'_' | b'`' | b'|' | b'~'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_as_go_writes_them() {
        for (wire, shown) in [
            ("user-agent", "User-Agent"),
            ("X-STAINLESS-OS", "X-Stainless-Os"),
            ("x_custom-1a", "X_custom-1a"),
            ("a--b", "A--B"),
            ("has space", "has space"),
            ("ünicode", "ünicode"),
            ("", ""),
        ] {
            assert_eq!(canonical_name(wire), shown);
        }
    }

    #[test]
    fn values_of_one_name_stay_together_in_order() {
        let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let map = header_map(&vec![field("set-cookie", "a"), field("etag", "e"), field("Set-Cookie", "b")]);
        assert_eq!(map["Set-Cookie"], ["a", "b"]);
        assert_eq!(map["Etag"], ["e"]);
    }
}
