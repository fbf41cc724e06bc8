import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { sourceBlobName, writtenAppIdSchema, writtenServiceNameSchema } from '#libs/contracts';
import { type CheckedZip, checkSource, readZip } from '../adapters/source-folder.js';
import { uploadSource } from '../adapters/upload.js';
import { zipFolder } from '../adapters/zip-folder.js';
import { deployedAs, nameOfFolder } from '../domain/folder-name.js';
import { envFilesNote, type LeftOut, uploadedText } from '../domain/left-out.js';
import { shownText } from '../domain/terminal-text.js';
import { exitCodes, usageError, type ExitCode } from '../errors.js';
import type { Output } from '../output.js';
import { namesHere } from './names-here.js';
import { valid } from './valid.js';

interface PushOptions {
  readonly path: string;
  readonly appId: string;
  /** The name of the folder or the zip, when left out. */
  readonly service?: string;
}

/** Uploads one service's source, from a folder or a ready zip, without deploying it. */
export async function push(options: PushOptions, output: Output): Promise<ExitCode> {
  const { path, appId: app, service: given } = options;
  const folder = basename(resolve(path), '.zip');
  const named = given ?? nameOfFolder(folder) ?? folder;
  valid(
    { argument: '--app', schema: writtenAppIdSchema, text: app },
    { argument: '--service', schema: writtenServiceNameSchema, text: named },
  );
  if (given === undefined && named !== folder) output.aside(shownText(deployedAs(folder, named)));
  const { appId, service } = namesHere({ appId: app, service: named }, output);
  const { bytes, leftOut, detected, readsEnvFiles } = await sourceOf(path);
  const note = envFilesNote(service, { readsEnvFiles, leftOut });
  if (note !== undefined) output.note(note);
  const blob = sourceBlobName(appId, service);
  await uploadSource(blob, bytes);
  const next = `slipway build ${appId} ${service}`;
  output.answer({ appId, service, blob, bytes: bytes.length, leftOut, detected, next }, [
    shownText(`${service}: ${detected}`),
    `${output.paint.good('✔')} ${uploadedText(blob, bytes.length, leftOut)}`,
    `next: ${output.paint.bold(next)}`,
  ]);
  return exitCodes.ok;
}

interface CheckedSource extends CheckedZip {
  readonly leftOut: readonly LeftOut[];
  readonly readsEnvFiles: boolean;
}

async function sourceOf(path: string): Promise<CheckedSource> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) {
    throw usageError('SOURCE_NOT_FOUND', `${path} does not exist`, { hint: 'Name a folder or a zip.' });
  }
  // A zip is sent as it is.
  if (!found.isDirectory()) return { ...(await readZip(path)), leftOut: [], readsEnvFiles: false };
  const { sent, ...checked } = await checkSource(path);
  return { ...checked, bytes: await zipFolder(sent), leftOut: sent.leftOut };
}
