import type { ServiceConfig } from '#libs/contracts';
import type { Finding } from './build-plan.js';
import { hasFile, type SourceTree } from './source-tree.js';

const PROCFILE = 'Procfile';

/** By type of process, its command line. `web` serves a port, `worker` none, `release` runs before a release. */
export function procfileOf(tree: SourceTree): ReadonlyMap<string, string> {
  const lines = (tree.text(PROCFILE) ?? '').split(/\r?\n/);
  const entries = lines.map((line) => /^([A-Za-z0-9_-]+)\s*:\s*(.*\S)\s*$/.exec(line));
  return new Map(entries.flatMap((entry) => (entry === null ? [] : [[entry[1] ?? '', entry[2] ?? '']])));
}

/**
 * What of a Procfile this service does not run: said, since somebody expects it to.
 * @param isStarted whether the service starts a process, by its type and its command line
 */
export function unusedProcesses(
  tree: SourceTree,
  { release }: Pick<ServiceConfig, 'release'>,
  isStarted: (type: string, line: string) => boolean,
): readonly Finding[] {
  const procfile = procfileOf(tree);
  const others = [...procfile]
    .filter(([type, line]) => type !== 'release' && !isStarted(type, line))
    .map(([type]) => type);
  return [
    ...(procfile.has('release') && release === undefined
      ? [{ what: 'its release process is run only where `release` of config.json says it', by: PROCFILE }]
      : []),
    ...(others.length === 0 ? [] : [{ what: `not started here: ${others.join(', ')}`, by: PROCFILE }]),
  ];
}

/** Whether two commands are the same, word by word. */
export const isSameCommand = (a: readonly string[] | undefined, b: readonly string[] | undefined): boolean =>
  JSON.stringify(a) === JSON.stringify(b);

/** A file that was meant as the Procfile, and that nothing reads: said, since somebody expects its processes. */
export function misnamedProcfile(tree: SourceTree): readonly Finding[] {
  if (hasFile(tree, PROCFILE)) return [];
  const meant = tree.paths.find((path) => /^procfile(?:\.txt)?$/i.test(path));
  return meant === undefined ? [] : [{ what: `${meant} is not read: the file is called ${PROCFILE}` }];
}
