import type { BuildPlan } from './build-plan.js';
import { SourceRefusal } from './refusal.js';
import { hasFile, type SourceTree } from './source-tree.js';
import { WORKDIR } from './steps.js';

/** Programs that run a file of the source, and how such files end. */
const RUNS: readonly (readonly [program: RegExp, files: RegExp])[] = [
  [/^(?:node|bun|tsx|ts-node)$/, /\.[cm]?[jt]s$/],
  [/^python[\d.]*$/, /\.py$/],
  [/^(?:sh|bash)$/, /\.sh$/],
];

/**
 * Refuses a service whose first file is neither in the source nor made by a build: its image would end at once. The same
 * of the file that its `release` command runs.
 * @throws SourceRefusal which names the file
 */
export function refuseMissingEntry(tree: SourceTree, plan: BuildPlan, release?: readonly string[]): void {
  if (plan.kind !== 'steps' || mayMakeFiles(plan)) return;
  const lacking = (command: readonly string[] = []): string | undefined => {
    const path = fileOf(command);
    return path === undefined || hasFile(tree, path) ? undefined : path;
  };
  const path = lacking(plan.command);
  const other = tree.paths.find((one) => one.toLowerCase() === path?.toLowerCase());
  if (path !== undefined) throw other === undefined ? missing(path) : otherCapitals(path, other);
  const ofRelease = lacking(release);
  if (ofRelease !== undefined) throw missingOfRelease(ofRelease);
}

/** An installation with the whole source may run its scripts. */
const mayMakeFiles = ({
  build,
  install,
  installNeedsSource,
}: Extract<BuildPlan, { kind: 'steps' }>): boolean =>
  build.length > 0 || (installNeedsSource && install.length > 0);

/** The file that a command runs, relative to the source; undefined where it runs none, or one outside of it. */
function fileOf(command: readonly string[]): string | undefined {
  const words = command[0] === 'env' ? command.slice(1).filter((word) => !/^\w+=/.test(word)) : command;
  const [program = '', ...rest] = words;
  const [, files] = RUNS.find(([one]) => one.test(program)) ?? [];
  // What stands behind an option may be its value.
  const [word = ''] = rest;
  if (files === undefined || !files.test(word)) return undefined;
  const path = word.startsWith(`${WORKDIR}/`)
    ? word.slice(WORKDIR.length + 1)
    : word.replace(/^(?:\.\/)+/, '');
  return path.startsWith('/') || path.split('/').includes('..') ? undefined : path;
}

const otherCapitals = (path: string, other: string): SourceRefusal =>
  new SourceRefusal({
    field: 'command',
    why: `${path} starts it, and the source has ${other}: capital letters count`,
    hint: 'Write the same name in both places.',
  });

const missingOfRelease = (path: string): SourceRefusal =>
  new SourceRefusal({
    field: 'release',
    why: `it runs ${path}, which is neither in the source nor made by a build`,
    hint: 'Correct its path; capital letters count. `slipway push` and `slipway deploy` say what they left out, and by which file.',
  });

const missing = (path: string): SourceRefusal =>
  new SourceRefusal({
    field: 'build',
    why: `${path} starts it, and is neither in the source nor made by a build`,
    hint: 'Name in build what makes it, or push it too: `slipway push` and `slipway deploy` say what they left out, and by which file. If another file starts the service, name it in command.',
  });
