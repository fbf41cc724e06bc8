import { checkConfig, findServices, zipFolder, type ServiceFolder } from '../adapters/source-folder.js';
import { uploadSource } from '../adapters/upload.js';
import { chooseServices, sourceBlobName } from '../domain/targets.js';
import { usageError, type ExitCode } from '../errors.js';
import type { Output } from '../output.js';
import { deploySettings } from '../settings.js';
import { kibibytes } from './push.js';
import { buildRequest, sendRequest } from './request.js';

export interface DeployOptions {
  readonly directory: string;
  readonly appId: string;
  readonly appName?: string;
  readonly services: readonly string[];
  readonly token?: string;
  readonly timeoutMs: number;
  readonly interrupted: () => Promise<void>;
}

/** Checks, zips and uploads the services of a folder, then asks for build-and-run and follows it. */
export async function deploy(options: DeployOptions, output: Output): Promise<ExitCode> {
  const folders = await chosenFolders(options);
  // All of them before the first upload: a typo in the third must not leave two changed. The same for a missing setting,
  // or a bad argument.
  for (const folder of folders) await checkConfig(folder.directory);
  deploySettings();
  const services = folders.map((folder) => folder.name);
  const request = buildRequest({ ...options, mode: 'build-and-run', services });
  for (const folder of folders) await send(folder, options.appId, output);
  return sendRequest(request, options, output);
}

async function chosenFolders(options: DeployOptions): Promise<readonly ServiceFolder[]> {
  const found = await findServices(options.directory);
  const { chosen, unknown } = chooseServices(
    found.map((folder) => folder.name),
    options.services,
  );
  if (unknown.length === 0) return found.filter((folder) => chosen.includes(folder.name));
  throw usageError('NO_SERVICE', `${options.directory} has no service ${unknown.join(', ')}`, {
    hint: `It has ${found.map((folder) => folder.name).join(', ')}.`,
  });
}

async function send(folder: ServiceFolder, appId: string, output: Output): Promise<void> {
  const bytes = await zipFolder(folder.directory);
  const blob = sourceBlobName(appId, folder.name);
  await uploadSource(blob, bytes);
  output.note(`${output.paint.good('✔')} uploaded ${blob} (${kibibytes(bytes)})`);
}
