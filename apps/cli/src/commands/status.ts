import { type RegistryServiceLine, writtenAppIdSchema, writtenServiceNameSchema } from '#libs/contracts';
import { type NodeManager, openNodeManager } from '../adapters/node-manager.js';
import type { WatchEvent } from '../adapters/watch.js';
import {
  isKnown,
  servicesWithInstances,
  serviceWithInstances,
  startCommand,
  statusLines,
} from '../domain/status-lines.js';
import { withWaiting } from '../domain/waiting-lines.js';
import { changeLines, historyLines, whereLines } from '../domain/where-lines.js';
import { exitCodes, type ExitCode, usageError } from '../errors.js';
import type { Output } from '../output.js';
import { knownAddresses } from './known-addresses.js';
import { namesHere } from './names-here.js';
import { notDeployed } from './not-deployed.js';
import { waitingForRoom } from './waiting-for-room.js';
import { valid } from './valid.js';

interface StatusOptions {
  /** Of every application when left out. */
  readonly appId?: string;
  /** Of every service when left out. */
  readonly service?: string;
  /** Those that have ended, too. */
  readonly all: boolean;
  /** What happened to the instances of the service instead. */
  readonly history: boolean;
  /** Also each change from now on, until interrupted. */
  readonly watch: boolean;
  readonly interrupted: () => Promise<void>;
}

/** What runs where. */
export async function status(written: StatusOptions, output: Output): Promise<ExitCode> {
  valid(
    { argument: '<app>', schema: writtenAppIdSchema, text: written.appId },
    { argument: '<service>', schema: writtenServiceNameSchema, text: written.service },
  );
  const options = namesHere(written, output);
  const { appId, service, history } = options;
  const registry = openNodeManager();
  if (history) return showHistory(registry, options, output);
  if (options.watch) return watch(registry, options, output);
  if (appId === undefined || service === undefined) return showAll(registry, options, output);
  const found = await registry.service(appId, service);
  const waiting = await waitingForRoom({ appId, service }, output);
  const addresses = await knownAddresses({ appId, service });
  const lines = withWaiting(whereLines(found, addresses), waiting);
  output.answer(serviceWithInstances(found, waiting, addresses), lines);
  return exitCodes.ok;
}

async function showAll(
  registry: NodeManager,
  { appId, all }: StatusOptions,
  output: Output,
): Promise<ExitCode> {
  // In this order the service of each instance is known.
  const instances = await registry.instances({ appId, state: all ? undefined : 'running' });
  const services = await registry.services({ appId });
  const shown = services.filter((line) => all || isKnown(line));
  const waiting = await waitingForRoom({ appId }, output);
  if (appId !== undefined && [services, instances, waiting].every(({ length }) => length === 0))
    throw notDeployed({ appId });
  const addresses = await knownAddresses({ appId });
  const lines = withWaiting(statusLines(shown, instances, addresses), waiting);
  const runs =
    instances.some(({ state }) => state === 'running') ||
    shown.some(({ running, wanted }) => running > 0 || (wanted ?? 0) > 0);
  output.answer(
    servicesWithInstances(shown, instances, waiting, addresses),
    runs ? lines : [...lines, ...nothing(shown, appId, output)],
  );
  return exitCodes.ok;
}

/** The newest first. */
const EVENTS_SHOWN = 50;

async function showHistory(
  registry: NodeManager,
  { appId, service }: StatusOptions,
  output: Output,
): Promise<ExitCode> {
  if (appId === undefined)
    throw usageError('USAGE', '--history needs an application', {
      hint: 'Name the application, and a service if you like: slipway status shop prices --history',
    });
  const events = await registry.instanceEvents({ appId, service }, EVENTS_SHOWN);
  if (events.length === 0 && (await registry.services({ appId })).length === 0) throw notDeployed({ appId });
  const of = service === undefined ? appId : `${appId}/${service}`;
  const unknown = [
    `Nothing is known of what ran of ${of}.`,
    `next: ${output.paint.bold(`slipway status ${appId} --all`)}`,
  ];
  const lines = events.length === 0 ? unknown : historyLines(events);
  output.answer(events, lines);
  return exitCodes.ok;
}

/** What lives, then each change; an object a line with `--json`. */
async function watch(
  registry: NodeManager,
  { appId, service, interrupted }: StatusOptions,
  output: Output,
): Promise<ExitCode> {
  const over = new AbortController();
  void interrupted().then(() => over.abort());
  output.aside('Watching; Ctrl-C ends it.');
  const onLost = (): void => output.aside('The node manager does not answer. Waiting for it.');
  for await (const seen of registry.watch({ appId, service, signal: over.signal, onLost }))
    output.answer({ event: seen.event, ...seen.data }, seenLines(seen, appId));
  return exitCodes.ok;
}

function seenLines({ event, data }: WatchEvent, appId: string | undefined): readonly string[] {
  if (event !== 'snapshot') return changeLines(data);
  const lines = statusLines(data.services.filter(isKnown), data.instances);
  // An empty screen looks as if nothing was heard.
  return lines.length > 0
    ? lines
    : [appId === undefined ? 'Nothing runs yet.' : `Nothing of ${appId} runs yet.`];
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
