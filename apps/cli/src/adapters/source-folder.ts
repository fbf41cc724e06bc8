import { readFile, readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import AdmZip from 'adm-zip';
import { ConfigFileError, parseServiceConfig, problemText } from '#libs/contracts';
import { usageError } from '../errors.js';

/** What a build never needs and what makes zips slow to send; installed again from the lock file in the image. */
const LEFT_OUT = new Set(['.git', 'node_modules', '.venv', '__pycache__', '.pytest_cache', '.DS_Store']);

/** Reads `config.json` the way the deployer will, so that its faults show before anything is sent. */
export async function checkConfig(directory: string): Promise<void> {
  const path = join(directory, 'config.json');
  const isFile = await stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
  if (!isFile) {
    throw usageError('CONFIG_MISSING', `${path} does not exist`, {
      hint: 'A service is a folder with config.json at its root; examples/shop shows three.',
    });
  }
  checkConfigText(await readFile(path, 'utf8'), path);
}

/** Throws a usage error that lists every field at fault. */
function checkConfigText(text: string, where: string): void {
  try {
    parseServiceConfig(text);
  } catch (error) {
    if (!(error instanceof ConfigFileError)) throw error;
    throw usageError('CONFIG_INVALID', `${where}: ${problemText(error.problems, 'the file')}`, {
      hint: 'docs/reference/config-json.md describes every field; examples/shop holds three that work.',
      cause: error,
    });
  }
}

/** Of each entry of a zip, whenever and wherever it is made. A zip's times have no zone and begin in 1980. */
const ENTRY_TIME = [1980, 0, 1, 12] as const;

/**
 * Zips a service's folder, executable bits kept. Links are refused here because the deployer refuses them. Equal folders
 * give equal bytes: a request names its zip by its digest.
 */
export async function zipFolder(directory: string): Promise<Buffer> {
  // AdmZip's own order depends on the language of the machine.
  const zip = new AdmZip({ noSort: true });
  await addFolder(zip, resolve(directory), '');
  return zip.toBuffer();
}

async function addFolder(zip: AdmZip, directory: string, prefix: string): Promise<void> {
  const entries = await readdir(directory, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (LEFT_OUT.has(entry.name)) continue;
    const path = join(directory, entry.name);
    const name = `${prefix}${entry.name}`;
    if (entry.isDirectory()) await addFolder(zip, path, `${name}/`);
    else if (entry.isFile()) await addFile(zip, path, name);
    else {
      throw usageError('ARCHIVE_UNSAFE', `${path} is neither a file nor a folder`, {
        hint: 'A source cannot hold links or devices. Replace it with a plain file, or remove it.',
      });
    }
  }
}

async function addFile(zip: AdmZip, path: string, name: string): Promise<void> {
  const executable = ((await stat(path)).mode & 0o111) !== 0;
  const entry = zip.addFile(name, await readFile(path));
  // The high half of the attributes is the Unix mode: 0o100000 says "regular file".
  entry.attr = ((0o100000 | (executable ? 0o755 : 0o644)) << 16) >>> 0;
  entry.header.time = new Date(...ENTRY_TIME);
}

/** Checks a ready zip as far as can be done cheaply: readable, with a valid `config.json` at its root. */
export async function readZip(path: string): Promise<Buffer> {
  const bytes = await readFile(path);
  let zip: AdmZip;
  try {
    zip = new AdmZip(bytes);
  } catch (error) {
    throw usageError('ARCHIVE_CORRUPT', `${path} is not a zip archive`, {
      hint: 'Give a zip, or a folder, which slipway zips.',
      cause: error,
    });
  }
  const config = zip.getEntries().find((entry) => /^([^/\\]+[/\\])?config\.json$/.test(entry.entryName));
  if (config === undefined) {
    throw usageError('CONFIG_MISSING', `${path} has no config.json at its root`, {
      hint: 'Put config.json beside the sources, at the top of the archive.',
    });
  }
  checkConfigText(config.getData().toString('utf8'), `${path}:${config.entryName}`);
  return bytes;
}
