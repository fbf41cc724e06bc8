import { normalize } from 'node:path/posix';
import ignore from 'ignore';

interface CopiedSource {
  /** Relative to the root, maybe with patterns. */
  readonly source: string;
  /** The whole folder, as in `COPY . .`. */
  readonly isAll: boolean;
  /** Also what lies below it. */
  readonly matches: (path: string) => boolean;
}

export type CopiedSources = readonly CopiedSource[];

/** What a Dockerfile copies out of the source with COPY and ADD; nothing of other stages and of the network. */
export function copiedBy(dockerfile: string): CopiedSources {
  const lines = dockerfile
    .replaceAll(/^\s*#.*$\r?\n?/gm, '')
    .replaceAll(/\\[ \t]*\r?\n/g, ' ')
    .split(/\r?\n/);
  return lines.flatMap(sourcesIn).map(copiedSource);
}

function sourcesIn(line: string): readonly string[] {
  const [, flags = '', rest = ''] = /^\s*(?:COPY|ADD)\s+((?:--\S+\s+)*)(.*)$/i.exec(line) ?? [];
  if (/--from=/.test(flags)) return [];
  return wordsOf(rest)
    .slice(0, -1)
    .filter((word) => !word.startsWith('<<') && !/^(?:[a-z]+:\/\/|git@)/i.test(word));
}

function wordsOf(text: string): readonly string[] {
  if (!text.trim().startsWith('[')) return text.trim().split(/\s+/);
  try {
    const words: unknown = JSON.parse(text);
    return Array.isArray(words) ? words.map(String) : [];
  } catch {
    return [];
  }
}

/** A variable may stand for anything. */
function copiedSource(word: string): CopiedSource {
  const path = normalize(word.replaceAll(/\$\{[^}]*\}|\$\w+/g, '*')).replace(/^(?:\.\.\/|\/)+|\/+$/g, '');
  const isAll = ['', '.', '*', '**'].includes(path);
  const patterns = ignore({ ignorecase: false, allowRelativePaths: true }).add(isAll ? '*' : `/${path}`);
  return { source: path, isAll, matches: (name) => patterns.ignores(name.replace(/\/$/, '')) };
}
