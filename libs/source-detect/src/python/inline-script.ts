import type { TomlTable } from 'smol-toml';
import { SourceRefusal } from '../refusal.js';
import { presentOf, type SourceTree } from '../source-tree.js';
import { dependenciesOf } from './dependencies.js';
import { type Installation, NOTHING, pipInstall } from './installing.js';
import { PYTHON_MANIFESTS } from './manifests.js';
import { parsedToml, textsAt, valueAt } from './toml.js';

/** A script that says at its top what it needs. */
export interface InlineScript {
  readonly path: string;
  readonly metadata: TomlTable;
}

/** @see https://packaging.python.org/en/latest/specifications/inline-script-metadata/ */
const BLOCK = /^# \/\/\/ script[ \t]*\r?\n((?:#(?: .*)?\r?\n)+)# \/\/\/[ \t]*\r?$/m;

const blockIn = (text: string): string | undefined =>
  BLOCK.exec(text)?.[1]?.replaceAll(/^# ?/gm, '').replaceAll('\r', '');

/** Those of several that people start. */
const FIRST = ['main.py', 'app.py', 'server.py', 'run.py', 'bot.py', 'worker.py'];

/** Scripts at the root that have such a block. */
export const inlineScripts = (tree: SourceTree): readonly string[] =>
  tree.paths.filter((path) => /^[^/]+\.py$/.test(path) && blockIn(tree.text(path) ?? '') !== undefined);

/**
 * The script whose block says what is installed; undefined where a manifest says it. Among several it is the one that
 * `command` names, else the one of a usual name.
 * @throws SourceRefusal where several might be started
 */
export function inlineScriptOf(
  tree: SourceTree,
  command: readonly string[] | undefined,
): InlineScript | undefined {
  if (presentOf(tree, PYTHON_MANIFESTS).length > 0) return undefined;
  const scripts = inlineScripts(tree);
  const [first, ...others] = scripts;
  if (first === undefined) return undefined;
  const path =
    scripts.find((each) => command?.includes(each)) ??
    FIRST.find((each) => scripts.includes(each)) ??
    (others.length === 0 ? first : undefined);
  if (path === undefined) throw severalScripts(scripts);
  return { path, metadata: parsedToml(`the block of ${path}`, blockIn(tree.text(path) ?? '') ?? '') };
}

/** @throws SourceRefusal where it names packages as only uv can */
export function byInlineScript({ path, metadata }: InlineScript): Installation {
  if (valueAt(metadata, ['tool', 'uv', 'sources']) !== undefined) throw forUvAlone(path);
  const packages = textsAt(metadata, ['dependencies']);
  return {
    ...NOTHING,
    found: [{ what: 'pip', by: `the script block of ${path}` }],
    steps: packages.length === 0 ? [] : [pipInstall(packages)],
    dependencies: dependenciesOf(packages),
    packages: packages.map((each) => [path, each] as const),
  };
}

const severalScripts = (scripts: readonly string[]): SourceRefusal =>
  new SourceRefusal({
    field: 'command',
    why: `${scripts.join(', ')} each say what they need, and nothing shows which one is started`,
    hint: `Name it, such as "python ${scripts[0]}".`,
  });

const forUvAlone = (path: string): SourceRefusal =>
  new SourceRefusal({
    field: 'install',
    why: `the block of ${path} has [tool.uv.sources], which only uv run reads`,
    hint: 'Write the address into dependencies, such as "shop @ https://example.org/shop.whl", or add a pyproject.toml.',
  });
