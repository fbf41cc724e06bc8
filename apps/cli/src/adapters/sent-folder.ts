import { readFileSync, statSync } from 'node:fs';
import { readFile, readdir, readlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ConfigFileError, DOCKERFILES, parseServiceConfig } from '#libs/contracts';
import type { ReadableFile, SourceTree } from '#libs/source-detect';
import { BY_DEFAULT, type LeftOut } from '../domain/left-out.js';
import { usageError } from '../errors.js';
import { isFile } from './is-file.js';
import { ignoreFilesFor, leaveOut, type LeaveOut } from './left-out.js';

/** A file, or a folder without any. */
interface SentEntry {
  /** As the zip names it: below the folder, with `/`; that of a folder ends with one. */
  readonly name: string;
  /** Where the file lies; undefined for a folder. */
  readonly path?: string;
}

/** What is sent of a folder, in the order of its zip. */
export interface SentFolder {
  readonly entries: readonly SentEntry[];
  readonly leftOut: readonly LeftOut[];
}

/**
 * Finds out what is sent of a service's folder: all but what never belongs in a source and what its ignore file names.
 * Links are refused here because the deployer refuses them.
 */
export async function sentFolder(directory: string): Promise<SentFolder> {
  const root = resolve(directory);
  const sent = { entries: [], leftOut: [] };
  await addFolder({ ...sent, rules: await rulesOf(root) }, root, '');
  return sent;
}

/** What the deployer will find in it. Texts are read as they are asked for. */
export async function sentTree({ entries }: SentFolder): Promise<SourceTree> {
  const { treeReading } = await import('#libs/source-detect'); // Not at the start: it reads file formats.
  const files = entries.flatMap(({ name, path }): [string, ReadableFile][] =>
    path === undefined ? [] : [[name, { bytes: () => statSync(path).size, read: () => readFileSync(path) }]],
  );
  return treeReading(new Map(files));
}

async function rulesOf(root: string): Promise<LeaveOut> {
  const dockerfile = await dockerfileOf(root);
  for (const name of ignoreFilesFor(dockerfile?.name)) {
    const text = await textOf(join(root, name));
    if (text !== undefined) return leaveOut({ ignoreFile: { name, text }, dockerfile });
  }
  return leaveOut({ dockerfile });
}

/** The one that config.json names, else one at the root. */
async function dockerfileOf(
  root: string,
): Promise<{ readonly name: string; readonly text: string } | undefined> {
  const config = await textOf(join(root, 'config.json'));
  const named = config === undefined ? undefined : dockerfileNamed(config);
  for (const name of named === undefined ? DOCKERFILES : [named]) {
    const text = await textOf(join(root, name));
    if (text !== undefined) return { name, text };
  }
  return undefined;
}

/** What is wrong with a config.json is said where it is read as one. */
function dockerfileNamed(config: string): string | undefined {
  try {
    return parseServiceConfig(config).dockerfile;
  } catch (error) {
    if (error instanceof ConfigFileError) return undefined;
    throw error;
  }
}

const textOf = async (path: string): Promise<string | undefined> =>
  (await isFile(path)) ? readFile(path, 'utf8') : undefined;

interface Walk {
  readonly entries: SentEntry[];
  readonly leftOut: LeftOut[];
  readonly rules: LeaveOut;
}

async function addFolder(of: Walk, directory: string, prefix: string): Promise<void> {
  const walk = { ...of, rules: await rulesWithin(of.rules, directory, prefix) };
  const { leftOut, rules } = walk;
  const entries = await readdir(directory, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(directory, entry.name);
    const name = `${prefix}${entry.name}${entry.isDirectory() ? '/' : ''}`;
    const by = rules.by(name) ?? (await byEnvironment(rules, path, name));
    const isEntered = entry.isDirectory() && (by === undefined || rules.mayHoldMore(name));
    if (isEntered) await addFilledFolder(walk, path, { name, isWanted: by === undefined });
    else if (by !== undefined) leftOut.push({ path: name, by });
    else if (entry.isFile()) walk.entries.push({ name, path });
    else {
      const what = entry.isSymbolicLink()
        ? `a link to ${await readlink(path)}`
        : 'neither a file nor a folder';
      throw usageError('ARCHIVE_UNSAFE', `${path} is ${what}`, {
        hint: 'A source cannot hold links or devices. Replace it with a plain file, remove it, or name it in .slipwayignore.',
      });
    }
  }
}

/** Those of the folder's own `.gitignore` too, where such files count. */
async function rulesWithin(rules: LeaveOut, directory: string, prefix: string): Promise<LeaveOut> {
  if (prefix === '' || rules.withGitignore === undefined) return rules;
  const text = await textOf(join(directory, '.gitignore'));
  return text === undefined ? rules : rules.withGitignore(prefix, text);
}

/** An entry of its own only for one of which nothing else is sent: a Dockerfile may copy it, and a service write into it. */
async function addFilledFolder(
  walk: Walk,
  path: string,
  { name, isWanted }: { readonly name: string; readonly isWanted: boolean },
): Promise<void> {
  const before = walk.entries.length;
  await addFolder(walk, path, name);
  if (isWanted && walk.entries.length === before) walk.entries.push({ name });
}

/** A virtual environment of Python, whatever its name. */
async function byEnvironment(rules: LeaveOut, path: string, name: string): Promise<string | undefined> {
  if (!name.endsWith('/') || rules.isCopiedByName(name)) return undefined;
  return (await isFile(join(path, 'pyvenv.cfg'))) ? BY_DEFAULT : undefined;
}
