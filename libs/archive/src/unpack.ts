import { closeSync, constants, mkdirSync, openSync, symlinkSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { tooLarge } from './errors.js';
import { foldersAbove } from './folders-above.js';
import { safeTarget } from './link-target.js';
import { type ArchiveLimits, type PlannedEntry, planUnpacking } from './plan.js';
import { DIRECTORY_MODE, EXECUTABLE_MODE, FILE_MODE, LINK_MODE, SourceHash } from './source-hash.js';
import { readDirectory, type ZipEntry } from './zip/central-directory.js';
import { contentOf } from './zip/content.js';
import { findDirectory } from './zip/end-record.js';
import { layOut } from './zip/layout.js';
import { openZipFile, type ZipFile } from './zip/zip-file.js';

export interface UnpackRequest {
  readonly archive: string;
  /** Exists and is empty. */
  readonly directory: string;
  readonly limits: ArchiveLimits;
  readonly allowSymlinks: boolean;
}

export interface UnpackedSource {
  /** What sourceDigest() gives for the unpacked tree. */
  readonly sourceDigest: string;
  readonly files: number;
  readonly bytes: number;
}

/** Only ever a new file: what is there already, a link above all, is neither followed nor written over. */
const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/** Unpacks in this thread, which stands still while it writes: the worker's part of extractArchive. */
export async function unpack(request: UnpackRequest): Promise<UnpackedSource> {
  const file = openZipFile(request.archive);
  try {
    const place = findDirectory(file);
    if (place.entries > request.limits.maxEntries)
      throw tooLarge(`more than ${request.limits.maxEntries} entries`);
    const entries = readDirectory(file, place);
    const plan = planUnpacking(entries, file.size, request.limits, request.allowSymlinks);
    return await new Unpacking(file, layOut(file, entries, place.offset), request.directory).write(plan);
  } finally {
    file.close();
  }
}

class Unpacking {
  private readonly hash = new SourceHash();
  private readonly file: ZipFile;
  private readonly starts: ReadonlyMap<ZipEntry, number>;
  private readonly directory: string;

  constructor(file: ZipFile, starts: ReadonlyMap<ZipEntry, number>, directory: string) {
    this.file = file;
    this.starts = starts;
    this.directory = directory;
  }

  /** In the order of the paths, which is the order of the digest. Links come last: nothing is written through one. */
  async write(plan: readonly PlannedEntry[]): Promise<UnpackedSource> {
    const links: { readonly path: string; readonly target: string }[] = [];
    // An archive may name a folder twice.
    const known = new Set(plan.flatMap(({ path }) => foldersAbove(path)));
    for (const entry of plan) {
      if (entry.kind === 'directory') this.makeDirectory(entry.path, !known.has(entry.path));
      known.add(entry.path);
      if (entry.kind === 'file') await this.writeFile(entry);
      if (entry.kind === 'link') links.push({ path: entry.path, target: await this.readTarget(entry) });
    }
    for (const { path, target } of links) {
      mkdirSync(dirname(this.at(path)), { recursive: true });
      symlinkSync(target, this.at(path));
    }
    const written = plan.filter(({ kind }) => kind !== 'directory');
    return {
      sourceDigest: this.hash.digest(),
      files: written.length,
      bytes: written.reduce((sum, { from }) => sum + from.bytes, 0),
    };
  }

  private at(path: string): string {
    return join(this.directory, path);
  }

  /** One that holds something is known by what it holds. */
  private makeDirectory(path: string, isEmpty: boolean): void {
    mkdirSync(this.at(path), { recursive: true });
    if (isEmpty) this.hash.begin(path, DIRECTORY_MODE, 0);
  }

  private contentOf(entry: PlannedEntry): AsyncGenerator<Buffer> {
    return contentOf(this.file, entry.from, this.starts.get(entry.from) ?? 0);
  }

  private async writeFile(entry: PlannedEntry): Promise<void> {
    const mode = entry.executable ? EXECUTABLE_MODE : FILE_MODE;
    const target = this.at(entry.path);
    mkdirSync(dirname(target), { recursive: true });
    this.hash.begin(entry.path, mode, entry.from.bytes);
    const descriptor = openSync(target, NEW_FILE, mode);
    try {
      for await (const chunk of this.contentOf(entry)) {
        this.hash.add(chunk);
        for (let written = 0; written < chunk.length;) written += writeSync(descriptor, chunk, written);
      }
    } finally {
      closeSync(descriptor);
    }
  }

  private async readTarget(entry: PlannedEntry): Promise<string> {
    const content = await buffer(this.contentOf(entry));
    this.hash.begin(entry.path, LINK_MODE, content.length);
    this.hash.add(content);
    return safeTarget(entry.path, content);
  }
}
