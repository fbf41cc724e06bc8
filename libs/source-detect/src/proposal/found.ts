import type { SourceTree } from '../source-tree.js';

/** Something that was found out. */
export interface Found<T> {
  readonly value: T;
  /** By what: `server.js, line 12`. Undefined where nothing says it, and it is the usual one. */
  readonly by?: string;
}

const CODE = /\.(?:[cm]?[jt]s|py|go|rb|rs|java|kt|php)$/;
/** What does not run when the service does. */
const ASIDE =
  /(?:^|\/)(?:node_modules|dist|build|out|vendor|tests?|__tests__|specs?|e2e|examples?|docs?|scripts|migrations|public|static)\/|[._-](?:test|spec|config)\.|\.d\.ts$|(?:^|\/)(?:test_|conftest)/;
const ENTRY =
  /^(?:src\/|app\/)?(?:server|index|main|app|wsgi|asgi|run|manage|www|bin\/www|application|__main__)\.\w+$/;
/** Nobody's entry lies behind so many others. */
const MOST_FILES = 400;

const depthOf = (path: string): number => path.split('/').length;

/** Files of code, those that a service is likely to begin with first. */
export function codeFiles({ paths }: SourceTree): readonly string[] {
  const rank = (path: string): number => (ENTRY.test(path) ? 0 : depthOf(path));
  return paths
    .filter((path) => (CODE.test(path) && !ASIDE.test(path)) || path === 'bin/www')
    .sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))
    .slice(0, MOST_FILES);
}

/** The first match of the patterns, in their order, in a text; its first group. Comments count for nothing. */
export function firstMatch(
  text: string,
  patterns: readonly RegExp[],
): { readonly group: string; readonly line: number } | undefined {
  const code = text.replace(/^[ \t]*(?:\/\/|#|\*|--).*$/gm, '');
  for (const pattern of patterns) {
    const match = pattern.exec(code);
    const group = match?.slice(1).find((one) => one !== undefined);
    if (match !== null && group !== undefined)
      return { group, line: code.slice(0, match.index + match[0].lastIndexOf(group)).split('\n').length };
  }
  return undefined;
}
