import { SourceRefusal } from '../refusal.js';
import { hasFile, type SourceTree } from '../source-tree.js';
import { refuseMarked } from '../unreadable-text.js';

type Texts = Readonly<Record<string, string>>;

/** What is read of a package.json. A field of another shape than npm's counts as left out. */
export interface PackageJson {
  readonly name?: string;
  readonly main?: string;
  /** `module` makes the files of the package ES modules. */
  readonly type?: string;
  readonly module?: string;
  readonly packageManager?: string;
  readonly scripts: Texts;
  readonly dependencies: Texts;
  readonly devDependencies: Texts;
  readonly engines: Texts;
  readonly volta: Texts;
  readonly workspaces: readonly string[];
  /** `devEngines.packageManager`. */
  readonly wantedManager: Texts;
  /** It has programs (`bin`), which others of its workspace may call. */
  readonly hasPrograms: boolean;
  /** Versions of packages may be others than those that are wanted. */
  readonly overridden: boolean;
  /** Files that change packages: `patchedDependencies` of bun, and of `pnpm`. */
  readonly patches: readonly string[];
}

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;

export const textsOf = (value: unknown): Texts =>
  isObject(value)
    ? Object.fromEntries(
        Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
      )
    : {};

export const stringsOf = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];

/** The package.json of a folder (`''` is the root, else with its slash at the end); undefined where there is none. */
export function packageJsonOf(tree: SourceTree, folder = ''): PackageJson | undefined {
  const path = `${folder}package.json`;
  if (!hasFile(tree, path)) return undefined;
  refuseMarked(tree, path, { tool: 'npm', cannotRead: ['utf-16'], field: 'install' });
  const root = parsed(path, tree.text(path) ?? '');
  const { workspaces, devEngines, pnpm } = root;
  return {
    name: textOf(root['name']),
    main: textOf(root['main']),
    type: textOf(root['type']),
    module: textOf(root['module']),
    packageManager: textOf(root['packageManager']),
    scripts: textsOf(root['scripts']),
    dependencies: { ...textsOf(root['optionalDependencies']), ...textsOf(root['dependencies']) },
    devDependencies: textsOf(root['devDependencies']),
    engines: textsOf(root['engines']),
    volta: textsOf(root['volta']),
    workspaces: stringsOf(isObject(workspaces) ? workspaces['packages'] : workspaces),
    wantedManager: textsOf(isObject(devEngines) ? devEngines['packageManager'] : undefined),
    hasPrograms: textOf(root['bin']) !== undefined || Object.keys(textsOf(root['bin'])).length > 0,
    overridden: root['overrides'] !== undefined,
    patches: [root, isObject(pnpm) ? pnpm : {}].flatMap(({ patchedDependencies }) =>
      Object.values(textsOf(patchedDependencies)),
    ),
  };
}

/** A file without any text is one that npm takes for `{}`. */
function parsed(path: string, text: string): Readonly<Record<string, unknown>> {
  try {
    const root: unknown = text.trim() === '' ? {} : JSON.parse(text);
    if (isObject(root)) return root;
  } catch {
    // Said below: what a parser says of it may hold a part of the file.
  }
  throw new SourceRefusal({
    field: 'runtime',
    why: `${path} is not a JSON object`,
    hint: `Correct ${path}, or name another runtime than node.`,
  });
}

/** Whether the package depends on another, for running or for building. */
export const dependsOn = (
  { dependencies, devDependencies }: Pick<PackageJson, 'dependencies' | 'devDependencies'>,
  name: string,
): boolean => Object.hasOwn(dependencies, name) || Object.hasOwn(devDependencies, name);
