import type { EvictedInstance, ExplainedPlacement, RefusedNodesLine, ScoredNodeLine } from '#libs/contracts';
import { INDENT, marks, type Paint } from './progress-lines.js';
import { tableLines } from './table.js';

/** Why a node request was answered as it was: the answer, what the best nodes scored, and what ruled out the others. */
export function placementLines(placement: ExplainedPlacement, paint: Paint): string[] {
  const { appId, service, accessToken, best, refused, nodes, evicted = [] } = placement;
  return [
    `${paint.bold(`${appId}/${service}`)}  ${accessToken}`,
    ` ${outcomeLine(placement, paint)}`,
    `${INDENT}asked for ${askedText(placement)}`,
    ...(best.length === 0 ? [] : ['', ...scoreTable(placement), '', whyThisNode(placement)]),
    ...(refused.length === 0 ? [] : ['', `${ruledOut(refused, nodes)}:`, ...refusedTable(refused)]),
    ...(evicted.length === 0
      ? []
      : ['', `Asked to make room for it while it waited:`, ...evictedTable(evicted)]),
    ...(nodes === 0 ? ['', 'No node is enrolled.'] : []),
  ];
}

function outcomeLine(
  { node, port, score, policy, answeredAt, nodes }: ExplainedPlacement,
  paint: Paint,
): string {
  const of = `${countOf(nodes, 'node')}, policy ${policy}, at ${answeredAt}`;
  if (node === undefined) return `${paint.bad(marks.failed)} no node takes it: of ${of}`;
  const where = port === undefined ? node : `${node}, port ${port}`;
  return `${paint.good(marks.done)} placed on ${where}, score ${score}: of ${of}`;
}

const countOf = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

/** 0.5 cores, 100 MiB. */
export const sizeText = ({ cpu, memoryMiB }: { readonly cpu: number; readonly memoryMiB: number }): string =>
  `${short(cpu)} cores, ${memoryMiB} MiB`;

const short = (value: number): number => Number(value.toFixed(3));

function askedText({ asked }: ExplainedPlacement): string {
  const { resources, needsPort, onNode, toNode, placement = {}, avoidNodes = [], exceptNodes = [] } = asked;
  const { constraints = [], affinity = [], antiAffinity = [] } = placement;
  const list = (what: string, names: readonly string[]): readonly string[] =>
    names.length === 0 ? [] : [`${what} ${names.join(', ')}`];
  return [
    sizeText(resources),
    needsPort === false ? 'no port' : 'a port',
    ...constraints,
    ...list('beside', affinity),
    ...list('not beside', antiAffinity),
    ...(onNode === undefined ? [] : [`on ${onNode}, where its volumes are`]),
    ...(toNode === undefined ? [] : [`moved to ${toNode}`]),
    ...list('rather not on', avoidNodes),
    ...list('never on', exceptNodes),
  ].join('; ');
}

const pointsOf = ({ terms }: ScoredNodeLine, name: string): number =>
  terms.find((term) => term.name === name)?.points ?? 0;

const termNames = (best: readonly ScoredNodeLine[]): readonly string[] => [
  ...new Set(best.flatMap(({ terms }) => terms.map(({ name }) => name))),
];

/** A column for each term: its points, and in brackets how they come about. */
function scoreTable({ best, node }: ExplainedPlacement): string[] {
  const names = termNames(best);
  const rows = best.map((scored) => [
    `${scored.node}${scored.node === node ? ' *' : ''}`,
    String(short(scored.points)),
    ...names.map((name) => {
      const term = scored.terms.find((one) => one.name === name);
      return term === undefined ? '-' : `${short(term.points)} (${short(term.value)} x ${term.weight})`;
    }),
  ]);
  return tableLines(['NODE', 'POINTS', ...names.map((name) => name.toUpperCase())], rows);
}

function whyThisNode({ best, node }: ExplainedPlacement): string {
  const chosen = best.find((scored) => scored.node === node);
  const other = best.find((scored) => scored.node !== node);
  if (chosen === undefined || other === undefined) return `* ${node} is the only node that takes it.`;
  const lead = short(chosen.points - other.points);
  if (lead < 0)
    return `* ${node} was taken: at that moment, another instance was being placed on ${other.node}.`;
  if (lead === 0) return `* ${node} has as many points as ${other.node}, and comes first by its name.`;
  const most = termNames([chosen, other])
    .map((name) => ({ name, by: pointsOf(chosen, name) - pointsOf(other, name) }))
    .toSorted((a, b) => b.by - a.by)[0];
  return `* ${node} has ${lead} points more than ${other.node}, most of them by ${most?.name}.`;
}

const ruledOut = (refused: readonly RefusedNodesLine[], nodes: number): string => {
  const count = refused.reduce((sum, of) => sum + of.nodes, 0);
  return `${count} of ${countOf(nodes, 'node')} ${count === 1 ? 'is' : 'are'} ruled out, each by the first filter that refuses it`;
};

/** What each filter refused, how close it was, and what would have to change. */
export const refusedTable = (refused: readonly RefusedNodesLine[]): string[] =>
  tableLines(
    ['FILTER', 'NODES', 'CLOSEST', 'TO CHANGE THAT'],
    refused.map((of) => [of.filter, String(of.nodes), of.missing, wayOut(of)]),
  );

/** Who makes room, with what it is worth. */
export const evictedTable = (evicted: readonly EvictedInstance[]): string[] =>
  tableLines(
    ['INSTANCE', 'SERVICE', 'PRIORITY', 'NODE'],
    evicted.map(({ instance, appId, service, priority, node }) => [
      ...[instance, `${appId}/${service}`, String(priority), node],
    ]),
  );

/** By filter, for the node that came closest. */
const waysOut: Readonly<Record<string, (node: string) => string>> = {
  volumes: () => 'bring that node back; the data of the volumes lies there',
  state: (node) => `slipway node show ${node}`,
  login: () => 'slipway node add, with its login',
  'just-failed': () => 'another request may try it there again',
  'move-target': () => 'none: a move has one target',
  held: () => 'wait until the one that it is kept for is placed: slipway status shows it',
  busy: () => 'none: another instance was being placed there at that moment',
  architecture: () => 'an image for those processors, or a node of the other kind',
  constraints: (node) => `slipway node label ${node}, or placement in config.json`,
  affinity: () => 'run those services there, or change placement in config.json',
  'anti-affinity': () => 'stop those services there, or change placement in config.json',
};

function wayOut({ filter, closest, quantity }: RefusedNodesLine): string {
  if (quantity === undefined) return waysOut[filter]?.(closest) ?? '-';
  const { unit, needed, free } = quantity;
  const more = `${short(needed - Math.max(0, free))} ${unit} more on ${closest}`;
  return free > 0 && (filter === 'cpu' || filter === 'memory')
    ? `${more}, or ask for ${free} ${unit} at most`
    : more;
}
