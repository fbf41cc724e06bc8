/** The words of a command; or what in it only a shell could read, never with any of its text. */
export type CommandWords = { readonly words: string[] } | { readonly refusal: string };

/** How a command is written that a shell is to read, as a list and in the older form. */
export const SHELL_ARRAY = '["sh", "-c", "..."]';
export const SHELL_TEXT = "sh -c '...'";

/** What is said of a command that was refused. */
export const shellProblem = (refusal: string, form: string): string =>
  `expected ${refusal}; no shell reads this: quote what is meant as it is, or write ${form}`;

interface Word {
  readonly text: string;
  /** The same with `q` in place of each quoted or escaped character. */
  readonly bare: string;
}

/** Blanks, a single-quoted part, a double-quoted part, an escaped character, characters as they are. */
const PART = /(\s+)|'([^']*)'|"((?:[^"\\]|\\[^])*)"|\\([^])|([^\s'"\\]+)/gy;
const EXPANSION = /`|\$[\w{(@*#?$!-]/;

/**
 * Splits a command as a POSIX shell splits words (Shell Command Language, 2.2), and runs no shell. What a shell would
 * replace or obey is refused, since here it would be an argument.
 */
export function commandWords(text: string): CommandWords {
  const words: Word[] = [];
  let word: Word | undefined;
  let end = 0;
  for (const match of text.matchAll(PART)) {
    end = match.index + match[0].length;
    if (match[1] === undefined) {
      const part = partOf(match);
      if (part === undefined) return { refusal: refusals.expansion };
      word = { text: `${word?.text ?? ''}${part.text}`, bare: `${word?.bare ?? ''}${part.bare}` };
    } else if (word !== undefined) {
      words.push(word);
      word = undefined;
    }
  }
  if (word !== undefined) words.push(word);
  if (end < text.length) return { refusal: refusals.unclosed };
  const refusal = words.map(({ bare }, place) => refusalOf(bare, place === 0)).find(Boolean);
  return refusal === undefined ? { words: words.map((each) => each.text) } : { refusal };
}

/** Undefined where a shell would replace something within double quotes. */
function partOf([, , single, double, escaped, plain]: RegExpExecArray): Word | undefined {
  if (plain !== undefined) return { text: plain, bare: plain };
  if (double !== undefined) {
    if (EXPANSION.test(double.replaceAll(/\\[^]/g, 'q'))) return undefined;
    return quoted(double.replaceAll('\\\n', '').replaceAll(/\\([$`"\\])/g, '$1'));
  }
  return quoted(single ?? (escaped === '\n' ? '' : (escaped ?? '')));
}

const quoted = (text: string): Word => ({ text, bare: 'q'.repeat(text.length) });

const refusals = {
  unclosed: 'every quote closed, and a character behind each backslash',
  expansion: 'no $VARIABLE and no substitution outside single quotes',
  operator: 'no |, &, ;, < or > outside quotes',
  pattern: 'no *, ? or [...] outside quotes',
  start: 'no word that begins with ~, # or ( outside quotes',
  assignment: 'a program first, not a variable (env takes variables)',
  nothing: 'a program first, not an empty word',
} as const;

function refusalOf(bare: string, isFirst: boolean): string | undefined {
  if (isFirst && bare === '') return refusals.nothing;
  if (EXPANSION.test(bare)) return refusals.expansion;
  // A query in an address has these.
  const rest = bare.includes('://') ? bare.replaceAll(/[?&]/g, 'q') : bare;
  if (/[|&;<>]/.test(rest)) return refusals.operator;
  if (isPattern(rest)) return refusals.pattern;
  if (/^(?:~(?:\/|$)|[#(])/.test(bare)) return refusals.start;
  return isFirst && /^[A-Za-z_]\w*=/.test(bare) ? refusals.assignment : undefined;
}

/** `package[extra]`, `.[dev]==1.2`, and an IPv6 address: brackets that no shell finds a file for. */
const EXTRA = /^[\w./-]*[\w.]\[[\w.,-]+\](?=$|[=~@])/;
const IPV6 = /\[(?=[\da-fA-F.]{0,4}:)[\da-fA-F:.]{2,45}\]/;

/** The value of an option, as in `--forwarded-allow-ips=*`, names no files. */
function isPattern(bare: string): boolean {
  if (/^--?[\w-]+=/.test(bare)) return false;
  return /[*?]|\[[^\][]+\]/.test(bare.replace(EXTRA, 'q').replace(IPV6, 'q'));
}
