import { SourceRefusal } from '../refusal.js';
import type { SourceTree } from '../source-tree.js';
import type { Installation } from './installing.js';

/** As pip writes it (`git+https://`), uv, Poetry and pdm (`git = "https://"`), and the lock files of all. */
const NAMED =
  /\bgit\+(?:https?|ssh|git|file):\/\/|\bgit\s*=\s*["']|\bvcs\s*=\s*\{[^}]*type\s*=\s*["']git["']/;
const BY_KEY = /\bgit\+ssh:\/\/|\bgit\s*=\s*["'](?:ssh:\/\/|git@)/;

/**
 * The file that names packages by addresses of git; undefined where none does.
 * @throws SourceRefusal where one of them needs a key, which no build has
 */
export function namesGit(tree: SourceTree, { manifests, packages = [] }: Installation): string | undefined {
  const texts = [
    ...manifests.map((path) => [path, withoutComments(tree.text(path) ?? '')] as const),
    ...packages.map(([by, text]) => [by, text] as const),
  ];
  const byKey = texts.find(([, text]) => BY_KEY.test(text));
  if (byKey !== undefined) throw needsKey(byKey[0]);
  return texts.find(([, text]) => NAMED.test(text))?.[0];
}

const withoutComments = (text: string): string => text.replaceAll(/(?:^|\s)#.*$/gm, '');

const needsKey = (path: string): SourceRefusal =>
  new SourceRefusal({
    field: 'install',
    why: `${path} names a package by git over ssh, and a build has no key`,
    hint: 'Name it by https, or push it along as a folder or a wheel.',
  });
