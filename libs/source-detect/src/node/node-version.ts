import type { VersionWish } from '../build-plan.js';
import type { SourceTree } from '../source-tree.js';
import type { PackageJson } from './package-json.js';

/** Each even major has a name while it is supported for long. */
const LONG_TERM: Readonly<Record<string, string>> = {
  argon: '4',
  boron: '6',
  carbon: '8',
  dubnium: '10',
  erbium: '12',
  fermium: '14',
  gallium: '16',
  hydrogen: '18',
  iron: '20',
  jod: '22',
  krypton: '24',
};

/**
 * The version of Node.js that the source names. engines first: it says what the source runs on, while the others pin
 * what its authors work with.
 */
export function nodeVersion(tree: SourceTree, root: PackageJson | undefined): VersionWish | undefined {
  const ofTools = /^(?:nodejs|node)\s+(\S+)/m.exec(tree.text('.tool-versions') ?? '')?.[1];
  const named: readonly (readonly [text: string | undefined, by: string])[] = [
    [root?.engines['node'], 'engines of package.json'],
    [firstLine(tree.text('.nvmrc')), '.nvmrc'],
    [firstLine(tree.text('.node-version')), '.node-version'],
    [root?.volta['node'], 'volta of package.json'],
    [ofTools, '.tool-versions'],
  ];
  const [wish] = named.flatMap(([text, by]) => {
    const version = text === undefined ? undefined : versionIn(text);
    return version === undefined ? [] : [{ text: version, by, scheme: 'semver' as const }];
  });
  return wish;
}

const firstLine = (text: string | undefined): string | undefined =>
  text
    ?.split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .find((line) => line !== '');

/**
 * The range that a text names; undefined where any will do. A pin names its major alone: that is what base images are
 * told apart by, and within it nothing breaks.
 */
function versionIn(text: string): string | undefined {
  const range = text.trim();
  if (/^v?\d+(?:\.\d+){0,2}$/.test(range)) return /\d+/.exec(range)?.[0];
  const name = /^lts\/([a-z]+)$/i.exec(range)?.[1]?.toLowerCase() ?? range.toLowerCase();
  if (Object.hasOwn(LONG_TERM, name)) return LONG_TERM[name];
  return /\d/.test(range) && !/^lts\//i.test(range) ? range : undefined;
}
