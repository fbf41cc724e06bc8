import { stat } from 'node:fs/promises';
import { appIdSchema, serviceNameSchema } from '#libs/contracts';
import type { z } from 'zod';
import { checkConfig, readZip, zipFolder } from '../adapters/source-folder.js';
import { uploadSource } from '../adapters/upload.js';
import { sourceBlobName } from '../domain/targets.js';
import { exitCodes, usageError, type ExitCode } from '../errors.js';
import type { Output } from '../output.js';

export interface PushOptions {
  readonly path: string;
  readonly appId: string;
  readonly service: string;
}

/** Uploads one service's source, from a folder or a ready zip, without deploying it. */
export async function push(options: PushOptions, output: Output): Promise<ExitCode> {
  valid(appIdSchema, options.appId);
  valid(serviceNameSchema, options.service);
  const bytes = await sourceBytes(options.path);
  const blob = sourceBlobName(options.appId, options.service);
  await uploadSource(blob, bytes);
  output.data({ blob, bytes: bytes.length });
  output.line(`${output.paint.good('✔')} ${options.path} is ${blob} (${kibibytes(bytes)})`);
  output.line(`next: ${output.paint.bold(`slipway build ${options.appId} ${options.service}`)}`);
  return exitCodes.ok;
}

async function sourceBytes(path: string): Promise<Buffer> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) {
    throw usageError('SOURCE_NOT_FOUND', `${path} does not exist`, { hint: 'Name a folder or a zip.' });
  }
  if (!found.isDirectory()) return readZip(path);
  await checkConfig(path);
  return zipFolder(path);
}

/** Throws a usage error with the schema's own words. */
export function valid(schema: z.ZodType<string>, text: string): void {
  const parsed = schema.safeParse(text);
  if (parsed.success) return;
  const why = parsed.error.issues.map((issue) => issue.message).join('; ');
  throw usageError('MESSAGE_INVALID', `"${text}": ${why}`, { hint: 'Choose another name.' });
}

export const kibibytes = (bytes: Buffer): string => `${Math.ceil(bytes.length / 1024)} KiB`;
