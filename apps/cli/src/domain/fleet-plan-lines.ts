import type { FleetPlan, FleetPlanFigures, FleetPlanInstance, RefusedNodesLine } from '#libs/contracts';
import { evictedTable, refusedTable, sizeText } from './placement-lines.js';
import type { Paint } from './progress-lines.js';
import { tableLines } from './table.js';
import { shareText } from './units.js';

const NEW = '-';

/** What would come of a change to the fleet: where instances would go, what would not fit and why, and the figures. */
export function fleetPlanLines(plan: FleetPlan, paint: Paint): string[] {
  const { placed, staying, added, unknown } = plan;
  const blocks = [
    placed.length === 0 ? [] : placedTable(placed),
    evictedLines(placed),
    ...unplacedBlocks(plan, paint),
    staying.length === 0
      ? []
      : [
          `${counted(staying.length, 'instance')} would stay, since the volumes lie on the node:`,
          ...staying.map((one) => `  ${nameOf(one)}`),
        ],
    added.length === 0 ? [] : [`New in this plan: ${someOf(added)}`],
    figuresTable(plan),
    unknown === 0
      ? []
      : [
          `Of ${counted(unknown, 'instance')}, neither constraints nor volumes are known: an older version placed them.`,
        ],
    [paint.bold(`${summary(plan)}; nothing was done.`)],
  ];
  return blocks
    .filter((lines) => lines.length > 0)
    .flatMap((lines, index) => (index === 0 ? lines : ['', ...lines]));
}

/** More names would fill the screen, and say nothing. */
const MOST_NAMED = 10;

function someOf(names: readonly string[]): string {
  if (names.length <= MOST_NAMED) return names.join(', ');
  return `${names.slice(0, MOST_NAMED).join(', ')} and ${names.length - MOST_NAMED} more`;
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

function nameOf({ instance, accessToken, appId, service }: FleetPlanInstance): string {
  return (
    instance ??
    accessToken ??
    (service === undefined ? 'new instance' : `new instance of ${appId}/${service}`)
  );
}

/** An instance a line; new ones, which have no names, by their node. */
function placedTable(placed: FleetPlan['placed']): string[] {
  const moved = placed.filter(({ from }) => from !== undefined);
  if (moved.length > 0)
    return tableLines(
      ['INSTANCE', 'NEEDS', 'FROM', 'TO', 'SCORE'],
      moved.map((one) => [nameOf(one), sizeText(one.resources), one.from ?? NEW, one.to, String(one.score)]),
    );
  const byNode = [...Map.groupBy(placed, ({ to }) => to)];
  return tableLines(
    ['NODE', 'NEW INSTANCES'],
    byNode.map(([node, ones]) => [node, String(ones.length)]),
  );
}

function evictedLines(placed: FleetPlan['placed']): string[] {
  const evicted = placed.flatMap(({ evicts = [] }) => evicts);
  return evicted.length === 0
    ? []
    : [`${counted(evicted.length, 'instance')} would be stopped to make room:`, ...evictedTable(evicted)];
}

/** Instances that lack the same are told together. */
function unplacedBlocks({ unplaced }: FleetPlan, paint: Paint): string[][] {
  const alike = Map.groupBy(unplaced, ({ resources, refused }) => JSON.stringify([resources, refused]));
  return [...alike.values()].map((ones) => {
    const [first] = ones;
    const named = ones.filter(({ from }) => from !== undefined).map(nameOf);
    const which = named.length === 0 ? '' : `: ${named.join(', ')}`;
    const size = first === undefined ? '' : ` of ${sizeText(first.resources)}`;
    return [
      paint.bad(`${counted(ones.length, 'instance')}${size} would find no place${which}`),
      ...reasons(first?.refused ?? []),
    ];
  });
}

const reasons = (refused: readonly RefusedNodesLine[]): string[] =>
  refused.length === 0 ? ['There would be no node.'] : refusedTable(refused);

function figuresTable({ before, after }: FleetPlan): string[] {
  const row = (what: string, of: (figures: FleetPlanFigures) => string): string[] => [
    what,
    of(before),
    of(after),
  ];
  return tableLines(
    ['', 'BEFORE', 'AFTER'],
    [
      row('nodes that take instances', ({ ready, nodes }) => `${ready} of ${nodes}`),
      row('of these, with instances', ({ used }) => String(used)),
      row('fullest node', ({ worst }) =>
        worst === undefined
          ? NEW
          : `${worst.node}: ${shareText(worst.cpuShare)} CPU, ${shareText(worst.memoryShare)} memory`,
      ),
      ...before.room.map((size, index) =>
        row(`room for instances of ${sizeText(size)}`, ({ room }) => String(room[index]?.instances ?? NEW)),
      ),
    ],
  );
}

function summary({ placed, unplaced, staying }: FleetPlan): string {
  const evicted = placed.reduce((sum, { evicts = [] }) => sum + evicts.length, 0);
  const isMove = [...placed, ...unplaced].some(({ from }) => from !== undefined);
  const parts = [
    ...(placed.length > 0
      ? [`${counted(placed.length, 'instance')} would ${isMove ? 'move' : 'start'}`]
      : []),
    ...(unplaced.length > 0 ? [`${unplaced.length} would find no place`] : []),
    ...(staying.length > 0 ? [`${staying.length} would stay`] : []),
    ...(evicted > 0 ? [`${evicted} would be stopped for them`] : []),
  ];
  return parts.length === 0 ? 'No instance would move' : parts.join(', ');
}
