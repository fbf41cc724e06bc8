import { createReadStream, readFileSync } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { pack, type Pack } from 'tar-stream';
import { EXECUTABLE_MODE, FILE_MODE, LINK_MODE, SourceHash } from './source-hash.js';

interface TreeFile {
  readonly path: string;
  readonly absolute: string;
  readonly mode: number;
  readonly bytes: number;
  /** Where a symbolic link points to; it is never followed. */
  readonly target?: string;
}

/** Every file and link below a folder, sorted by path, so that the same tree is always read the same. */
async function filesOf(directory: string): Promise<TreeFile[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const all = await Promise.all(
    entries
      .filter((entry) => entry.isFile() || entry.isSymbolicLink())
      .map((entry) => treeFile(directory, join(entry.parentPath, entry.name))),
  );
  return all.sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function treeFile(directory: string, absolute: string): Promise<TreeFile> {
  const path = relative(directory, absolute);
  const found = await lstat(absolute);
  if (found.isSymbolicLink()) {
    const target = await readlink(absolute);
    return { path, absolute, mode: LINK_MODE, bytes: Buffer.byteLength(target), target };
  }
  const mode = (found.mode & 0o111) === 0 ? FILE_MODE : EXECUTABLE_MODE;
  return { path, absolute, mode, bytes: found.size };
}

/** No manifest that people write is larger; of a lock file that is, the name says enough. */
const LARGEST_TEXT_BYTES = 1024 ** 2;

export interface FolderTree {
  /** Every file and link, relative, sorted. */
  readonly paths: readonly string[];
  /** The text of a file, without a byte order mark; undefined where there is none, or it is larger than 1 MiB. */
  text(path: string): string | undefined;
}

/** What lies below a folder: its names now, its texts as they are asked for. A link is never followed. */
export async function folderTree(directory: string): Promise<FolderTree> {
  const files = await filesOf(directory);
  const small = new Map(
    files
      .filter(({ bytes, target }) => target === undefined && bytes <= LARGEST_TEXT_BYTES)
      .map(({ path, absolute }) => [path, absolute]),
  );
  return {
    paths: files.map(({ path }) => path),
    text(path) {
      const absolute = small.get(path);
      return absolute === undefined ? undefined : readFileSync(absolute, 'utf8').replace(/^\uFEFF/, '');
    },
  };
}

/** sha256 (hex) over every file's path, executable bit and content: the same source, however it was zipped, is the same digest. */
export async function sourceDigest(directory: string): Promise<string> {
  const hash = new SourceHash();
  for (const { path, mode, bytes, absolute, target } of await filesOf(directory)) {
    hash.begin(path, mode, bytes);
    if (target !== undefined) hash.add(Buffer.from(target));
    else for await (const chunk of createReadStream(absolute)) hash.add(chunk as Buffer);
  }
  return hash.digest();
}

/** A build context: the tree and `extraFiles` (which win) as a tar with fixed times and owners. */
export function packDirectory(directory: string, extraFiles: Readonly<Record<string, string>>): Readable {
  const tar = pack();
  fill(tar, directory, extraFiles).then(
    () => tar.finalize(),
    (error: unknown) => tar.destroy(error instanceof Error ? error : new Error(String(error))),
  );
  // tar-stream's streams are streamx's; what reads a context expects Node's.
  return Readable.from(tar);
}

async function fill(
  tar: Pack,
  directory: string,
  extraFiles: Readonly<Record<string, string>>,
): Promise<void> {
  const mtime = new Date(0);
  for (const { path: name, mode, bytes: size, absolute, target } of await filesOf(directory)) {
    if (name in extraFiles) continue;
    if (target !== undefined) tar.entry({ name, type: 'symlink', linkname: target, mtime });
    else await pipeline(createReadStream(absolute), tar.entry({ name, mode, size, mtime }));
  }
  for (const [name, text] of Object.entries(extraFiles)) tar.entry({ name, mode: 0o644, mtime }, text);
}
