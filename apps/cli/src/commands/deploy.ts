import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { slipwayName, sourceBlobName } from '#libs/contracts';
import { beforeSending } from '../before-sending.js';
import { findServices, type FoundServices, type ServiceFolder } from '../adapters/service-folders.js';
import { type CheckedFolder, checkSource } from '../adapters/source-folder.js';
import { uploadSource } from '../adapters/upload.js';
import { zipFolder } from '../adapters/zip-folder.js';
import { deployedAs, nameOfFolder } from '../domain/folder-name.js';
import { envFilesNote, type LeftOut, uploadedText } from '../domain/left-out.js';
import { shownText } from '../domain/terminal-text.js';
import { chooseServices } from '../domain/targets.js';
import type { ProgramContext } from '../command-line.js';
import { CliError, usageError, type ExitCode } from '../errors.js';
import type { Output } from '../output.js';
import { deploySettings } from '../settings.js';
import { plannedConfigs, plannedLines, writeConfigs, writtenLines } from './init.js';
import { buildRequest, type DetectedOf, type Following, type LeftOutOf, sendRequest } from './request.js';
import { serviceWishes, type ServiceOptions, type ServiceWish } from './service-wishes.js';

interface DeployOptions extends Following, Pick<ServiceOptions, 'depends' | 'replicas'> {
  readonly directory: string;
  readonly appId: string;
  readonly appName?: string;
  readonly services: readonly string[];
  readonly token?: string;
  readonly restart?: boolean;
  readonly reason?: string;
  readonly confirm?: ProgramContext['confirm'];
}

/** Checks, zips and uploads the services of a folder, then asks for build-and-run and follows it. */
export async function deploy(options: DeployOptions, output: Output): Promise<ExitCode> {
  const { services: folders, ...notes } = await checkedFolders(options, output);
  deploySettings();
  const services = serviceWishes(
    folders.map((folder) => folder.name),
    options,
  );
  const wish = { ...options, mode: 'build-and-run' } as const;
  // What is wrong with it is said before anything is uploaded.
  const { token } = buildRequest({ ...wish, services });
  const blobOf = (service: string): string =>
    sourceBlobName(slipwayName(options.appId), slipwayName(service));
  const onSent = ({ blob, bytes, leftOut }: SentSource): void =>
    output.note(`${output.paint.good('✔')} ${uploadedText(blob, bytes.length, leftOut)}`);
  const upload = () => sendFolders(folders, blobOf, onSent);
  const { sources, leftOut } = await beforeSending(options.interrupted, upload, UPLOADED_HINT);
  const uploaded = services.map((service) => ({ ...service, source: sources.get(service.name) }));
  return sendRequest(buildRequest({ ...wish, token, services: uploaded }), options, output, {
    ...notes,
    leftOut,
  });
}

const UPLOADED_HINT = 'A source that was uploaded changes nothing until it is built. Run the command again.';

interface SentSource {
  readonly service: string;
  readonly bytes: Buffer;
  readonly leftOut: readonly LeftOut[];
  readonly blob: string;
}

interface Sent {
  /** Where they lie, by service. */
  readonly sources: ReadonlyMap<string, ServiceWish['source']>;
  readonly leftOut: readonly LeftOutOf[];
}

/** Zips and uploads the sources of services, one after another; each is told once it is sent. */
export async function sendFolders(
  folders: readonly CheckedService[],
  blobOf: (service: string) => string,
  onSent: (sent: SentSource) => void,
): Promise<Sent> {
  const sources = new Map<string, ServiceWish['source']>();
  const all: LeftOutOf[] = [];
  for (const { name, sent } of folders) {
    const { leftOut } = sent;
    const bytes = await zipFolder(sent);
    const blob = blobOf(name);
    await uploadSource(blob, bytes);
    sources.set(name, { blob, sha256: createHash('sha256').update(bytes).digest('hex') });
    const service = slipwayName(name);
    onSent({ service, blob, bytes, leftOut });
    all.push(...leftOut.map((one) => ({ service, ...one })));
  }
  return { sources, leftOut: all };
}

interface CheckedService extends ServiceFolder, CheckedFolder {}

interface CheckedFolders extends FoundServices {
  readonly services: readonly CheckedService[];
  readonly detected: readonly DetectedOf[];
}

interface FolderOptions {
  readonly directory: string;
  readonly services: readonly string[];
  readonly confirm?: ProgramContext['confirm'];
}

/**
 * The services asked for, or all of the folder. All are checked before the first upload: a typo in the third must not
 * leave two changed. The same for a missing setting, or a bad argument. Says what each is, and which folders were passed
 * over.
 */
export async function checkedFolders(options: FolderOptions, output: Output): Promise<CheckedFolders> {
  const { directory, services: asked } = options;
  const found = await foundOrWritten(options, output);
  const chosen = chosenFolders(directory, found, asked);
  for (const { folder, why } of found.passedOver) output.note(shownText(`passed over ${folder}: ${why}`));
  for (const { name, directory: of } of chosen) {
    // Of `_` alone the reply says it.
    if (basename(of) !== name) output.note(shownText(deployedAs(basename(of), name)));
  }
  const services: CheckedService[] = [];
  for (const folder of chosen) services.push({ ...folder, ...(await checkSource(folder.directory)) });
  const detected = services.map((one) => ({ service: slipwayName(one.name), detected: one.detected }));
  for (const one of detected) output.note(shownText(`${one.service}: ${one.detected}`));
  for (const { name, sent, readsEnvFiles } of services) {
    const note = envFilesNote(slipwayName(name), { readsEnvFiles, leftOut: sent.leftOut });
    if (note !== undefined) output.note(note);
  }
  return { services, passedOver: found.passedOver, detected };
}

/** Of a folder without a service, whoever sits at a terminal is asked whether to write its config.json. */
async function foundOrWritten({ directory, confirm }: FolderOptions, output: Output): Promise<FoundServices> {
  try {
    return await findServices(directory);
  } catch (error) {
    const isOffered = error instanceof CliError && error.code === 'NO_SERVICE' && confirm !== undefined;
    if (!isOffered || output.isJson) throw error;
    output.note(`${error.message}.`);
    const planned = await plannedConfigs({ directory });
    for (const line of plannedLines(planned)) output.note(line);
    if (!(await confirm('Write one, as slipway init does?'))) throw error;
    for (const line of writtenLines(await writeConfigs(planned), output)) output.note(line);
    return findServices(directory);
  }
}

function chosenFolders(
  directory: string,
  { services, passedOver }: FoundServices,
  asked: readonly string[],
): readonly ServiceFolder[] {
  const names = services.map((folder) => folder.name);
  const { chosen, unknown } = chooseServices(
    names,
    asked.map((word) => nameOfFolder(word) ?? word),
  );
  if (unknown.length === 0) return services.filter((folder) => chosen.includes(folder.name));
  const passed = passedOver.filter(({ folder }) => unknown.includes(folder));
  throw usageError('NO_SERVICE', `${directory} has no service ${unknown.join(', ')}`, {
    hint: [
      `It has ${names.join(', ')}.`,
      ...passed.map(({ folder, why }) => `${folder} was passed over: ${why}.`),
    ].join(' '),
  });
}
