import type { InstanceEvent, RegistryInstance, ServiceDetails, WatchChange } from '#libs/contracts';
import { type Addresses, serviceLines, shownState } from './status-lines.js';
import { tableLines } from './table.js';

const INSTANCES = ['STATE', 'SINCE', 'NODE', 'ADDRESS', 'URL', 'RELEASE', 'INSTANCE'];
const EVENTS = ['TIME', 'EVENT', 'NODE', 'INSTANCE', 'WHY'];
const NONE = '-';

/** Where a service runs: how many instances of those that are wanted, then each that lives. */
export function whereLines({ instances, ...service }: ServiceDetails, addresses?: Addresses): string[] {
  const rows = instances.map((one) => [
    ...[shownState(one), one.since ?? NONE, one.node, addressOf(one), one.url ?? NONE, one.release],
    one.instance,
  ]);
  const reasons = instances.flatMap(({ instance, state, reason }) =>
    reason === undefined ? [] : [`${instance} is ${state}: ${reason}`],
  );
  return [
    ...serviceLines([service], addresses),
    ...(rows.length === 0 ? ['', endedLine(service)] : ['', ...tableLines(INSTANCES, rows)]),
    ...(reasons.length === 0 ? [] : ['', ...reasons]),
  ];
}

const endedLine = ({ appId, service }: Pick<ServiceDetails, 'appId' | 'service'>): string =>
  `No instance lives. What happened to those before: slipway status ${appId} ${service} --history`;

const addressOf = ({ ip, port }: RegistryInstance): string =>
  ip === undefined || port === undefined ? NONE : `${ip}:${port}`;

/** What happened to instances, in the order given. */
export const historyLines = (events: readonly InstanceEvent[]): string[] =>
  tableLines(
    EVENTS,
    events.map(({ at, event, node, instance, reason }) => [at, event, node, instance, reason ?? '']),
  );

/** One change of the registry; nothing of what was removed from it, for it had ended long before. */
export function changeLines({ node, service, instance }: WatchChange): string[] {
  if (node !== undefined)
    return [`node ${node.name} is ${node.state}${node.stateReason ? `: ${node.stateReason}` : ''}`];
  if (service !== undefined) {
    const { appId, running, wanted } = service;
    const count = typeof wanted === 'number' ? `${running}/${wanted}` : String(running);
    return [`${appId}/${service.service} runs ${count}`];
  }
  if (instance === undefined) return [];
  const { url, reason, since } = instance;
  const where = [`on ${instance.node}`, ...(url === undefined ? [] : [url])].join(', ');
  const why = reason === undefined ? '' : `: ${reason}`;
  return [`${since ?? NONE} ${instance.instance} is ${shownState(instance)} ${where}${why}`];
}
