import type { Clock } from '../task/ports.js';
import { reconcile, type RepairAction, type RepairLimits } from './domain/reconcile.js';
import type { NodeInstance, RepairStore, WatchedNodes } from './ports.js';

interface LostTogetherPorts {
  readonly agents: WatchedNodes;
  readonly store: Pick<RepairStore, 'instancesOf'>;
  readonly clock: Clock;
  readonly installation: string;
  readonly limits: RepairLimits;
  readonly nodeGraceMs: number;
}

/** What a look at one node found, and is to do. */
interface Found {
  readonly instances: readonly NodeInstance[];
  readonly actions: readonly RepairAction[];
}

/** Of nodes that fall silent at the same moment, agents say so within so long of each other. */
const TOGETHER_MS = 2_000;

const keyOf = ({ appId, service }: NodeInstance): string => `${appId}/${service}`;

/**
 * The same with the instances of these services that other lost nodes had: one request starts all elsewhere, side by
 * side. Requests of one service run one after another, so a service would be put right node by node otherwise. Where
 * another such node is about to be lost, too, nothing is begun for the service: the look at that one does both.
 * @param lostAt when this node was lost, in milliseconds since 1970; undefined where no agent says so
 */
export async function withOthersLost(
  ports: LostTogetherPorts,
  node: string,
  lostAt: number | undefined,
  { instances, actions }: Found,
): Promise<Found> {
  const relaunched = (action: RepairAction): NodeInstance | undefined =>
    action.kind === 'relaunch' ? instances.find(({ name }) => name === action.instance) : undefined;
  const services = new Map(actions.flatMap((one) => relaunched(one) ?? []).map((one) => [keyOf(one), one]));
  const silent = services.size === 0 ? new Map<string, number>() : silentNodes(ports, node);
  if (silent.size === 0) return { instances, actions };
  const others = await ports.store.instancesOf([...services.values()], [...silent.keys()]);
  const now = ports.clock.now().getTime();
  const lostAtOf = (one: NodeInstance): number => silent.get(one.node) ?? Infinity;
  const untilMs = (lostAt ?? 0) + TOGETHER_MS;
  const isAwaited = (one: NodeInstance): boolean =>
    one.state === 'running' && now < lostAtOf(one) && lostAtOf(one) <= untilMs;
  const awaited = new Set(others.filter(isAwaited).map(keyOf));
  const mayBegin = (one: NodeInstance | undefined): boolean => one === undefined || !awaited.has(keyOf(one));
  const lost = others.filter((one) => lostAtOf(one) <= now && mayBegin(one));
  const view = { now, installation: ports.installation, instances: lost, containers: undefined, lost: true };
  const theirs = reconcile({ ...view, openTasks: new Set() }, ports.limits);
  return {
    instances: [...instances, ...lost],
    actions: [
      ...actions.filter((action) => mayBegin(relaunched(action))),
      ...theirs.filter(({ kind }) => kind === 'relaunch'),
    ],
  };
}

/** Other nodes that agents call unreachable, and when each is lost, in milliseconds since 1970. */
function silentNodes({ agents, nodeGraceMs }: LostTogetherPorts, node: string): ReadonlyMap<string, number> {
  return new Map(
    agents.all().flatMap((other): [string, number][] => {
      const { state, since = '' } = agents.of(other)?.liveness ?? {};
      return other === node || state !== 'unreachable' ? [] : [[other, Date.parse(since) + nodeGraceMs]];
    }),
  );
}
