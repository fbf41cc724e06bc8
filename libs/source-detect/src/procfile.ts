import type { Finding } from './build-plan.js';
import { hasFile, type SourceTree } from './source-tree.js';

const PROCFILE = 'Procfile';

/** By type of process, its command line. `web` serves a port, `worker` none, `release` runs before a release. */
export function procfileOf(tree: SourceTree): ReadonlyMap<string, string> {
  const lines = (tree.text(PROCFILE) ?? '').split(/\r?\n/);
  const entries = lines.map((line) => /^([A-Za-z0-9_-]+)\s*:\s*(.*\S)\s*$/.exec(line));
  return new Map(entries.flatMap((entry) => (entry === null ? [] : [[entry[1] ?? '', entry[2] ?? '']])));
}

/** A file that was meant as the Procfile, and that nothing reads: said, since somebody expects its processes. */
export function misnamedProcfile(tree: SourceTree): readonly Finding[] {
  if (hasFile(tree, PROCFILE)) return [];
  const meant = tree.paths.find((path) => /^procfile(?:\.txt)?$/i.test(path));
  return meant === undefined ? [] : [{ what: `${meant} is not read: the file is called ${PROCFILE}` }];
}
