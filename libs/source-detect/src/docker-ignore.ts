import { ANYTHING, exactly, fitsGlob, FOLDERS, type GlobPart, WITHIN_NAME } from './glob.js';

/** Whether docker build would leave a path of the source out of what it sends. */
export type Ignores = (path: string) => boolean;

interface Rule {
  readonly pattern: string;
  readonly parts: readonly GlobPart[];
  readonly isException: boolean;
}

/**
 * What a .dockerignore names: patterns of Go's filepath.Match with `**`, from the root of the source, of which the last
 * one that fits counts, also where it fits a folder above. The Dockerfile is sent all the same.
 * @see https://docs.docker.com/build/concepts/context/#dockerignore-files
 */
export function dockerIgnores(text: string, dockerfile: string): Ignores {
  const rules = rulesOf(text);
  return (path) => {
    if (path === dockerfile) return false;
    const paths = withFolders(path);
    const last = rules.findLast(({ parts }) => paths.some((one) => fitsGlob(parts, one)));
    return last !== undefined && !last.isException;
  };
}

/** What a .dockerignore brings back, each a path that may have patterns in it. */
export const dockerExceptions = (text: string): readonly string[] =>
  rulesOf(text)
    .filter(({ isException }) => isException)
    .map(({ pattern }) => pattern);

const rulesOf = (text: string): readonly Rule[] => text.split(/\r?\n/).flatMap(ruleOf);

/** `a/b/c` and the folders that it lies in. */
const withFolders = (path: string): readonly string[] =>
  path.split('/').map((_, index, parts) => parts.slice(0, index + 1).join('/'));

function ruleOf(line: string): readonly Rule[] {
  if (line.startsWith('#')) return [];
  const written = line.trim();
  const isException = written.startsWith('!');
  const pattern = cleaned(isException ? written.slice(1).trim() : written);
  return pattern === '' ? [] : [{ pattern, parts: partsOf(pattern), isException }];
}

/** As Go's filepath.Clean: without `.`, empty and climbing parts. */
function cleaned(pattern: string): string {
  const parts: string[] = [];
  for (const part of pattern.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts.join('/');
}

/** In this order: what is escaped, any folders, anything, within one name, one character, one of a set. */
const TOKENS = /\\(.)|\*\*\/|\*\*|\*|\?|\[(\^?)((?:\\.|[^\]\\])+)\]|[^]/gu;

const partsOf = (pattern: string): readonly GlobPart[] =>
  [...pattern.matchAll(TOKENS)].map(([token, escaped, not, set]) => {
    if (escaped !== undefined) return exactly(escaped);
    if (token === '**/') return FOLDERS;
    if (token === '**') return ANYTHING;
    if (token === '*') return WITHIN_NAME;
    if (token === '?') return { kind: 'one', fits: (character) => character !== '/' };
    return set === undefined
      ? exactly(token)
      : oneOf(`[${not ?? ''}${set.replaceAll(/[[^]/g, String.raw`\$&`)}]`);
  });

function oneOf(set: string): GlobPart {
  try {
    const pattern = new RegExp(`^${set}$`, 'su');
    return { kind: 'one', fits: (character) => pattern.test(character) };
  } catch {
    // A set such as [z-a] holds nothing.
    return { kind: 'one', fits: () => false };
  }
}
