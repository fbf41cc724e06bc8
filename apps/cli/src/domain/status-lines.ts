import {
  type RegistryInstance,
  type RegistryServiceLine,
  scalesToZero,
  scalingPolicySchema,
  type ServiceDetails,
  type WaitingInstance,
} from '#libs/contracts';
import { tableLines } from './table.js';

const SERVICES = ['APP', 'SERVICE', 'RUNNING', 'STATE', 'RELEASE'];
const ENDPOINT = 'ENDPOINT';
const INSTANCES = ['APP', 'SERVICE', 'STATE', 'NODE', 'URL', 'RELEASE', 'INSTANCE'];
const NONE = '-';

/** As people are shown it: one that is crashing counts as running. */
export const shownState = ({ state, crashing }: RegistryInstance): string =>
  crashing === undefined ? state : 'crashing';

/** What the tables have no column for: how those that crash do, and where to read why. */
function crashLines(instances: readonly RegistryInstance[]): string[] {
  return instances.flatMap(({ instance, appId, service, crashing }) => {
    if (crashing === undefined) return [];
    const { restarts, since } = crashing;
    const times = restarts === 1 ? 'once' : `${restarts} times`;
    return [
      `${instance} is crashing: it was restarted ${times}, first seen at ${since}. See: slipway logs ${appId} ${service}`,
    ];
  });
}

/** What the tables have no column for, either: which release gets a part of the requests. */
function canaryLines(services: readonly RegistryServiceLine[]): string[] {
  return services.flatMap(({ appId, service, canary }) =>
    canary
      ? [
          `${appId}/${service}: ${canary.percent} % of the requests go to release ${canary.release} (canary). See: slipway traffic ${appId} ${service}`,
        ]
      : [],
  );
}

/** Where services are reached at the gateway, by `app/service`; empty where that is not known. */
export type Addresses = ReadonlyMap<string, string>;

const addressIn = (
  addresses: Addresses,
  { appId, service }: Pick<RegistryServiceLine, 'appId' | 'service'>,
) => addresses.get(`${appId}/${service}`);

const endpointIn = (addresses: Addresses, line: RegistryServiceLine): ServiceStatus['endpoint'] => {
  const url = addressIn(addresses, line);
  return url === undefined ? undefined : { url };
};

/** Each service with what runs of what is wanted, and its address where one is known. */
export function serviceLines(
  services: readonly RegistryServiceLine[],
  addresses: Addresses = new Map(),
): string[] {
  const rows = services.map(serviceRow);
  if (!services.some((line) => addressIn(addresses, line) !== undefined)) return tableLines(SERVICES, rows);
  const more = services.map((line, index) => [...(rows[index] ?? []), addressIn(addresses, line) ?? NONE]);
  return tableLines([...SERVICES, ENDPOINT], more);
}

/** The services with what runs of what is wanted, then the instances: each table only where it has rows. */
export function statusLines(
  services: readonly RegistryServiceLine[],
  instances: readonly RegistryInstance[],
  addresses: Addresses = new Map(),
): string[] {
  const counted = services.length === 0 ? [] : serviceLines(services, addresses);
  const rows = instances.map((i) => [
    i.appId,
    i.service,
    shownState(i),
    i.node,
    i.url ?? NONE,
    i.release,
    i.instance,
  ]);
  const listed = rows.length === 0 ? [] : tableLines(INSTANCES, rows);
  const tables = [...counted, ...(counted.length > 0 && listed.length > 0 ? [''] : []), ...listed];
  const said = [...canaryLines(services), ...crashLines(instances)];
  return said.length === 0 ? tables : [...tables, '', ...said];
}

/** A service as programs are given it: with the state that the table shows, and its instances. */
interface ServiceStatus extends RegistryServiceLine {
  readonly state: string;
  /** Where it is reached at the gateway, where that is known. */
  readonly endpoint?: { readonly url: string };
  readonly instances: readonly RegistryInstance[];
  /** Those of its instances that wait for room. */
  readonly waiting: readonly WaitingInstance[];
}

export const servicesWithInstances = (
  services: readonly RegistryServiceLine[],
  instances: readonly RegistryInstance[],
  waiting: readonly WaitingInstance[],
  addresses: Addresses = new Map(),
): readonly ServiceStatus[] =>
  services.map((line) => ({
    ...line,
    state: stateOf(line),
    endpoint: endpointIn(addresses, line),
    instances: instances
      .filter((instance) => isOf(line, instance))
      .map((instance) => ({ ...instance, state: shownState(instance) })),
    waiting: waiting.filter((instance) => isOf(line, instance)),
  }));

const isOf = (line: RegistryServiceLine, { appId, service }: Pick<WaitingInstance, 'appId' | 'service'>) =>
  appId === line.appId && service === line.service;

/** The same of one service. */
export const serviceWithInstances = (
  { instances, ...line }: ServiceDetails,
  waiting: readonly WaitingInstance[],
  addresses: Addresses = new Map(),
): ServiceStatus | undefined => servicesWithInstances([line], instances, waiting, addresses)[0];

/** Of which something runs, or is known to be wanted: that may be 0. */
export const isKnown = ({ running, wanted }: RegistryServiceLine): boolean => running > 0 || isSaid(wanted);

const isSaid = (wanted: number | null | undefined): wanted is number => typeof wanted === 'number';

/** `2/3`: two of three that are wanted. */
function serviceRow(line: RegistryServiceLine): string[] {
  const { appId, service, running, wanted, release, wantedRelease, canary } = line;
  const count = isSaid(wanted) ? `${running}/${wanted + (canary?.count ?? 0)}` : String(running);
  // The newest that runs may be the canary.
  const shown = canary ? (wantedRelease ?? release) : (release ?? wantedRelease);
  return [appId, service, count, stateOf(line), shown ?? NONE];
}

function stateOf(line: RegistryServiceLine): string {
  const { running, wanted, wantedState, crashing = 0 } = line;
  if (wantedState === 'stopped') return running > 0 ? 'stopping' : 'stopped';
  if (wanted === 0) return 'scaled to 0';
  if (crashing > 0) return 'crashing';
  if (running > 0) return 'running';
  return isWoken(line) ? 'starting' : 'not running';
}

/** One whose policy allows none has one again: a request has come, and nothing is wrong. */
function isWoken({ wanted, scaling }: RegistryServiceLine): boolean {
  const { success, data } = scalingPolicySchema.safeParse(scaling ?? undefined);
  return success && isSaid(wanted) && scalesToZero(data);
}

/** Where nothing runs: the command that starts something. */
export function startCommand(services: readonly RegistryServiceLine[], appId = '<id>'): string {
  const isStopped = ({ wantedState, wantedRelease }: RegistryServiceLine): boolean =>
    wantedState === 'stopped' && typeof wantedRelease === 'string';
  const [stopped] = services.filter(isStopped);
  if (stopped !== undefined) {
    const together = services.filter((line) => isStopped(line) && line.appId === stopped.appId);
    return `slipway run ${stopped.appId} ${together.map(({ service }) => service).join(' ')}`;
  }
  const scaled = services.find(({ wanted, wantedState }) => wanted === 0 && wantedState === 'running');
  if (scaled !== undefined) return `slipway scale ${scaled.appId} ${scaled.service} 1`;
  return `slipway deploy <dir> --app ${appId}`;
}
