import { hasFile, type SourceTree } from '../source-tree.js';

const ENDINGS = [
  '.config.ts',
  '.config.js',
  '.config.mjs',
  '.config.mts',
  '.config.cjs',
  '.js',
  '.cjs',
  '.mjs',
];

/** The text of a tool's configuration without its comments, `vite` for `vite.config.ts`; empty where there is none. */
export function configOf(tree: SourceTree, tool: string): string {
  const path = ENDINGS.map((ending) => `${tool}${ending}`).find((each) => hasFile(tree, each));
  const text = path === undefined ? '' : (tree.text(path) ?? '');
  // An address in a text looks like a comment: only what follows a blank or a line's begin is one.
  return text.replaceAll(/\/\*[^]*?\*\//g, '').replaceAll(/(^|\s)\/\/.*$/gm, '$1');
}
