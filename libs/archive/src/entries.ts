import { type Entry, getFileNameLowLevel } from 'yauzl';
import { ArchiveError } from './errors.js';

export interface ArchiveLimits {
  readonly maxEntries: number;
  /** Bytes of one file, unpacked. */
  readonly maxEntryBytes: number;
  /** Bytes of all files, unpacked. */
  readonly maxTotalBytes: number;
  /** Unpacked to packed, of one file above 1 MiB. */
  readonly maxRatio: number;
}

export interface ArchiveEntry {
  /** Below the root, with `/`; never `..`, never absolute. */
  readonly path: string;
  readonly directory: boolean;
  readonly executable: boolean;
  readonly bytes: number;
}

const RATIO_FROM_BYTES = 1024 * 1024;
const TYPE_MASK = 0o170000;
const REGULAR = 0o100000;
const DIRECTORY = 0o040000;

const unsafe = (path: string, why: string): ArchiveError =>
  new ArchiveError('ARCHIVE_UNSAFE', `${JSON.stringify(path)} ${why}`);
const tooLarge = (message: string): ArchiveError => new ArchiveError('ARCHIVE_TOO_LARGE', message);

/** Unix mode bits, whatever system the archive claims to come from; zero where it has none. */
const modeOf = (entry: Entry): number => entry.externalFileAttributes >>> 16;

function checkPath(path: string): void {
  if (path.includes('\\')) throw unsafe(path, 'has a backslash in its name');
  if ([...path].some((character) => character.charCodeAt(0) < 32))
    throw unsafe(path, 'has a control character in its name');
  if (path.startsWith('/') || /^[A-Za-z]:/.test(path)) throw unsafe(path, 'is an absolute name');
  if (path.split('/').includes('..')) throw unsafe(path, 'leads out of the archive');
}

function checkKind(entry: Entry, path: string): void {
  const type = modeOf(entry) & TYPE_MASK;
  if (type !== 0 && type !== REGULAR && type !== DIRECTORY) throw unsafe(path, 'is a link or a device');
  if (entry.isEncrypted()) throw unsafe(path, 'is encrypted');
}

function checkSize(entry: Entry, path: string, limits: ArchiveLimits): void {
  const { uncompressedSize: bytes, compressedSize: packed } = entry;
  if (bytes > limits.maxEntryBytes)
    throw tooLarge(`${JSON.stringify(path)} has ${bytes} bytes, at most ${limits.maxEntryBytes} are allowed`);
  if (bytes > RATIO_FROM_BYTES && bytes > packed * limits.maxRatio) {
    throw tooLarge(`${JSON.stringify(path)} unpacks to more than ${limits.maxRatio} times its size`);
  }
}

/** What macOS adds beside the files; nobody's source. */
const isClutter = (path: string): boolean => path.startsWith('__MACOSX/') || path.endsWith('.DS_Store');

/** Checks entries one by one as they are read; each throws ArchiveError with what is wrong. */
export class EntryChecks {
  private readonly seen = new Set<string>();
  private total = 0;
  private count = 0;

  constructor(private readonly limits: ArchiveLimits) {}

  /** The entry as it will be written, or undefined for what is left out. */
  accept(entry: Entry): ArchiveEntry | undefined {
    const path = getFileNameLowLevel(entry.generalPurposeBitFlag, entry.fileNameRaw, entry.extraFields, true);
    this.count += 1;
    if (this.count > this.limits.maxEntries) throw tooLarge(`more than ${this.limits.maxEntries} entries`);
    checkPath(path);
    checkKind(entry, path);
    checkSize(entry, path, this.limits);
    if (isClutter(path)) return undefined;
    const directory = path.endsWith('/');
    const name = path.replace(/\/+$/, '').normalize('NFC');
    // Two names that one file system holds apart and another does not would make two builds of one digest.
    const folded = name.toLowerCase();
    if (!directory && this.seen.has(folded)) throw unsafe(path, 'stands twice in the archive');
    if (!directory) this.seen.add(folded);
    this.total += entry.uncompressedSize;
    if (this.total > this.limits.maxTotalBytes)
      throw tooLarge(`more than ${this.limits.maxTotalBytes} bytes unpacked`);
    return {
      path: name,
      directory,
      executable: (modeOf(entry) & 0o111) !== 0,
      bytes: entry.uncompressedSize,
    };
  }
}

/** The single folder that holds everything, as `zip -r` of a folder makes it; empty when there is none. */
export function singleRoot(entries: readonly ArchiveEntry[]): string {
  const files = entries.filter((entry) => !entry.directory);
  const first = files[0]?.path.split('/')[0] ?? '';
  const inside = files.length > 0 && files.every((entry) => entry.path.startsWith(`${first}/`));
  return inside ? `${first}/` : '';
}
