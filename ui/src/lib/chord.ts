// Keys as they are written down, as they are pressed, and as people read them.

export interface Chord {
  key: string;
  mod: boolean;
  shift: boolean;
  alt: boolean;
}

export const isMac = typeof navigator !== "undefined" && /Mac|iPhone|iPad/.test(navigator.userAgent);

/** `Mod+Shift+f`, `Space` or `g s`. */
export function parseChord(text: string): Chord[] {
  return text.split(" ").map((part) => {
    const pieces = part.split("+");
    // `+` itself is written `Mod++`.
    const last = pieces.at(-1) || "+";
    const key = last === "Space" ? " " : last;
    return { key, mod: pieces.includes("Mod"), shift: pieces.includes("Shift"), alt: pieces.includes("Alt") };
  });
}

type Pressed = Pick<KeyboardEvent, "key" | "metaKey" | "ctrlKey" | "shiftKey" | "altKey">;

/** Shift counts only where it is written, or where the key is a letter: `?` needs it on some keyboards only. */
export function matches(chord: Chord | undefined, event: Pressed, mac = isMac): boolean {
  if (!chord) return false;
  const mod = mac ? event.metaKey : event.ctrlKey;
  const other = mac ? event.ctrlKey : event.metaKey;
  if (mod !== chord.mod || other || event.altKey !== chord.alt) return false;
  const named = chord.key.length > 1;
  const letter = /^[a-z]$/i.test(chord.key);
  if (named) return event.key === chord.key && event.shiftKey === chord.shift;
  if (!letter) return event.key === chord.key;
  const shift = chord.shift || (!chord.mod && chord.key !== chord.key.toLowerCase());
  return event.key.toLowerCase() === chord.key.toLowerCase() && event.shiftKey === shift;
}

const SIGNS: Record<string, string> = {
  ArrowUp: "↑",
  ArrowDown: "↓",
  ArrowLeft: "←",
  ArrowRight: "→",
  Escape: "Esc",
  " ": "Space",
  Enter: "Enter",
};

/** `⇧⌘F` on a Mac, `Ctrl+Shift+F` elsewhere; the parts of a sequence apart. */
export function readable(text: string, mac = isMac): string[] {
  return text.split(" ").map((part) => {
    const [chord] = parseChord(part);
    if (!chord) return part;
    const key = SIGNS[chord.key] ?? (chord.mod ? chord.key.toUpperCase() : chord.key);
    if (mac) return `${chord.alt ? "⌥" : ""}${chord.shift ? "⇧" : ""}${chord.mod ? "⌘" : ""}${key}`;
    return `${chord.mod ? "Ctrl+" : ""}${chord.alt ? "Alt+" : ""}${chord.shift ? "Shift+" : ""}${key}`;
  });
}
