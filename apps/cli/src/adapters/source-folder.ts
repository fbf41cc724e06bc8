import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import AdmZip from 'adm-zip';
import { ConfigFileError, parseServiceConfig, problemText, type ServiceConfig } from '#libs/contracts';
import type { SourceTree } from '#libs/source-detect';
import { shellWord } from '../domain/shell-word.js';
import { usageError } from '../errors.js';
import { type Detected, detectedIn } from './detected.js';
import { isFile } from './is-file.js';
import { type SentFolder, sentFolder, sentTree } from './sent-folder.js';

export interface CheckedFolder extends Detected {
  /** What was read, and so what is to be sent. */
  readonly sent: SentFolder;
}

/** Reads a folder the way the deployer will read its zip, so that its faults show before anything is sent. */
export async function checkSource(directory: string): Promise<CheckedFolder> {
  const config = await checkConfig(directory);
  const sent = await sentFolder(directory);
  return { sent, ...(await detectedIn(await sentTree(sent), config, join(directory, 'config.json'))) };
}

async function checkConfig(directory: string): Promise<ServiceConfig> {
  const path = join(directory, 'config.json');
  if (!(await isFile(path))) {
    throw usageError('CONFIG_MISSING', `${path} does not exist`, {
      hint: 'A service is a folder with config.json at its root. slipway init writes one from what it finds there.',
      next: `slipway init ${shellWord(directory)}`,
    });
  }
  return checkConfigText(await readFile(path, 'utf8'), path);
}

/** Throws a usage error that lists every field at fault. */
function checkConfigText(text: string, where: string): ServiceConfig {
  try {
    return parseServiceConfig(text);
  } catch (error) {
    if (!(error instanceof ConfigFileError)) throw error;
    throw usageError('CONFIG_INVALID', `${where}: ${problemText(error.problems, 'the file')}`, {
      hint: 'docs/reference/config-json.md describes every field; examples/shop holds three that work.',
      cause: error,
    });
  }
}

export interface CheckedZip {
  readonly bytes: Buffer;
  readonly detected: string;
}

/** Checks a ready zip before it is sent: readable, with a valid `config.json` at its root, and a source that can be served. */
export async function readZip(path: string): Promise<CheckedZip> {
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
  const entries = zip.getEntries();
  const config =
    entries.find(({ entryName }) => entryName === 'config.json') ??
    entries.find(({ entryName }) => /^[^/\\]+[/\\]config\.json$/.test(entryName));
  if (config === undefined) {
    throw usageError('CONFIG_MISSING', `${path} has no config.json at its root`, {
      hint: 'Put config.json beside the sources, at the top of the archive.',
    });
  }
  const where = `${path}:${config.entryName}`;
  const parsed = checkConfigText(config.getData().toString('utf8'), where);
  const root = config.entryName.slice(0, -'config.json'.length);
  const { detected } = await detectedIn(await treeOfZip(zip, root), parsed, where);
  return { bytes, detected };
}

/** What the zip holds below its root. */
async function treeOfZip(zip: AdmZip, root: string): Promise<SourceTree> {
  const { treeReading } = await import('#libs/source-detect'); // Not at the start: it reads file formats.
  const files = zip
    .getEntries()
    .filter(({ isDirectory, entryName }) => !isDirectory && entryName.startsWith(root));
  return treeReading(
    new Map(
      files.map((entry) => [
        entry.entryName.slice(root.length).replaceAll('\\', '/'),
        { bytes: () => entry.header.size, read: () => entry.getData() },
      ]),
    ),
  );
}
