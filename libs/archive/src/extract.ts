import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import yauzl, { type Entry, type ZipFile } from 'yauzl';
import { type ArchiveEntry, type ArchiveLimits, EntryChecks, singleRoot } from './entries.js';
import { ArchiveError } from './errors.js';

const openZip = promisify<string, yauzl.Options, ZipFile>(yauzl.open);

interface Checked {
  readonly entry: Entry;
  readonly as: ArchiveEntry;
}

/** Errors of the reader mean a broken file; ours say more and stay. */
function corrupt(cause: unknown): unknown {
  if (cause instanceof ArchiveError) return cause;
  const said = cause instanceof Error ? cause.message : String(cause);
  return new ArchiveError('ARCHIVE_CORRUPT', `the archive cannot be read: ${said}`, { cause });
}

async function open(path: string): Promise<ZipFile> {
  try {
    // Names are checked here, not there, so that each has its own reason.
    return await openZip(path, {
      lazyEntries: true,
      autoClose: false,
      validateEntrySizes: true,
      decodeStrings: false,
    });
  } catch (cause) {
    throw corrupt(cause);
  }
}

function entriesOf(zip: ZipFile, limits: ArchiveLimits): Promise<Checked[]> {
  const checks = new EntryChecks(limits);
  return new Promise((resolve, reject) => {
    const found: Checked[] = [];
    zip.on('error', reject);
    zip.on('end', () => resolve(found));
    zip.on('entry', (entry: Entry) => {
      try {
        const as = checks.accept(entry);
        if (as !== undefined) found.push({ entry, as });
        zip.readEntry();
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    });
    zip.readEntry();
  });
}

/**
 * Unpacks a zip from outside into an empty folder, streaming: every entry is checked before the first is written, and
 * sizes are held to what the directory declares. Throws ArchiveError; what was written by then is the caller's to remove.
 */
export async function extractArchive(path: string, directory: string, limits: ArchiveLimits): Promise<void> {
  const zip = await open(path);
  try {
    const checked = await entriesOf(zip, limits);
    if (checked.length === 0) throw new ArchiveError('ARCHIVE_CORRUPT', 'the archive is empty');
    const root = singleRoot(checked.map((one) => one.as));
    for (const one of checked) await write(zip, one, join(directory, one.as.path.slice(root.length)));
  } catch (cause) {
    throw corrupt(cause);
  } finally {
    zip.close();
  }
}

async function write(zip: ZipFile, { entry, as }: Checked, target: string): Promise<void> {
  if (as.directory) return void (await mkdir(target, { recursive: true }));
  await mkdir(dirname(target), { recursive: true });
  const source = await promisify<Entry, Readable>(zip.openReadStream.bind(zip))(entry);
  await pipeline(source, createWriteStream(target, { mode: as.executable ? 0o755 : 0o644, flags: 'wx' }));
}
