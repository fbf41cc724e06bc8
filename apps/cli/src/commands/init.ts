import { writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { inputProblems, serviceConfigSchema, slipwayName } from '#libs/contracts';
import type { Given } from '#libs/source-detect';
import { type ProposedConfig, proposals } from '../adapters/proposals.js';
import { type PassedFolder, serviceNameOf } from '../adapters/service-folders.js';
import { deployedAs, nameOfFolder } from '../domain/folder-name.js';
import { exitCodes, type ExitCode, usageError } from '../errors.js';
import type { Output } from '../output.js';
import { shellWord } from '../domain/shell-word.js';
import { shownText } from '../domain/terminal-text.js';

interface InitOptions {
  readonly directory: string;
  readonly runtime?: string;
  readonly port?: number;
  /** A text, split as a shell splits words. */
  readonly command?: string;
  /** The same. */
  readonly build?: string;
  readonly output?: string;
  readonly image?: string;
  /** The path of one that does not lie at the root. */
  readonly dockerfile?: string;
  /** Writes over a config.json that is there. */
  readonly force?: boolean;
}

interface WrittenConfig {
  readonly service: string;
  readonly path: string;
  /** The fields. */
  readonly config: Readonly<Record<string, unknown>>;
  /** What the source is, in one line. */
  readonly detected: string;
  /** What to look at, where the port is only the usual one. */
  readonly portNote?: string;
}

interface PlannedConfig extends WrittenConfig {
  readonly text: string;
}

interface PlannedConfigs {
  readonly written: readonly PlannedConfig[];
  readonly passedOver: readonly PassedFolder[];
}

interface WrittenConfigs {
  readonly written: readonly WrittenConfig[];
  readonly passedOver: readonly PassedFolder[];
}

/** Writes the config.json of a folder, or of each of its folders that is a source, and says what to do next. */
export async function init(options: InitOptions, output: Output): Promise<ExitCode> {
  const result = await writeConfigs(await plannedConfigs(options), options);
  const next = `slipway deploy ${shellWord(options.directory)} --app ${appIdFor(options.directory)}`;
  const lines = [...writtenLines(result, output), `next: ${output.paint.bold(next)}`];
  output.answer({ ...result, next }, lines);
  return exitCodes.ok;
}

/** What is to be written, before it is. Throws a usage error where one of them cannot be told. */
export async function plannedConfigs(options: InitOptions): Promise<PlannedConfigs> {
  const { directory, force = false } = options;
  const { proposed, passedOver } = await proposals({ directory, given: givenBy(options), force });
  const written: PlannedConfig[] = [];
  for (const one of proposed) written.push(await planned(one));
  return { written, passedOver };
}

export async function writeConfigs(
  { written, passedOver }: PlannedConfigs,
  { force = false }: Pick<InitOptions, 'force'> = {},
): Promise<WrittenConfigs> {
  for (const { path, text } of written)
    await writeFile(path, text, { flag: force ? 'w' : 'wx' }).catch((cause: unknown) => {
      throw isTaken(cause) ? noFile(path, cause) : cause;
    });
  return { written: written.map(({ text: _, ...one }) => one), passedOver };
}

/** Of a folder, or of a link to nothing. */
const isTaken = (error: unknown): boolean =>
  ['EEXIST', 'EISDIR'].includes((error as NodeJS.ErrnoException).code ?? '');

const noFile = (path: string, cause: unknown): Error =>
  usageError('CONFIG_EXISTS', `${path}: something that is no file has its name`, {
    hint: 'Remove it, or give it another name: Slipway reads config.json at the root of a service.',
    cause,
  });

async function planned({ directory, proposal, envNames }: ProposedConfig): Promise<PlannedConfig> {
  const { configFields, configFileText, portNote } = await import('../domain/config-file.js'); // It loads detection.
  const { findingsText } = await import('#libs/source-detect');
  return {
    // A name that deploy would refuse is refused before anything is written.
    service: slipwayName(serviceNameOf(directory)),
    path: join(directory, 'config.json'),
    config: configFields(proposal),
    detected: findingsText(proposal.found),
    portNote: portNote(proposal),
    text: configFileText(proposal, envNames),
  };
}

/** A line for each file that would be written. */
export const plannedLines = ({ written }: PlannedConfigs): readonly string[] =>
  written.map((one) => `would write ${shownText(`${one.path}: ${one.detected}; ${portText(one)}`)}`);

/** A line for each file: where it is, and what was found. */
export function writtenLines({ written, passedOver }: WrittenConfigs, { paint }: Output): readonly string[] {
  return [
    ...written.map(
      (one) => `${paint.good('✔')} wrote ${shownText(`${one.path}: ${one.detected}; ${portText(one)}`)}`,
    ),
    ...written
      .map(({ path, service }) => ({ folder: basename(dirname(resolve(path))), service }))
      .filter(({ folder, service }) => folder !== service)
      .map(({ folder, service }) => shownText(deployedAs(folder, service))),
    ...passedOver.map(({ folder, why }) => shownText(`passed over ${folder}: ${why}`)),
  ];
}

function portText({ config: { port }, portNote }: WrittenConfig): string {
  if (port === undefined) return 'no port';
  return portNote === undefined ? `port ${String(port)}` : `port ${String(port)} (${portNote})`;
}

const fields = serviceConfigSchema
  .pick({
    runtime: true,
    port: true,
    command: true,
    build: true,
    output: true,
    image: true,
    dockerfile: true,
  })
  .partial();

function givenBy({ directory: _, force: __, ...given }: InitOptions): Given {
  const parsed = fields.safeParse(given);
  if (parsed.success)
    return Object.fromEntries(Object.entries(parsed.data).filter(([, value]) => value !== undefined));
  const problems = inputProblems(parsed.error.issues).map(({ field, expected }) => `--${field}: ${expected}`);
  throw usageError('USAGE', problems.join('; '), {
    hint: 'Correct what is named above; --help shows examples.',
  });
}

function appIdFor(directory: string): string {
  const name = nameOfFolder(basename(resolve(directory)));
  return name === undefined ? '<id>' : slipwayName(name);
}
