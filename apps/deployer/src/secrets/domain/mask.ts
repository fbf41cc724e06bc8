const MASK = '[secret]';
/** A shorter line of a value, such as a brace, is in every text. */
const SHORTEST_LINE = 8;

/** The text without these values, in the forms in which programs write them. Pure. */
export function masked(text: string, values: readonly string[]): string {
  // The longest first: what is left of a value when another that it holds is gone would still tell of it.
  const forms = [...new Set(values.flatMap(formsOf))].sort((a, b) => b.length - a.length);
  return forms.reduce<string[]>((rest, form) => rest.flatMap((part) => part.split(form)), [text]).join(MASK);
}

/** As it is, each of its lines (a log's tail may begin within it), as JSON and as part of a URL. */
function formsOf(value: string): readonly string[] {
  const lines = value.split(/\r?\n/).filter((line) => line.length >= SHORTEST_LINE);
  const forms = [value, value.trim(), ...lines, JSON.stringify(value).slice(1, -1), inUrl(value)];
  return forms.filter((form) => form !== '');
}

function inUrl(value: string): string {
  try {
    return encodeURIComponent(value);
  } catch {
    // A lone surrogate, which no URL holds.
    return value;
  }
}
