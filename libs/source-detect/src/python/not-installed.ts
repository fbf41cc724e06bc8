import { SourceRefusal } from '../refusal.js';
import { presentOf, type SourceTree } from '../source-tree.js';
import { FRAMEWORKS, imports } from './frameworks.js';
import type { Installation } from './installing.js';
import { modulesOf } from './modules.js';

const CONDA = ['environment.yml', 'environment.yaml'];

/** `Requirements.txt`, `requirement.txt`, `requirements.in`: pip is told of none of them. */
const ALMOST = /^requirements?(?:\.(?:txt|in))?$/i;

/**
 * Refuses an app whose framework nobody installs: it would be built, and end with a missing module.
 * @throws SourceRefusal which names the file that imports it
 */
export function refuseNotInstalled(tree: SourceTree, { steps }: Installation): void {
  if (steps.length > 0) return;
  const using = modulesOf(tree, false).flatMap(({ path, text }) =>
    FRAMEWORKS.filter(({ module }) => imports(text, module)).map(({ module }) => ({
      path,
      name: module.split('.')[0] ?? module,
    })),
  );
  const missing = using.find(({ name }) => !isOwn(tree, name));
  if (missing === undefined) return;
  throw new SourceRefusal({
    field: 'install',
    why: whyMissing(tree, `${missing.path} imports ${missing.name}`),
    hint: `Name ${missing.name} and the other packages in a requirements.txt, or write what installs them.`,
  });
}

function whyMissing(tree: SourceTree, imported: string): string {
  const [conda] = presentOf(tree, CONDA);
  if (conda !== undefined) return `${conda} is Conda's, which is not used here, and ${imported}`;
  const almost = tree.paths.find((path) => ALMOST.test(path));
  if (almost !== undefined)
    return `${imported}, and ${almost} is not read: the file of pip is called requirements.txt`;
  return `${imported}, and no requirements.txt, pyproject.toml, Pipfile or setup.py says what is installed`;
}

/** It lies in the source itself, as Bottle is often shipped. */
const isOwn = ({ paths }: SourceTree, name: string): boolean =>
  paths.some((path) => path.endsWith(`${name}.py`) || path.endsWith(`${name}/__init__.py`));
