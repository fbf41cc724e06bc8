import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import AdmZip from 'adm-zip';
import { ConfigFileError, parseServiceConfig, problemText } from '#libs/contracts';
import { usageError } from '../errors.js';
import { isFile } from './is-file.js';

/** Reads `config.json` the way the deployer will, so that its faults show before anything is sent. */
export async function checkConfig(directory: string): Promise<void> {
  const path = join(directory, 'config.json');
  if (!(await isFile(path))) {
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
