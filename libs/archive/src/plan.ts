import { isDirectoryName, safePath } from './entry-name.js';
import { ArchiveError, mismatch, refused, tooLarge } from './errors.js';
import { MAX_TARGET_BYTES } from './link-target.js';
import { NameConflicts } from './name-conflicts.js';
import type { ZipEntry } from './zip/central-directory.js';
import { DEFLATED, STORED } from './zip/content.js';
import { hasLinkTarget, unixMode } from './zip/extra-fields.js';

export interface ArchiveLimits {
  readonly maxEntries: number;
  /** Bytes of one file, unpacked. */
  readonly maxEntryBytes: number;
  /** Bytes of all files, unpacked. */
  readonly maxTotalBytes: number;
  /** Unpacked to packed, of one file above 1 MiB and of the whole archive. */
  readonly maxRatio: number;
}

export interface PlannedEntry {
  /** Below the root, with `/`; never `..`, never absolute. */
  readonly path: string;
  readonly kind: 'file' | 'directory' | 'link';
  readonly executable: boolean;
  readonly from: ZipEntry;
}

const RATIO_FROM_BYTES = 1024 * 1024;
const TYPE_MASK = 0o170000;
const REGULAR = 0o100000;
const DIRECTORY = 0o040000;
const LINK = 0o120000;
/** Traditional and strong encryption, and a masked directory. */
const ENCRYPTED_FLAGS = 0x2041;
const PATCH_DATA_FLAG = 0x0020;
const AES_METHOD = 99;

/** Unix mode bits, whatever system the archive claims to come from; zero where it has none. */
const modeOf = (entry: ZipEntry): number => entry.externalAttributes >>> 16 || unixMode(entry.extra);

function kindOf(entry: ZipEntry, allowSymlinks: boolean): PlannedEntry['kind'] {
  const type = modeOf(entry) & TYPE_MASK;
  const directory = isDirectoryName(entry.name);
  if (type === LINK && allowSymlinks && !directory) return 'link';
  if (type === LINK || hasLinkTarget(entry.extra)) throw refused('ARCHIVE_LINK', entry.name, 'is a link');
  if (type !== 0 && type !== REGULAR && type !== DIRECTORY)
    throw refused('ARCHIVE_UNSAFE', entry.name, 'is a device, a pipe or a socket');
  if (type === DIRECTORY && !directory)
    throw mismatch(`${JSON.stringify(entry.name)} is a directory and has a file's name`);
  if (directory && entry.bytes > 0)
    throw mismatch(`${JSON.stringify(entry.name)} is a directory and has content`);
  return directory ? 'directory' : 'file';
}

function checkReadable({ name, flags, method, bytes, packedBytes }: ZipEntry): void {
  if ((flags & ENCRYPTED_FLAGS) !== 0 || method === AES_METHOD)
    throw refused('ARCHIVE_ENCRYPTED', name, 'is encrypted');
  if ((flags & PATCH_DATA_FLAG) !== 0 || ![STORED, DEFLATED].includes(method))
    throw refused('ARCHIVE_UNSUPPORTED', name, `is compressed in a way (${method}) that is not supported`);
  if (method === STORED && bytes !== packedBytes)
    throw mismatch(
      `${JSON.stringify(name)} is stored as it is in ${packedBytes} bytes and declares ${bytes}`,
    );
}

function checkSize(entry: ZipEntry, kind: PlannedEntry['kind'], limits: ArchiveLimits): void {
  const { name, bytes } = entry;
  const allowed = kind === 'link' ? MAX_TARGET_BYTES : limits.maxEntryBytes;
  if (bytes > allowed)
    throw tooLarge(`${JSON.stringify(name)} has ${bytes} bytes, at most ${allowed} are allowed`);
  if (isBomb(bytes, entry.packedBytes, limits))
    throw tooLarge(`${JSON.stringify(name)} unpacks to more than ${limits.maxRatio} times its size`);
}

const isBomb = (bytes: number, packedBytes: number, { maxRatio }: ArchiveLimits): boolean =>
  bytes > RATIO_FROM_BYTES && bytes > packedBytes * maxRatio;

function checkTotal(entries: readonly ZipEntry[], archiveBytes: number, limits: ArchiveLimits): void {
  const total = entries.reduce((sum, entry) => sum + entry.bytes, 0);
  if (total > limits.maxTotalBytes) throw tooLarge(`more than ${limits.maxTotalBytes} bytes unpacked`);
  if (isBomb(total, archiveBytes, limits))
    throw tooLarge(`the archive unpacks to more than ${limits.maxRatio} times its size`);
}

/** What macOS adds beside the files; nobody's source. */
const isClutter = (path: string): boolean => /^__MACOSX(\/|$)|(^|\/)\.DS_Store$/.test(path);

/** The single folder that holds everything, as `zip -r` of a folder makes it; empty when there is none. */
function singleRoot(entries: readonly Pick<PlannedEntry, 'path' | 'kind'>[]): string {
  const root = entries[0]?.path.split('/')[0] ?? '';
  const inside = entries.every(({ path, kind }) =>
    kind === 'directory' ? `${path}/`.startsWith(`${root}/`) : path.startsWith(`${root}/`),
  );
  return inside ? `${root}/` : '';
}

function planned(entry: ZipEntry, limits: ArchiveLimits, allowSymlinks: boolean): PlannedEntry {
  const path = safePath(entry.name);
  safePath(entry.headerName);
  const kind = kindOf(entry, allowSymlinks);
  checkReadable(entry);
  checkSize(entry, kind, limits);
  return { path, kind, executable: (modeOf(entry) & 0o111) !== 0, from: entry };
}

/**
 * What unpacking will write, sorted by path; throws ArchiveError for the first entry that may not be there. Nothing of
 * the content has been read by then.
 */
export function planUnpacking(
  entries: readonly ZipEntry[],
  archiveBytes: number,
  limits: ArchiveLimits,
  allowSymlinks: boolean,
): PlannedEntry[] {
  const all = entries.map((entry) => planned(entry, limits, allowSymlinks));
  checkTotal(entries, archiveBytes, limits);
  const kept = all.filter(({ path }) => path !== '' && !isClutter(path));
  const names = new NameConflicts();
  for (const { path, kind } of kept) names.add(path, kind === 'directory');
  if (kept.every(({ kind }) => kind === 'directory'))
    throw new ArchiveError('ARCHIVE_EMPTY', 'the archive holds no file');
  const root = singleRoot(kept);
  return kept
    .map((entry) => ({ ...entry, path: entry.path.slice(root.length) }))
    .filter(({ path }) => path !== '')
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}
