import type { SourceTree } from './source-tree.js';

/** By type of process, its command line. `web` serves a port, `worker` none, `release` runs before a release. */
export function procfileOf(tree: SourceTree): ReadonlyMap<string, string> {
  const lines = (tree.text('Procfile') ?? '').split(/\r?\n/);
  const entries = lines.map((line) => /^([A-Za-z0-9_-]+)\s*:\s*(.*\S)\s*$/.exec(line));
  return new Map(entries.flatMap((entry) => (entry === null ? [] : [[entry[1] ?? '', entry[2] ?? '']])));
}
