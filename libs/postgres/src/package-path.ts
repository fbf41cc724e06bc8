import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder that holds package.json, from sources and from dist alike. */
function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) {
    if (dirname(folder) === folder) throw new Error('no package.json above this file');
    folder = dirname(folder);
  }
  return folder;
}

/** A file of the package by its path from the root. SQL files are read where they lie: the build does not copy them. */
export function packagePath(path: string): string {
  return join(packageRoot(), path);
}
