import { writtenAppIdSchema, type RegistryServiceLine } from '#libs/contracts';
import { openNodeManager } from '../adapters/node-manager.js';
import { isKnown, servicesWithInstances, startCommand, statusLines } from '../domain/status-lines.js';
import { exitCodes, type ExitCode } from '../errors.js';
import type { Output } from '../output.js';
import { namesHere } from './names-here.js';
import { valid } from './valid.js';

interface StatusOptions {
  /** Of every application when left out. */
  readonly appId?: string;
  /** Those that have ended, too. */
  readonly all: boolean;
}

/** What runs where. */
export async function status(options: StatusOptions, output: Output): Promise<ExitCode> {
  valid({ argument: '<app>', schema: writtenAppIdSchema, text: options.appId });
  const { appId, all } = namesHere(options, output);
  const registry = openNodeManager();
  // In this order the service of each instance is known.
  const instances = await registry.instances({ appId, state: all ? undefined : 'running' });
  const services = await registry.services({ appId });
  const shown = services.filter((line) => all || isKnown(line));
  const lines = statusLines(shown, instances);
  const runs =
    instances.some(({ state }) => state === 'running') ||
    shown.some(({ running, wanted }) => running > 0 || (wanted ?? 0) > 0);
  output.answer(
    servicesWithInstances(shown, instances),
    runs ? lines : [...lines, ...nothing(shown, appId, output)],
  );
  return exitCodes.ok;
}

function nothing(
  services: readonly RegistryServiceLine[],
  appId: string | undefined,
  { paint }: Output,
): string[] {
  return [
    ...(services.length === 0 ? [] : ['']),
    appId === undefined ? 'Nothing runs.' : `Nothing of ${appId} runs.`,
    `next: ${paint.bold(startCommand(services, appId))}`,
  ];
}
