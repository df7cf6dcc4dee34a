// Single values in TOML, as fields show them.

/** What stands in a string; any other value as it is written. */
export function fromToml(value: string): string {
  const literal = /^'([^']*)'$/.exec(value);
  if (literal) return literal[1] ?? "";
  if (!value.startsWith('"')) return value;
  try {
    // A basic string is a JSON string, but for the escapes \e and \U.
    return String(JSON.parse(value));
  } catch {
    return value;
  }
}

/** A basic string. */
export function toToml(text: string): string {
  return JSON.stringify(text).replaceAll("\u007f", "\\u007F");
}
