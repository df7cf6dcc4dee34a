// What a log holds may carry characters that lie about it: colours, cursor moves, a reversed reading order.

/**
 * C0 and C1 controls but tab and line feed, and what reverses text, separates lines or is invisible; tag characters,
 * which carry hidden text. Joiners stay: emoji and Persian need them.
 */
const HIDDEN =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

/** The text with every such character written out, as `‹U+202E›`. Line ends become `\n`. */
export function visible(text: string): string {
  return text.replace(/\r\n?/g, "\n").replace(HIDDEN, (character) => {
    const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
    return `‹U+${code}›`;
  });
}

/** The first line that says something, shortened to `max` characters. */
export function firstLine(text: string, max: number): string {
  const line = visible(text.slice(0, max * 8)).trim().split("\n", 1)[0] ?? "";
  return line.length > max ? `${line.slice(0, max - 1)}…` : line;
}
