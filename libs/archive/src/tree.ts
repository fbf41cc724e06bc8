import { createReadStream, type Dirent, readFileSync } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { pack, type Pack } from 'tar-stream';
import { type SourceTree, treeReading } from '#libs/source-detect';
import { foldersAbove } from './folders-above.js';
import { DIRECTORY_MODE, EXECUTABLE_MODE, FILE_MODE, LINK_MODE, SourceHash } from './source-hash.js';

interface TreeEntry {
  readonly path: string;
  readonly absolute: string;
  readonly mode: number;
  readonly bytes: number;
  /** Where a symbolic link points to; it is never followed. */
  readonly target?: string;
}

/** Every file, link and empty folder below a folder, sorted by path, so that the same tree is always read the same. */
async function entriesOf(directory: string): Promise<TreeEntry[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const filled = new Set(entries.map(({ parentPath }) => parentPath));
  const isKept = (entry: Dirent): boolean =>
    entry.isFile() ||
    entry.isSymbolicLink() ||
    (entry.isDirectory() && !filled.has(join(entry.parentPath, entry.name)));
  const all = await Promise.all(
    entries.filter(isKept).map((entry) => treeEntry(directory, join(entry.parentPath, entry.name))),
  );
  return all.sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function treeEntry(directory: string, absolute: string): Promise<TreeEntry> {
  const path = relative(directory, absolute);
  const found = await lstat(absolute);
  if (found.isSymbolicLink()) {
    const target = await readlink(absolute);
    return { path, absolute, mode: LINK_MODE, bytes: Buffer.byteLength(target), target };
  }
  if (found.isDirectory()) return { path, absolute, mode: DIRECTORY_MODE, bytes: 0 };
  const mode = (found.mode & 0o111) === 0 ? FILE_MODE : EXECUTABLE_MODE;
  return { path, absolute, mode, bytes: found.size };
}

const isFolder = ({ mode }: TreeEntry): boolean => mode === DIRECTORY_MODE;

/** What lies below a folder: its names now, its texts as they are asked for. A link is never followed. */
export async function folderTree(directory: string): Promise<SourceTree> {
  const files = (await entriesOf(directory)).filter((entry) => !isFolder(entry));
  return treeReading(
    new Map(
      files.map(({ path, absolute, bytes, target }) => [
        path,
        { bytes: () => (target === undefined ? bytes : undefined), read: () => readFileSync(absolute) },
      ]),
    ),
  );
}

/**
 * sha256 (hex) over the path, executable bit and content of every file, and the path of every empty folder: the same
 * source, however it was zipped, is the same digest.
 */
export async function sourceDigest(directory: string): Promise<string> {
  const hash = new SourceHash();
  for (const entry of await entriesOf(directory)) {
    const { path, mode, bytes, absolute, target } = entry;
    hash.begin(path, mode, bytes);
    if (isFolder(entry)) continue;
    if (target !== undefined) hash.add(Buffer.from(target));
    else for await (const chunk of createReadStream(absolute)) hash.add(chunk as Buffer);
  }
  return hash.digest();
}

export interface PackOptions {
  /** These win over the tree's own. */
  readonly extraFiles?: Readonly<Record<string, string>>;
  /** What is left out. */
  readonly ignores?: (path: string) => boolean;
}

/** A build context: the tree as a tar with fixed times and owners. */
export function packDirectory(directory: string, options: PackOptions = {}): Readable {
  const tar = pack();
  fill(tar, directory, options).then(
    () => tar.finalize(),
    (error: unknown) => tar.destroy(error instanceof Error ? error : new Error(String(error))),
  );
  // tar-stream's streams are streamx's; what reads a context expects Node's.
  return Readable.from(tar);
}

async function fill(
  tar: Pack,
  directory: string,
  { extraFiles = {}, ignores = () => false }: PackOptions,
): Promise<void> {
  const mtime = new Date(0);
  const entries = await entriesOf(directory);
  const kept = entries.filter(({ path }) => !Object.hasOwn(extraFiles, path) && !ignores(path));
  for (const folder of foldersOf(entries, kept, ignores))
    tar.entry({ name: folder, type: 'directory', mode: 0o755, mtime });
  for (const entry of kept) {
    const { path: name, mode, bytes: size, absolute, target } = entry;
    if (isFolder(entry)) continue;
    if (target !== undefined) tar.entry({ name, type: 'symlink', linkname: target, mtime });
    else await pipeline(createReadStream(absolute), tar.entry({ name, mode, size, mtime }));
  }
  for (const [name, text] of Object.entries(extraFiles)) tar.entry({ name, mode: 0o644, mtime }, text);
}

/** Folders that hold nothing of what is packed: empty ones, and those of which all else is left out. */
function foldersOf(
  entries: readonly TreeEntry[],
  kept: readonly TreeEntry[],
  ignores: (path: string) => boolean,
): readonly string[] {
  const filled = new Set(kept.filter((entry) => !isFolder(entry)).flatMap(({ path }) => foldersAbove(path)));
  const all = entries.flatMap((entry) => [
    ...foldersAbove(entry.path),
    ...(isFolder(entry) ? [entry.path] : []),
  ]);
  return [...new Set(all)].filter((path) => !filled.has(path) && !ignores(path)).sort();
}
