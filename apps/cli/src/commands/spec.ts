import { appIdSchema, serviceNameSchema } from '#libs/contracts';
import { openDeployer } from '../adapters/deployer.js';
import { specLines } from '../domain/spec-lines.js';
import { exitCodes, type ExitCode } from '../errors.js';
import type { Output } from '../output.js';
import { valid } from './valid.js';

interface SpecOptions {
  readonly appId: string;
  readonly service: string;
}

/** What is wanted of a service, what runs, and its last changes: the newest first. */
export async function spec({ appId, service }: SpecOptions, output: Output): Promise<ExitCode> {
  valid(
    { argument: '<app>', schema: appIdSchema, text: appId },
    { argument: '<service>', schema: serviceNameSchema, text: service },
  );
  const found = await openDeployer().spec(appId, service);
  output.answer(found, specLines(found));
  return exitCodes.ok;
}
