import type { SourceTree } from '../source-tree.js';

/** The command of a process in a Procfile: `web` serves a port, `worker` none. */
export function procfileOf(tree: SourceTree, name: 'web' | 'worker'): string | undefined {
  const text = tree.text('Procfile') ?? '';
  return new RegExp(`^${name}[ \\t]*:[ \\t]*(\\S.*?)[ \\t]*\\r?$`, 'm').exec(text)?.[1];
}
