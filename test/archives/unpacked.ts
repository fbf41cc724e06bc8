import { mkdir, mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { type ArchiveLimits, extractArchive, type UnpackedSource } from '#libs/archive';
import { LIMITS, type Tree } from './archive-case.js';

interface Unpacked {
  /** What was unpacked, or the error. */
  readonly result: UnpackedSource | Error;
  /** What is there now, also after an error. */
  readonly tree: Tree;
  /** Where it lies until dispose(). */
  readonly directory: string;
  /** What stands beside the directory that it was to stay in. */
  readonly outside: readonly string[];
  dispose(): Promise<void>;
}

/** Unpacks an archive deep within a folder of its own, so that what climbs out of it is found there. */
export async function unpackForTest(
  archive: Buffer,
  options: { readonly allowSymlinks?: boolean; readonly limits?: ArchiveLimits } = {},
): Promise<Unpacked> {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-corpus-'));
  const directory = join(folder, 'a', 'b', 'c', 'out');
  await mkdir(directory, { recursive: true });
  await writeFile(join(folder, 'source.zip'), archive);
  const result = await extractArchive(
    join(folder, 'source.zip'),
    directory,
    options.limits ?? LIMITS,
    options,
  ).catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))));
  const all = Object.keys(await treeOf(folder));
  return {
    result,
    directory,
    tree: await treeOf(directory),
    outside: all.filter(
      (path) => !path.startsWith('a/b/c/out/') && !['source.zip', 'a/', 'a/b/', 'a/b/c/'].includes(path),
    ),
    dispose: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Content as latin1, so that it holds any bytes. */
export async function treeOf(directory: string): Promise<Tree> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const found = await Promise.all(
    entries.map(async (entry): Promise<[string, string]> => {
      const path = join(entry.parentPath, entry.name);
      const name = relative(directory, path);
      if (entry.isDirectory()) return [`${name}/`, ''];
      if (entry.isSymbolicLink()) return [name, `-> ${await readlink(path)}`];
      return [name, await readFile(path, 'latin1')];
    }),
  );
  return Object.fromEntries(found);
}
