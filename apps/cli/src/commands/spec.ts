import { writtenAppIdSchema, writtenServiceNameSchema } from '#libs/contracts';
import { openDeployer } from '../adapters/deployer.js';
import { specLines } from '../domain/spec-lines.js';
import { exitCodes, type ExitCode } from '../errors.js';
import type { Output } from '../output.js';
import { namesHere } from './names-here.js';
import { valid } from './valid.js';

interface SpecOptions {
  readonly appId: string;
  readonly service: string;
}

/** What is wanted of a service, what runs, and its last changes: the newest first. */
export async function spec(options: SpecOptions, output: Output): Promise<ExitCode> {
  valid(
    { argument: '<app>', schema: writtenAppIdSchema, text: options.appId },
    { argument: '<service>', schema: writtenServiceNameSchema, text: options.service },
  );
  const { appId, service } = namesHere(options, output);
  const found = await openDeployer().spec(appId, service);
  output.answer(found, specLines(found));
  return exitCodes.ok;
}
