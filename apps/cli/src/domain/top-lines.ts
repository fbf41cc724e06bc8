import type { Figures, InstanceRow, NodeRow } from './figures.js';
import { type Column, fittedTable } from './fitted-table.js';
import type { Paint } from './progress-lines.js';
import { shownText } from './terminal-text.js';
import {
  ageText,
  bytesOfText,
  bytesText,
  coresText,
  countText,
  rateText,
  shareOf,
  shareText,
  UNKNOWN,
} from './units.js';

export const topOrders = ['cpu', 'memory', 'name'] as const;
export type TopOrder = (typeof topOrders)[number];

interface Row<F> {
  readonly figures: F | null;
  readonly ageMs: number | null;
}
type FiguresOf<R> = NonNullable<R extends Row<infer F> ? F : never>;

/** A column of figures: nothing in a gap, and a stale figure never. */
function figure<R extends Row<object>>(
  head: string,
  text: (figures: FiguresOf<R>) => string,
  dispensable?: number,
  least = 0,
): Column<R> {
  const shown = (row: R): string =>
    row.figures === null ? UNKNOWN : text(row.figures as unknown as FiguresOf<R>);
  return { head, text: shown, isFigure: true, least, ...(dispensable !== undefined && { dispensable }) };
}

const LOAD_WIDTH = '99.99'.length;
const RATE_WIDTH = '1023 KiB/s'.length;
const age: Column<Row<object>> = {
  head: 'AGE',
  text: ({ ageMs }) => ageText(ageMs),
  isFigure: true,
  least: '59 s'.length,
};

const NODES: readonly Column<NodeRow>[] = [
  { head: 'NODE', text: ({ node }) => node },
  { head: 'STATE', text: ({ liveness }) => liveness?.state ?? UNKNOWN },
  figure('CPU', ({ cpu, cpus }) => coresText(cpu, cpus)),
  figure('CPU %', ({ cpu, cpus }) => shareText(shareOf(cpu, cpus)), 3),
  figure('LOAD', ({ load1 }) => load1.toFixed(2), 5, LOAD_WIDTH),
  figure('MEMORY', ({ memoryUsedBytes, memoryBytes }) => bytesOfText(memoryUsedBytes, memoryBytes)),
  figure(
    'MEMORY %',
    ({ memoryUsedBytes, memoryBytes }) => shareText(shareOf(memoryUsedBytes, memoryBytes)),
    4,
  ),
  figure('DISK FREE', ({ diskFreeBytes }) => bytesText(diskFreeBytes), 6),
  figure('NET IN', ({ inBytesPerSecond }) => rateText(inBytesPerSecond), 7, RATE_WIDTH),
  figure('NET OUT', ({ outBytesPerSecond }) => rateText(outBytesPerSecond), 8, RATE_WIDTH),
  figure('INSTANCES', ({ instances }) => countText(instances), 2),
  age,
];

const INSTANCES: readonly Column<InstanceRow>[] = [
  // The name of an instance has that of its service.
  { head: 'SERVICE', text: ({ service }) => service, dispensable: 6 },
  { head: 'INSTANCE', text: ({ instance }) => shownText(instance) },
  { head: 'NODE', text: ({ node }) => node },
  figure('CPU', ({ cpu, cpuLimit }) => coresText(cpu, cpuLimit)),
  figure('PEAK', ({ cpuPeak }) => (cpuPeak === null ? UNKNOWN : coresText(cpuPeak, null)), 3, LOAD_WIDTH),
  figure('THROTTLED', ({ throttledShare }) => shareText(throttledShare), 2),
  figure('MEMORY', ({ memoryBytes, memoryLimitBytes }) => bytesOfText(memoryBytes, memoryLimitBytes)),
  figure('RESTARTS', ({ restarts }) => countText(restarts), 5),
  figure('OOM KILLS', ({ oomKills }) => countText(oomKills), 4),
  figure('NET IN', ({ inBytesPerSecond }) => rateText(inBytesPerSecond), 7, RATE_WIDTH),
  figure('NET OUT', ({ outBytesPerSecond }) => rateText(outBytesPerSecond), 8, RATE_WIDTH),
  age,
];

const SCORE: Column<InstanceRow> = {
  head: 'SCORE',
  text: ({ score }) => (score === null ? UNKNOWN : `${Math.round(score.overall)} ${score.state}`),
  isFigure: true,
  least: '100 INIT'.length,
  dispensable: 1,
};
const NODE_AT = INSTANCES.findIndex(({ head }) => head === 'NODE');
const SCORED_INSTANCES = INSTANCES.toSpliced(NODE_AT + 1, 0, SCORE);

