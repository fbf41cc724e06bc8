import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { notServiceConfig } from '#libs/contracts';
import { nameOfFolder } from '../domain/folder-name.js';
import { shellWord } from '../domain/shell-word.js';
import { usageError } from '../errors.js';
import { isFile } from './is-file.js';
import { neverBelongs } from './left-out.js';

export interface ServiceFolder {
  readonly name: string;
  readonly directory: string;
}

/** A folder whose config.json makes no service of it. */
export interface PassedFolder {
  readonly folder: string;
  readonly why: string;
}

export interface FoundServices {
  readonly services: readonly ServiceFolder[];
  readonly passedOver: readonly PassedFolder[];
}

/**
 * The services below `directory`: each child folder with a service's `config.json`, or the folder itself when it has
 * one. They are called after their folders. Throws a usage error when there is none, or a folder cannot name one.
 */
export async function findServices(directory: string): Promise<FoundServices> {
  const root = resolve(directory);
  await requireDirectory(root);
  const own = await passedOrConfigured(root);
  if (own === 'service') return { services: [named(root)], passedOver: [] };
  const services: ServiceFolder[] = [];
  const passedOver: PassedFolder[] = typeof own === 'object' ? [own] : [];
  for (const folder of await foldersOf(root)) {
    const found = await passedOrConfigured(folder);
    if (found === 'service') services.push(named(folder));
    else if (found !== undefined) passedOver.push(found);
  }
  if (services.length > 0) return { services, passedOver };
  // Whoever names one folder means it: what is wrong with its config.json is said field by field.
  if (own !== undefined) return { services: [named(root)], passedOver: [] };
  throw noService(directory, passedOver);
}

function noService(directory: string, passedOver: readonly PassedFolder[]): Error {
  const folders = passedOver.map(({ folder, why }) => ` ${folder} was passed over: ${why}.`).join('');
  return usageError('NO_SERVICE', `${directory} holds no service: no config.json in it or in its folders`, {
    hint: `A service is a folder with config.json at its root. slipway init writes one from what it finds there.${folders}`,
    next: `slipway init ${shellWord(directory)}`,
  });
}

/** Its folders, without what never belongs in a source. */
export async function foldersOf(root: string): Promise<readonly string[]> {
  const entries = await readdir(root, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() && !neverBelongs(entry.name))
    .map((entry) => join(root, entry.name))
    .sort();
}

/** Undefined for a folder without a config.json. */
async function passedOrConfigured(directory: string): Promise<'service' | PassedFolder | undefined> {
  const path = join(directory, 'config.json');
  if (!(await isFile(path))) return undefined;
  const why = notServiceConfig(await readFile(path, 'utf8'));
  return why === undefined ? 'service' : { folder: basename(directory), why };
}

function named(directory: string): ServiceFolder {
  return { name: serviceNameOf(directory), directory };
}

/** The name of the service in a folder. Throws a usage error where none can be made of the folder's. */
export function serviceNameOf(directory: string): string {
  const folder = basename(resolve(directory));
  const name = nameOfFolder(folder);
  if (name !== undefined) return name;
  throw usageError(
    'SERVICE_NAME',
    `The folder "${folder}" cannot name a service: a name is 1-63 of a-z, 0-9 and inner hyphens`,
    { hint: 'Rename the folder, or push it with slipway push and --service.' },
  );
}

/** Throws a usage error where no folder lies there. */
export async function requireDirectory(path: string): Promise<void> {
  const isDirectory = await stat(path).then(
    (s) => s.isDirectory(),
    () => false,
  );
  if (!isDirectory) {
    throw usageError('NO_SUCH_FOLDER', `${path} is not a folder`, {
      hint: 'Name the folder that holds your services.',
    });
  }
}
