/** Holds `$` itself: nginx takes no other way of writing it in a text with variables. */
export const DOLLAR = 'geo $dollar { default "$"; }';

/** A text of somebody as one word of nginx's configuration: it ends nowhere before its end, and names no variable. */
export const quoted = (text: string): string =>
  `"${text.replaceAll(/[\\"]/g, String.raw`\$&`).replaceAll('$', '${dollar}')}"`;

/** A regular expression as one word. Where one stands, nginx looks for no variables. */
export const quotedRegex = (source: string): string => `"~${source.replaceAll(/[\\"]/g, String.raw`\$&`)}"`;

/** Matches the text itself. */
export const literal = (text: string): string => text.replaceAll(/[\\^$.|?*+()[\]{}/-]/g, String.raw`\$&`);

/** Matches the pattern of a path, where `*` is any text. */
export const patternRegex = (pattern: string): string => `^${pattern.split('*').map(literal).join('.*')}$`;
