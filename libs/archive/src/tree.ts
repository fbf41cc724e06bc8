import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { pack, type Pack } from 'tar-stream';

interface TreeFile {
  readonly path: string;
  readonly absolute: string;
  readonly mode: number;
  readonly bytes: number;
}

/** Every file below a folder, sorted by path, so that the same tree is always read the same. */
async function filesOf(directory: string): Promise<TreeFile[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const all = await Promise.all(
    files.map(async (absolute) => {
      const { mode, size } = await stat(absolute);
      return {
        path: relative(directory, absolute),
        absolute,
        mode: (mode & 0o111) === 0 ? 0o644 : 0o755,
        bytes: size,
      };
    }),
  );
  return all.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** sha256 (hex) over every file's path, executable bit and content: the same source, however it was zipped, is the same digest. */
export async function sourceDigest(directory: string): Promise<string> {
  const hash = createHash('sha256');
  for (const file of await filesOf(directory)) {
    hash.update(JSON.stringify([file.path, file.mode, file.bytes]));
    for await (const chunk of createReadStream(file.absolute)) hash.update(chunk as Buffer);
  }
  return hash.digest('hex');
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
  for (const file of await filesOf(directory)) {
    if (file.path in extraFiles) continue;
    const entry = tar.entry({ name: file.path, mode: file.mode, size: file.bytes, mtime });
    await pipeline(createReadStream(file.absolute), entry);
  }
  for (const [name, text] of Object.entries(extraFiles)) tar.entry({ name, mode: 0o644, mtime }, text);
}
