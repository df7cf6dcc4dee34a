// Clients write notes of their own into what the user says. They are set apart, so that the user's words stand out.

/** A stretch of a user's text. */
export interface Passage {
  text: string;
  /** The client's note, by its tag; none: the user's words. */
  tag: string | null;
}

/** Tags that clients wrap their notes in. */
const NOTE =
  /<(system-reminder|environment_context|environment_details|user_instructions|permissions[\w-]*|INSTRUCTIONS|local-command-[\w-]+|command-[\w-]+)\b[^>]*>([\s\S]*?)<\/\1>/g;

/** The text in passages, without the tags; empty ones are left out. */
export function passages(text: string): Passage[] {
  if (!text.includes("</")) return [{ text, tag: null }];
  const all: Passage[] = [];
  let from = 0;
  for (const match of text.matchAll(NOTE)) {
    all.push({ text: text.slice(from, match.index), tag: null });
    all.push({ text: match[2] ?? "", tag: match[1] ?? null });
    from = match.index + match[0].length;
  }
  all.push({ text: text.slice(from), tag: null });
  const said = all.map((passage) => ({ ...passage, text: passage.text.trim() })).filter(({ text: words }) => words !== "");
  return said.length > 0 ? said : [{ text, tag: null }];
}
