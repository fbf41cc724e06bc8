import type { VersionWish } from '../build-plan.js';
import { isPep440Range } from '../pep440.js';
import type { SourceTree } from '../source-tree.js';
import { textAt } from './toml.js';
import type { InlineScript } from './inline-script.js';
import type { Manifests } from './manifests.js';

type Scheme = NonNullable<VersionWish['scheme']>;
type Place = readonly [by: string, scheme: Scheme, text: string | undefined];

const firstLine = (text: string | undefined, pattern: RegExp): string | undefined =>
  text
    ?.split(/\r?\n/)
    .map((line) => pattern.exec(line.replace(/#.*$/, '').trim())?.[1])
    .find((found) => found !== undefined);

const EXACT = /^(?:c?python-?)?v?(\d+(?:\.\d+){0,2})$/i;

/** Where people write the version of Python, what is meant for the one who deploys first. */
function placesOf(
  tree: SourceTree,
  manifests: Manifests,
  script: InlineScript | undefined,
): readonly Place[] {
  const { pyproject, pipfile, pylock, setupCfg, setupPy } = manifests;
  const inPipfile = (key: string) => textAt(pipfile, ['requires', key]);
  const full = inPipfile('python_full_version');
  return [
    ['.python-version', 'exact', firstLine(tree.text('.python-version'), EXACT)],
    ['runtime.txt', 'exact', firstLine(tree.text('runtime.txt'), EXACT)],
    [
      '.tool-versions',
      'exact',
      firstLine(tree.text('.tool-versions'), /^python\s+(\d+(?:\.\d+){0,2})(?:\s|$)/),
    ],
    ['python_full_version of Pipfile', 'exact', full],
    [
      'python_version of Pipfile',
      /^\d/.test(inPipfile('python_version') ?? '') ? 'exact' : 'pep440',
      inPipfile('python_version'),
    ],
    ['requires-python of pyproject.toml', 'pep440', textAt(pyproject, ['project', 'requires-python'])],
    ['python of pyproject.toml', 'pep440', textAt(pyproject, ['tool', 'poetry', 'dependencies', 'python'])],
    [
      'python_requires of setup.cfg',
      'pep440',
      /^\s*python_requires\s*=\s*(.+)$/m.exec(setupCfg)?.[1]?.trim(),
    ],
    ['python_requires of setup.py', 'pep440', /python_requires\s*=\s*["']([^"']+)["']/.exec(setupPy)?.[1]],
    ['requires-python of its lock file', 'pep440', textAt(pylock, ['requires-python'])],
    [`requires-python of ${script?.path}`, 'pep440', script && textAt(script.metadata, ['requires-python'])],
  ];
}

/** The version that the source asks for; one that cannot be read asks for nothing. */
export function pythonVersionOf(
  tree: SourceTree,
  manifests: Manifests,
  script?: InlineScript,
): VersionWish | undefined {
  for (const [by, scheme, text] of placesOf(tree, manifests, script)) {
    if (text !== undefined && isPep440Range(text) && text !== '*') return { text, by, scheme };
  }
  return undefined;
}