/** Scores have a column where there are some. */
const columnsFor = (rows: readonly InstanceRow[]): readonly Column<InstanceRow>[] =>
  rows.some(({ score }) => score !== null) ? SCORED_INSTANCES : INSTANCES;

export interface TopScreen {
  readonly paint: Paint;
  readonly width: number;
  /** How many lines there is room for. */
  readonly height: number;
}

/** The largest first, what has no figures last, then by name. */
function sorted<R extends Row<object>>(
  rows: readonly R[],
  order: TopOrder,
  { name, memory }: { name: (row: R) => string; memory: (figures: FiguresOf<R>) => number | null },
): readonly R[] {
  const amount = (row: R): number => {
    if (order === 'name') return 0;
    if (row.figures === null) return -1;
    const figures = row.figures as unknown as FiguresOf<R> & { readonly cpu: number };
    return order === 'cpu' ? figures.cpu : (memory(figures) ?? -1);
  };
  return rows.toSorted((a, b) => amount(b) - amount(a) || (name(a) < name(b) ? -1 : 1));
}

/** What is shown each second: rows for programs, lines for people. */
export interface TopView {
  answer(figures: Figures, nowMs: number): object;
  lines(figures: Figures, nowMs: number, screen: TopScreen): readonly string[];
}

export function nodesView(order: TopOrder): TopView {
  const by = {
    name: ({ node }: NodeRow) => node,
    memory: ({ memoryUsedBytes }: FiguresOf<NodeRow>) => memoryUsedBytes,
  };
  const rows = (figures: Figures, nowMs: number) => sorted(figures.nodeRows(nowMs), order, by);
  return {
    answer: (figures, nowMs) => ({ nodes: rows(figures, nowMs) }),
    lines: (figures, nowMs, screen) => {
      const shown = rows(figures, nowMs);
      return shown.length === 0 ? [] : tableWith(NODES, shown, reasonLines(shown), screen);
    },
  };
}

export function instancesView(appId: string, order: TopOrder): TopView {
  const by = {
    name: ({ service, instance }: InstanceRow) => `${service} ${instance}`,
    memory: ({ memoryBytes }: FiguresOf<InstanceRow>) => memoryBytes,
  };
  const rows = (figures: Figures, nowMs: number) => sorted(figures.instanceRows(appId, nowMs), order, by);
  return {
    answer: (figures, nowMs) => ({ appId, instances: rows(figures, nowMs) }),
    lines: (figures, nowMs, screen) => {
      const shown = rows(figures, nowMs);
      if (shown.length > 0) return tableWith(columnsFor(shown), shown, [], screen);
      const heard = figures.nodeRows(nowMs).filter((row) => row.figures !== null).length;
      if (heard === 0) return [];
      return [
        `No instance of ${appId} runs on the ${heard} ${heard === 1 ? 'node' : 'nodes'} with figures.`,
        `next: ${screen.paint.bold(`slipway status ${appId}`)}`,
      ];
    },
  };
}

/** Why a node has no figures. */
const reasonLines = (rows: readonly NodeRow[]): readonly string[] =>
  rows.flatMap(({ node, liveness }) =>
    liveness?.state === 'unreachable'
      ? [
          `${node} is unreachable since ${liveness.since}${liveness.reason === undefined ? '' : `: ${shownText(liveness.reason)}`}`,
        ]
      : [],
  );

/** Dims what is a gap; says what found no room. */
function tableWith<R extends Row<object>>(
  columns: readonly Column<R>[],
  rows: readonly R[],
  reasons: readonly string[],
  { paint, width, height }: TopScreen,
): readonly string[] {
  const { lines, leftOut } = fittedTable(columns, rows, width);
  const [head = '', ...all] = lines.map((line) => line.trimEnd());
  const painted = all.map((line, index) => (rows[index]?.figures === null ? paint.dim(line) : line));
  const below = [...reasons, ...(leftOut.length > 0 ? [`No room for: ${leftOut.join(', ')}`] : [])];
  const foot = below.length > 0 ? ['', ...below] : [];
  const room = Math.max(1, height - 1 - foot.length);
  const shown = painted.length <= room ? painted : painted.slice(0, room - 1);
  const more = painted.length - shown.length;
  return [paint.bold(head), ...shown, ...(more > 0 ? [`… and ${more} more`] : []), ...foot];
}
