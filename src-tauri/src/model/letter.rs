//! Letters that a person does not see, or that make others seem to be what they are not.

/// C0, DEL and C1; soft hyphen; Unicode's `Bidi_Control`; what separates lines or is invisible;
/// tag characters, which carry hidden text. Joiners stay: emoji and Persian need them.
pub fn is_hidden(letter: char) -> bool {
    letter.is_control()
        || matches!(letter,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}
