import type { MachineProblem, NodeDetails, NodeEvent, NodePage } from '#libs/contracts';
import { marks, type Paint } from './progress-lines.js';
import { tableLines } from './table.js';
import { shownText } from './terminal-text.js';

const GIBIBYTE = 1024 ** 3;
const SSH_PORT = 22;
const UNKNOWN = '-';

const gibibytes = (bytes: number | null | undefined): string =>
  typeof bytes === 'number' ? `${(bytes / GIBIBYTE).toFixed(1)} GiB` : UNKNOWN;

const cores = (cpus: number | null | undefined): string =>
  typeof cpus === 'number' ? String(Number(cpus.toFixed(2))) : UNKNOWN;

const placeOf = ({ address, sshPort }: Pick<NodeDetails, 'address' | 'sshPort'>): string =>
  (sshPort ?? SSH_PORT) === SSH_PORT ? address : `${address}:${sshPort}`;

function engineText({
  engineVersion,
  unenforced,
}: Pick<NodeDetails, 'engineVersion' | 'unenforced'>): string {
  const limits = unenforced ?? [];
  const version = engineVersion ?? UNKNOWN;
  return limits.length === 0 ? version : `${version} (no limits of ${limits.join(', ')})`;
}

/** The table of nodes: what instances may have of each. Zones and reasons have a column where there are any. */
export function nodeTable(nodes: readonly NodeDetails[]): string[] {
  const hasZones = nodes.some(({ zone }) => typeof zone === 'string');
  const hasReasons = nodes.some(({ stateReason }) => typeof stateReason === 'string');
  const head = [
    ...['NODE', 'STATE', 'ADDRESS', 'CPUS', 'MEMORY', ...(hasZones ? ['ZONE'] : []), 'ENGINE'],
    ...(hasReasons ? ['REASON'] : []),
  ];
  const row = (node: NodeDetails): string[] => [
    ...[node.name, node.state, placeOf(node)],
    ...[
      cores(node.allocatable?.cpus ?? node.cpus),
      gibibytes(node.allocatable?.memoryBytes ?? node.memoryBytes),
    ],
    ...(hasZones ? [node.zone ?? UNKNOWN] : []),
    engineText(node),
    ...(hasReasons ? [shownText(node.stateReason ?? '')] : []),
  ];
  return tableLines(head, nodes.map(row));
}

/** `problem  what to do`, those that refuse marked so. */
export function problemLines(problems: readonly MachineProblem[], paint: Paint): string[] {
  return problems.flatMap(({ code, severity, message, hint }) => [
    severity === 'refuses'
      ? `${paint.bad(marks.failed)} ${paint.bad(code)}  ${shownText(message)}`
      : `${paint.bold('!')} ${code}  ${shownText(message)}`,
    `  ${paint.dim(shownText(hint))}`,
  ]);
}

type Field = readonly [name: string, value: string | undefined];

const labelText = (labels: NodeDetails['labels']): string | undefined => {
  const pairs = Object.entries(labels ?? {}).map(([key, value]) => `${key}=${value}`);
  return pairs.length === 0 ? undefined : pairs.join(' ');
};

const sizeText = (size: NodeDetails['capacity']): string | undefined => {
  const parts = [
    typeof size?.cpus === 'number' ? `${cores(size.cpus)} cores` : undefined,
    typeof size?.memoryBytes === 'number' ? gibibytes(size.memoryBytes) : undefined,
  ].filter((part) => part !== undefined);
  return parts.length === 0 ? undefined : parts.join(', ');
};

/** `ready since 2026-01-01T00:00:00.000Z, by ada: new disk` */
export function stateText({ state, stateReason, stateSince, stateBy }: NodeDetails): string {
  const since = typeof stateSince === 'string' ? ` since ${stateSince}` : '';
  const by = typeof stateBy === 'string' ? `, by ${stateBy}` : '';
  const reason = typeof stateReason === 'string' ? `: ${shownText(stateReason)}` : '';
  return `${state}${since}${by}${reason}`;
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

function fieldsOf(node: NodePage): readonly Field[] {
  const { unenforced, drain } = node;
  const until = typeof drain?.deadline === 'string' ? `, should be done by ${drain.deadline}` : '';
  const left = drain?.left ?? 0;
  return [
    ['state', stateText(node)],
    ['address', placeOf(node)],
    ['ssh user', textOf(node['sshUser'])],
    ['host key', [textOf(node['hostKeyFingerprint']), node.hostKeyType].filter(Boolean).join(' ')],
    ['jump host', node.jump?.address],
    ['engine', engineText({ engineVersion: node.engineVersion, unenforced })],
    ['machine', [node.architecture, sizeText(node)].filter(Boolean).join(', ')],
    ['capacity', sizeText(node.capacity)],
    ['reserve', sizeText(node.reserve)],
    ['for instances', sizeText(node.allocatable)],
    ['zone', node.zone ?? undefined],
    ['labels', labelText(node.labels)],
    ['drain', drain ? (typeof drain.drainedAt === 'string' ? 'done' : `${left} to move${until}`) : undefined],
  ];
}

/** One node: what it is, what runs there, what holds a drain up, what happened. */
export function nodePageLines(node: NodePage, paint: Paint): string[] {
  const fields = fieldsOf(node).filter(([, value]) => value !== undefined && value !== '');
  const width = Math.max(...fields.map(([name]) => name.length));
  const { instances, events, drain } = node;
  return [
    paint.bold(node.name),
    ...fields.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`),
    ...section(
      'instances',
      (instances ?? []).map(({ instance, appId, service, state }) => [
        instance,
        `${appId}/${service}`,
        state,
      ]),
    ),
    ...section('holds the drain up', holdingRows(drain?.holding)),
    ...section('history', (events ?? []).map(eventRow)),
  ];
}

const section = (title: string, rows: readonly (readonly string[])[]): string[] => {
  const [first, ...others] = rows;
  return first === undefined
    ? []
    : ['', `${title}:`, ...tableLines(first, others).map((line) => `  ${line}`)];
};

const holdingRows = (holding: NonNullable<NodeDetails['drain']>['holding']): string[][] =>
  (holding ?? []).map(({ instance, appId, service, reason }) => [
    ...[instance, `${appId}/${service}`, shownText(reason)],
  ]);

const eventRow = ({ at, event, state, by, reason }: NodeEvent): string[] => [
  ...[at, event, state, typeof by === 'string' ? `by ${by}` : '', shownText(reason ?? '')],
];

/** While a drain is waited for: what is left and what holds it up. */
export function drainLines({ name, drain }: NodeDetails): string[] {
  const left = drain?.left ?? 0;
  const holding = drain?.holding ?? [];
  return [
    `${name}: ${left} ${left === 1 ? 'instance' : 'instances'} to move`,
    ...holding.map(({ instance, reason }) => `  ${instance}: ${shownText(reason)}`),
  ];
}
