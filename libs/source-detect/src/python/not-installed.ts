import { SourceRefusal } from '../refusal.js';
import { presentOf, type SourceTree } from '../source-tree.js';
import { FRAMEWORKS, imports } from './frameworks.js';
import type { Installation } from './installing.js';
import { modulesOf } from './modules.js';

const CONDA = ['environment.yml', 'environment.yaml'];

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
  const [conda] = presentOf(tree, CONDA);
  throw new SourceRefusal({
    field: 'install',
    why:
      conda === undefined
        ? `${missing.path} imports ${missing.name}, and no requirements.txt, pyproject.toml, Pipfile or setup.py says what is installed`
        : `${conda} is Conda's, which is not used here, and ${missing.path} imports ${missing.name}`,
    hint: `Name ${missing.name} and the other packages in a requirements.txt, or write what installs them.`,
  });
}

/** It lies in the source itself, as Bottle is often shipped. */
const isOwn = ({ paths }: SourceTree, name: string): boolean =>
  paths.some((path) => path.endsWith(`${name}.py`) || path.endsWith(`${name}/__init__.py`));
