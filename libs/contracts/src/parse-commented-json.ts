import { JsonError, parseJson } from './parse-json.js';

const STRING = String.raw`"(?:[^"\\\n]|\\.)*"?`;
const COMMENT = new RegExp(String.raw`${STRING}|\/\/[^\n]*|\/\*(?:[^]*?\*\/|[^]*)`, 'g');
/** Behind a value and before the end of what holds it. */
const LAST_COMMA = new RegExp(String.raw`${STRING}|(?<=[^\s[{,:]\s*),(?=\s*[}\]])`, 'g');

/** Blanks instead of comments and last commas, so that every other character keeps its place. */
function withoutComments(text: string): string {
  const bare = text.replace(COMMENT, (token) => (isComment(token) ? token.replace(/[^\n]/g, ' ') : token));
  return bare.replace(LAST_COMMA, (token) => (token === ',' ? ' ' : token));
}

/** One that is never closed is a fault, at its place. */
const isComment = (token: string): boolean =>
  token.startsWith('//') || (token.startsWith('/*') && token.length > 3 && token.endsWith('*/'));

/**
 * JSON as people write it into files: with comments and a comma behind the last of a list. A key that stands twice in an
 * object is refused, since one of the two would be ignored.
 * @throws JsonError
 */
export function parseCommentedJson(text: string): unknown {
  const bare = withoutComments(text);
  const value = parseJson(bare);
  const twice = secondOfTwo(bare);
  if (twice !== undefined) throw JsonError.at(text, twice, 'a key that stands twice');
  return value;
}

const TOKEN = /[{}[\],]|"(?:[^"\\]|\\.)*"/g;

/** Where a key stands that its object has already. The text is JSON. */
function secondOfTwo(text: string): number | undefined {
  const open: (Set<unknown> | undefined)[] = [];
  let isKey = false;
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    if (token === '{' || token === '[') open.push(token === '{' ? new Set() : undefined);
    else if (token === '}' || token === ']') open.pop();
    const keys = open.at(-1);
    if (token.startsWith('"') && isKey && keys !== undefined) {
      const key: unknown = JSON.parse(token);
      if (keys.has(key)) return index;
      keys.add(key);
    }
    isKey = token === '{' || token === ',';
  }
  return undefined;
}
