// Words without end, such as a file in base64. Chromium breaks one into lines anew from its first letter for each pair
// of letters that are kerned: 70,000 times the same letter took it seven seconds.

/** Longer words are nothing that anybody reads. */
const MAX_WORD_CHARS = 2000;
const SPACE = " ".charCodeAt(0);

/** The `font-kerning` that a text can be laid out with; null: as everything. */
export function kerning(text: string): "none" | null {
  let begin = 0;
  for (let at = 0; at < text.length; at += 1) {
    if (text.charCodeAt(at) <= SPACE) begin = at + 1;
    else if (at - begin >= MAX_WORD_CHARS) return "none";
  }
  return null;
}
