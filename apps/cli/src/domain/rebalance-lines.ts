import type { RebalancingAnswer, RebalancingMove } from '#libs/contracts';
import { marks, type Paint } from './progress-lines.js';
import { tableLines } from './table.js';
import { shareText } from './units.js';

/** Why instances on full nodes stay there, by the API's words. */
const STAYS: Readonly<Record<string, string>> = {
  volumes: 'their volumes lie there',
  'opted-out': 'placement.rebalance of their config.json is false',
  'unknown-rules': 'an older version placed them, and their constraints are not known',
  'in-change': 'their service is being changed, or does not run as it is wanted',
  young: 'they have not run for long enough',
  paused: 'a move of their service has just failed',
};

/** What is to move, what that improves, and what was done. */
export function rebalanceLines(answer: RebalancingAnswer, paint: Paint): string[] {
  const { mode, advised, underWay, ended } = answer;
  if (mode === 'off' && underWay.length === 0 && ended.length === 0)
    return ['Rebalancing is off: set LOAD_BALANCER_REBALANCING=advise, or act, of the load balancer.'];
  const blocks = [
    loadLines(answer, paint),
    advised.length === 0 ? [] : movesTable('ADVISED', advised),
    underWay.length === 0 ? [] : movesTable('UNDER WAY', underWay),
    stayingLines(answer),
    ended.length === 0 ? [] : ['Moves that ended, the newest first:', ...endedTable(answer, paint)],
    [paint.bold(summary(answer))],
  ];
  return blocks
    .filter((lines) => lines.length > 0)
    .flatMap((lines, index) => (index === 0 ? lines : ['', ...lines]));
}

function loadLines({ by, fullest, emptiest, waits, at }: RebalancingAnswer, paint: Paint): string[] {
  const what = by === 'reserved' ? 'CPU reserved' : 'CPU in use';
  const of = (load: typeof fullest): string =>
    load === undefined ? '-' : `${load.node} ${shareText(load.share)}`;
  return [
    ...(fullest === undefined ? [] : [`${what}: fullest ${of(fullest)}, emptiest ${of(emptiest)} (${at})`]),
    ...(waits === undefined ? [] : [paint.bad(`Nothing is advised now: ${waits}.`)]),
  ];
}

/** `node-1 93 % -> 71 %`. */
const changeText = (node: string, { before, after }: RebalancingMove['improves']['from']): string =>
  `${node} ${shareText(before)} -> ${shareText(after)}`;

const cells = ({ instance, from, to, improves }: RebalancingMove): string[] => [
  instance,
  changeText(from, improves.from),
  changeText(to, improves.to),
];

const movesTable = (what: string, moves: readonly RebalancingMove[]): string[] =>
  tableLines([what, 'FROM', 'TO'], moves.map(cells));

function stayingLines({ staying }: RebalancingAnswer): string[] {
  return staying.map(({ reason, instances }) => {
    const who =
      instances === 1 ? '1 instance on a full node stays' : `${instances} instances on full nodes stay`;
    return `${who}: ${STAYS[reason] ?? reason}`;
  });
}

const endedTable = ({ ended }: RebalancingAnswer, paint: Paint): string[] =>
  tableLines(
    ['', 'ENDED', 'INSTANCE', 'FROM', 'TO', 'WHY NOT'],
    ended.map((move) => [
      move.succeeded ? marks.done : marks.failed,
      move.endedAt,
      ...cells(move),
      move.error === undefined ? '' : `${move.error.code}: ${move.error.message}`,
    ]),
  ).map((line) => (line.startsWith(marks.failed) ? paint.bad(line) : line));

function summary({ mode, advised, underWay, at }: RebalancingAnswer): string {
  if (mode === 'off') return 'Rebalancing is off.';
  if (at === undefined) return 'The nodes were not looked at yet.';
  if (mode === 'act' && underWay.length > 0)
    return `${counted(underWay.length)} under way, ${advised.length} advised.`;
  if (advised.length === 0) return 'No instance has to move.';
  return mode === 'advise'
    ? `${counted(advised.length)} advised; none is made, since LOAD_BALANCER_REBALANCING is advise.`
    : `${counted(advised.length)} advised, and made within the limits.`;
}

const counted = (moves: number): string => `${moves} ${moves === 1 ? 'move' : 'moves'}`;
