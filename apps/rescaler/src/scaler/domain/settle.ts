import { checkCores, FULL } from '../../pinning/domain/core-map.js';
import type {
  ContainerStructure,
  CoreMap,
  HostStructure,
  LimitedResource,
} from '../../structures/domain/structure.js';
import type { LimitChange, LimitPlan, Limits } from '../../structures/domain/wish.js';
import { accountHost } from './account.js';
import type { BoundsChange, Planned } from './planned.js';

/** What the agent says of one container: what the kernel has afterwards, whatever was asked for. */
export interface AppliedChange {
  readonly container: string;
  readonly applied: Limits;
  readonly isGone?: boolean;
}

export interface SettleInput {
  /** The host and its containers as they were planned on. */
  readonly host: HostStructure;
  readonly containers: readonly ContainerStructure[];
  readonly planned: Planned;
  /** A container that is missing here has no answer: it counts as it was before. */
  readonly answers: readonly AppliedChange[];
  /** Other plans without an answer. */
  readonly inFlight?: readonly LimitPlan[];
}

export interface Settled {
  readonly host: HostStructure;
  readonly containers: readonly ContainerStructure[];
  /** Those that came true. */
  readonly bounds: readonly BoundsChange[];
  /** To be applied: halves of swaps whose other half the node refused, as they were before. */
  readonly revert: readonly LimitChange[];
}

/** Books what was really applied. A refusal leaves the host as it would be had nobody asked for it. */
export function settle({ host, containers, planned, answers, inFlight = [] }: SettleInput): Settled {
  const answered = new Map(answers.map((answer) => [answer.container, answer]));
  const after = containers
    .filter(({ id }) => answered.get(id)?.isGone !== true)
    .map((container) => booked(container, answered.get(container.id)?.applied));
  const bounds = planned.bounds.filter(({ structure, resource, max }) => {
    const now = after.find(({ id }) => id === structure)?.resources[resource]?.current;
    return now !== undefined && now <= max;
  });
  const cores = host.cores && settledCores(host.cores, containers, after, planned);
  const account = accountHost({ ...host, ...(cores && { cores }) }, after, inFlight);
  const most = new Map(bounds.map(({ structure, resource, max }) => [`${structure} ${resource}`, max]));
  const settled = after.map((container) => withBounds(container, most));
  return { host: account, containers: settled, bounds, revert: halves(planned, after) };
}

const LIMITED: readonly LimitedResource[] = ['cpu', 'memory', 'diskRead', 'diskWrite', 'network'];

function booked(container: ContainerStructure, applied: Limits = {}): ContainerStructure {
  const resources = { ...container.resources };
  for (const resource of LIMITED) {
    const own = resources[resource];
    const limit = applied[resource];
    if (own !== undefined && limit !== undefined) resources[resource] = { ...own, current: limit };
  }
  return { ...container, resources, ...(applied.cpuset !== undefined && { cpuset: applied.cpuset }) };
}

function withBounds(container: ContainerStructure, most: ReadonlyMap<string, number>): ContainerStructure {
  const entries = Object.entries(container.resources).map(([resource, state]) => {
    const max = most.get(`${container.id} ${resource}`);
    return [resource, max === undefined ? state : { ...state, max }] as const;
  });
  return { ...container, resources: Object.fromEntries(entries) };
}

/** Who got what was planned holds the cores of the plan; everybody else those of before. */
function settledCores(
  before: CoreMap,
  containers: readonly ContainerStructure[],
  after: readonly ContainerStructure[],
  planned: Planned,
): CoreMap {
  const cpuOf = (list: readonly ContainerStructure[]) =>
    new Map(list.map(({ id, resources }) => [id, resources.cpu?.current]));
  const [was, is, wanted] = [cpuOf(containers), cpuOf(after), cpuOf(planned.containers)];
  const isMoved = (id: string): boolean => is.get(id) === wanted.get(id) && is.get(id) !== was.get(id);
  const map = planned.host.cores ?? before;
  const cores = before.order.map((core) => {
    const held = {
      ...filtered(before.cores[core]?.held, (id) => !isMoved(id)),
      ...filtered(map.cores[core]?.held, isMoved),
    };
    return [core, { free: FULL, held }] as const;
  });
  const running = after.flatMap(({ id, resources, isRunning }) =>
    resources.cpu === undefined || !isRunning ? [] : [{ id, shares: resources.cpu.current }],
  );
  return checkCores({ order: before.order, cores: Object.fromEntries(cores) }, running).map;
}

const filtered = (
  held: Readonly<Record<string, number>> = {},
  isKept: (id: string) => boolean,
): Record<string, number> => Object.fromEntries(Object.entries(held).filter(([id]) => isKept(id)));

/** Halves that were applied while their other half was not. */
function halves(
  { verdicts, containers, plan }: Planned,
  after: readonly ContainerStructure[],
): LimitChange[] {
  const currentIn = (list: readonly ContainerStructure[], id: string, resource: LimitedResource) =>
    list.find((container) => container.id === id)?.resources[resource]?.current;
  const isDone = (id: string, resource: LimitedResource): boolean =>
    currentIn(after, id, resource) === currentIn(containers, id, resource);
  return verdicts.flatMap(({ wish: { structure, pair, resource }, isPlanned }) => {
    if (pair === undefined || !isPlanned || resource === 'energy') return [];
    if (!isDone(structure, resource) || isDone(pair, resource)) return [];
    const limit = plan.undo.find(({ container }) => container === structure)?.limits[resource];
    return limit === undefined ? [] : [{ container: structure, limits: { [resource]: limit } }];
  });
}
