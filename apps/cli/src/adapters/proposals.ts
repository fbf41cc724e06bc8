import type { Given, Proposal, SourceRefusal } from '#libs/source-detect';
import { notServiceConfig } from '#libs/contracts';
import { readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { ENV_FILE, envNames } from '../domain/env-names.js';
import { settling } from '../domain/settling.js';
import { usageError } from '../errors.js';
import { isFile } from './is-file.js';
import { foldersOf, type PassedFolder, requireDirectory } from './service-folders.js';
import { type SentFolder, sentFolder, sentTree } from './sent-folder.js';

/** A config.json that a folder does not have yet. */
export interface ProposedConfig {
  /** As it was named, or below that. */
  readonly directory: string;
  readonly proposal: Proposal;
  /** Variables of a file that is not sent. */
  readonly envNames: readonly string[];
}

export interface Proposals {
  readonly proposed: readonly ProposedConfig[];
  /** Folders that have a config.json already. */
  readonly passedOver: readonly PassedFolder[];
}

interface Wish {
  readonly directory: string;
  readonly given: Given;
  /** Also where there is a config.json. */
  readonly force: boolean;
}

/**
 * What config.json would say of a folder; or, where nothing at its root shows what it is, of each of its folders that is
 * a source. Throws a usage error where that cannot be told.
 */
export async function proposals(wish: Wish): Promise<Proposals> {
  const { directory, given, force } = wish;
  await requireDirectory(directory);
  if (!force) await ensureNoConfig(directory);
  const proposal = await proposalOf(directory, given);
  if ('value' in proposal) return { proposed: [{ directory, ...proposal.value }], passedOver: [] };
  const isWhole = proposal.refusal.field === 'runtime' && Object.keys(given).length === 0;
  const below = isWhole ? await proposalsBelow(wish) : undefined;
  if (below !== undefined) return below;
  throw unclear(wish, proposal.refusal);
}

async function proposalsBelow({ directory, given, force }: Wish): Promise<Proposals | undefined> {
  const proposed: ProposedConfig[] = [];
  const passedOver: PassedFolder[] = [];
  for (const name of (await foldersOf(resolve(directory))).map((path) => basename(path))) {
    const folder = join(directory, name);
    if (!force && (await isFile(join(folder, 'config.json')))) {
      passedOver.push({ folder: name, why: 'it has a config.json already' });
      continue;
    }
    const proposal = await proposalOf(folder, {});
    if ('value' in proposal) proposed.push({ directory: folder, ...proposal.value });
    else if (proposal.refusal.field !== 'runtime')
      throw unclear({ directory: folder, given, force }, proposal.refusal);
  }
  if (proposed.length > 0) return { proposed, passedOver };
  if (passedOver.length > 0)
    throw exists(directory, 'every folder of it that is a service has a config.json already');
  return undefined;
}

type Told = { readonly value: Omit<ProposedConfig, 'directory'> } | { readonly refusal: SourceRefusal };

async function proposalOf(directory: string, given: Given): Promise<Told> {
  const { propose, SourceRefusal } = await import('#libs/source-detect'); // Not at the start: it reads file formats.
  const sent = await sentFolder(directory);
  const tree = await sentTree(sent);
  const paths = tree.paths.filter((path) => path !== 'config.json');
  try {
    const proposal = propose({ ...tree, paths }, given);
    return { value: { proposal, envNames: await envNamesIn(directory, sent) } };
  } catch (error) {
    if (error instanceof SourceRefusal) return { refusal: error };
    throw error;
  }
}

async function envNamesIn(directory: string, { leftOut }: SentFolder): Promise<readonly string[]> {
  const isLeftOut = leftOut.some(({ path }) => path === ENV_FILE);
  return isLeftOut ? envNames(await readFile(join(directory, ENV_FILE), 'utf8')) : [];
}

function unclear({ directory, given, force }: Wish, refusal: SourceRefusal): Error {
  const { code, hint, message, cause } = refusal;
  // A flag that the source does not use is not settled by another value.
  const settled =
    code === 'CONFIG_INVALID' ? undefined : settling(directory, refusal, { given: { ...given }, force });
  const line = settled?.line === undefined ? '' : ` In config.json that is a line such as ${settled.line}.`;
  return usageError(code, `${directory}: ${message.replace(/^config\.json: /, '')}`, {
    hint: `${hint}${line}`,
    next: settled?.next,
    cause,
  });
}

async function ensureNoConfig(directory: string): Promise<void> {
  const path = join(directory, 'config.json');
  if (!(await isFile(path))) return;
  const why = notServiceConfig(await readFile(path, 'utf8'));
  throw why === undefined
    ? exists(path, 'it exists already')
    : usageError('CONFIG_EXISTS', `${path}: another program's config.json lies there: ${why}`, {
        hint: 'Slipway reads config.json at the root of a service. Move the other one into a folder, or let a Dockerfile in a folder of its own copy the source.',
      });
}

const exists = (path: string, why: string): Error =>
  usageError('CONFIG_EXISTS', `${path}: ${why}`, {
    hint: 'Nothing was written. Change it by hand, or write a new one over it with --force.',
  });
