import { readFileSync, statSync } from 'node:fs';
import { readFile, readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import AdmZip from 'adm-zip';
import type { ReadableFile, SourceTree } from '#libs/source-detect';
import { IGNORE_FILES, type LeftOut } from '../domain/left-out.js';
import { usageError } from '../errors.js';
import { isFile } from './is-file.js';
import { leaveOut, type LeaveOut } from './left-out.js';

/** Of each entry of a zip, whenever and wherever it is made. A zip's times have no zone and begin in 1980. */
const ENTRY_TIME = [1980, 0, 1, 12] as const;

export interface ZippedFolder {
  readonly bytes: Buffer;
  readonly leftOut: readonly LeftOut[];
}

/**
 * Zips a service's folder, executable bits kept, without what never belongs in a source and what its ignore file names.
 * Links are refused here because the deployer refuses them. Equal folders give equal bytes: a request names its zip by
 * its digest.
 */
export async function zipFolder(directory: string): Promise<ZippedFolder> {
  const root = resolve(directory);
  // AdmZip's own order depends on the language of the machine.
  const zip = new AdmZip({ noSort: true });
  const leftOut: LeftOut[] = [];
  const found = {
    onFile: (path: string, name: string): Promise<void> => addFile(zip, path, name),
    onEmptyFolder: (name: string): void => addEmptyFolder(zip, name),
  };
  await addFolder({ ...found, leftOut, rules: await rulesOf(root) }, root, '');
  return { bytes: zip.toBuffer(), leftOut };
}

/** What the zip of a folder holds. Texts are read as they are asked for. */
export async function zippedTree(directory: string): Promise<SourceTree> {
  const { treeReading } = await import('#libs/source-detect'); // Not at the start: it reads file formats.
  const root = resolve(directory);
  const files = new Map<string, ReadableFile>();
  const onFile = (path: string, name: string): unknown =>
    files.set(name, { bytes: () => statSync(path).size, read: () => readFileSync(path) });
  const onEmptyFolder = (): void => undefined;
  await addFolder({ onFile, onEmptyFolder, leftOut: [], rules: await rulesOf(root) }, root, '');
  return treeReading(files);
}

async function rulesOf(root: string): Promise<LeaveOut> {
  const dockerfile = await textOf(join(root, 'Dockerfile'));
  for (const name of IGNORE_FILES) {
    const text = await textOf(join(root, name));
    if (text !== undefined) return leaveOut({ ignoreFile: { name, text }, dockerfile });
  }
  return leaveOut({ dockerfile });
}

const textOf = async (path: string): Promise<string | undefined> =>
  (await isFile(path)) ? readFile(path, 'utf8') : undefined;

interface Zipping {
  readonly onFile: (path: string, name: string) => unknown;
  readonly onEmptyFolder: (name: string) => void;
  readonly leftOut: LeftOut[];
  readonly rules: LeaveOut;
}

/** How many entries of it are sent. */
async function addFolder(zipping: Zipping, directory: string, prefix: string): Promise<number> {
  const { onFile, leftOut, rules } = zipping;
  let sent = 0;
  const entries = await readdir(directory, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(directory, entry.name);
    const name = `${prefix}${entry.name}${entry.isDirectory() ? '/' : ''}`;
    const by = rules.by(name) ?? (await byEnvironment(rules, path, name));
    const isEntered = entry.isDirectory() && (by === undefined || rules.mayHoldMore(name));
    if (isEntered) sent += await addFilledFolder(zipping, path, { name, isWanted: by === undefined });
    else if (by !== undefined) leftOut.push({ path: name, by });
    else if (entry.isFile()) {
      await onFile(path, name);
      sent += 1;
    } else {
      throw usageError('ARCHIVE_UNSAFE', `${path} is neither a file nor a folder`, {
        hint: 'A source cannot hold links or devices. Replace it with a plain file, remove it, or name it in .slipwayignore.',
      });
    }
  }
  return sent;
}

/** An entry of its own only for one of which nothing else is sent: a Dockerfile may copy it, and a service write into it. */
async function addFilledFolder(
  zipping: Zipping,
  path: string,
  { name, isWanted }: { readonly name: string; readonly isWanted: boolean },
): Promise<number> {
  const sent = await addFolder(zipping, path, name);
  if (!isWanted || sent > 0) return sent;
  zipping.onEmptyFolder(name);
  return 1;
}

function addEmptyFolder(zip: AdmZip, name: string): void {
  const entry = zip.addFile(name, Buffer.alloc(0));
  // The high half of the attributes is the Unix mode: 0o040000 says "directory".
  entry.attr = (0o040755 << 16) >>> 0;
  entry.header.time = new Date(...ENTRY_TIME);
}

/** A virtual environment of Python, whatever its name. */
async function byEnvironment(
  rules: LeaveOut,
  path: string,
  name: string,
): Promise<LeftOut['by'] | undefined> {
  if (!name.endsWith('/') || rules.isCopiedByName(name)) return undefined;
  return (await isFile(join(path, 'pyvenv.cfg'))) ? 'default' : undefined;
}

async function addFile(zip: AdmZip, path: string, name: string): Promise<void> {
  const executable = ((await stat(path)).mode & 0o111) !== 0;
  const entry = zip.addFile(name, await readFile(path));
  // The high half of the attributes is the Unix mode: 0o100000 says "regular file".
  entry.attr = ((0o100000 | (executable ? 0o755 : 0o644)) << 16) >>> 0;
  entry.header.time = new Date(...ENTRY_TIME);
}
