import {
  hasYoungOrphans,
  reconcile,
  type NodeView,
  type RepairAction,
  type RepairLimits,
} from './domain/reconcile.js';
import { holdingOf, type Leaving } from './domain/moves.js';
import { withOthersLost } from './lost-together.js';
import type {
  NodeInstance,
  NodeInventory,
  RepairEngines,
  RepairStore,
  RepairEvent,
  WatchedNode,
  WatchedNodes,
} from './ports.js';
import type { WatchedDifferences } from './watched-differences.js';
import { shortMessage } from '../task/domain/clean-text.js';
import type { Clock } from '../task/ports.js';
import { reportCrashes } from './report-crashes.js';
import { Repairs } from './repairs.js';
import { within } from '../task/within.js';

export interface ReconcilePorts {
  readonly engines: RepairEngines;
  readonly store: RepairStore;
  readonly inventory: NodeInventory;
  readonly agents: WatchedNodes;
  readonly differences: Pick<WatchedDifferences, 'of' | 'asked'>;
  readonly clock: Clock;
  readonly installation: string;
  readonly limits: RepairLimits;
  /** A node that its agent has called unreachable for so long is lost: what ran on it is launched elsewhere. */
  readonly nodeGraceMs: number;
  /** The same of a node that no agent watches, and that has not answered for so long. */
  readonly nodeLostMs: number;
  /** An engine that says nothing for so long does not answer. */
  readonly answerMs: number;
  /** The same of one whose node was removed while instances were on it: its owner said that it is lost. */
  readonly goneAnswerMs: number;
  /** Told of such a node that does not answer: nothing else is to wait for it. */
  readonly onGone: (node: string, reason: string) => void;
  /** Told of what was done, of what could not be, and, once each, of nodes that fall silent and come back. */
  readonly onRepair: (event: RepairEvent, error?: unknown) => void;
  /** Told when crashes of instances could not be reported. */
  readonly onUntold: (node: string, error: unknown) => void;
  readonly onNode: (node: string, answers: boolean, error?: unknown) => void;
  /** Told each time that an engine is asked for its containers. */
  readonly onAsked: () => void;
}

interface Reconciled {
  /** It answers, and nothing runs there any more that was replaced while it was unreachable. */
  readonly reachable: boolean;
  /** It is drained or was removed: it is looked at more often, until nothing is left there. */
  readonly leaving: boolean;
  /** Its engine said what it has, and nothing of that is too young to be removed. */
  readonly asked: boolean;
  readonly actions: readonly RepairAction[];
}

/**
 * Looks at one node, and repairs what is not as the record says. What fails is tried again at the next look. While its
 * agent sees all as the record says, or calls the node unreachable, its engine is not asked.
 */
export async function reconcileNode(ports: ReconcilePorts, node: string): Promise<Reconciled> {
  const { store } = ports;
  const leaving = await ports.inventory.leaving(node);
  const watched = ports.agents.of(node);
  if (leaving !== 'gone' && (await isAsRecorded(ports, node, watched))) {
    await store.tellHolding(node, leaving && []);
    return { reachable: true, leaving: false, asked: false, actions: [] };
  }
  const seen = await look(ports, node, { watched, leaving });
  // The record is read after the engine: what a task that is open now has made by then is known to be its own.
  const instances = await store.instancesOn(node);
  const containers = seen.containers && (await withUnlabelled(ports, node, seen.containers, instances));
  const tasks = (containers ?? []).flatMap(({ labels }) => labels['slipway.task'] ?? []);
  const view: NodeView = {
    now: ports.clock.now().getTime(),
    installation: ports.installation,
    instances,
    containers,
    // Its owner said so: nobody waits whether it comes back.
    lost: containers === undefined && (seen.lost || leaving === 'gone'),
    leaving,
    openTasks: await store.openTasks([...new Set(tasks)]),
  };
  const actions = reconcile(view, ports.limits);
  if (containers !== undefined) await tellOfCrashes(ports, node, instances, containers);
  await tellHolding(ports, node, view);
  if (leaving === 'gone' && instances.length === 0) {
    await store.forgetNode(node);
    return { reachable: false, leaving: true, asked: false, actions };
  }
  const found = { instances, actions };
  const due = view.lost ? await withOthersLost(ports, node, seen.lostAt, found) : found;
  const repairs = new Repairs(ports, node, due.instances, containers !== undefined);
  const done = await repairs.doAll(due.actions);
  // Another is started in the place of one that is here: then this one is to go, too.
  const isClean = containers !== undefined && done && !instances.some(({ replacing }) => replacing === true);
  // Not before what is left of its past is gone: it takes new instances from then on, and their ports must be free.
  if (isClean && (await isBack(ports, node, watched))) ports.onNode(node, true);
  return {
    reachable: containers !== undefined && (watched === undefined || isClean),
    leaving: leaving !== undefined && instances.length > 0,
    asked: containers !== undefined && !hasYoungOrphans(view, ports.limits),
    actions,
  };
}

/** By what its agent sees, which is not asked anew. After a gap that is what it saw before. */
async function isAsRecorded(
  { differences, store, limits }: ReconcilePorts,
  node: string,
  watched: WatchedNode | undefined,
): Promise<boolean> {
  if (watched?.liveness.state !== 'alive' || watched.figures === 'none') return false;
  if ((await differences.of([node])).length > 0) return false;
  return !(await store.mayHaveOrphans(node, limits.orphanAgeMs));
}

/** True where it was away until now. */
async function isBack(
  { store, inventory }: ReconcilePorts,
  node: string,
  watched: WatchedNode | undefined,
): Promise<boolean> {
  if (watched !== undefined) return store.nodeCleaned(node, watched.liveness.since);
  // Its agent may have ended before anybody cleaned it.
  return store.nodeReachable(node, await inventory.isAway(node));
}

/** Of a node that does not answer, what was said last holds still. */
async function tellHolding(
  { store }: ReconcilePorts,
  node: string,
  { leaving, containers, now, instances }: NodeView,
): Promise<void> {
  if (leaving !== 'draining') await store.tellHolding(node, undefined);
  else if (containers !== undefined) await store.tellHolding(node, holdingOf(now, instances));
}

/** What cannot be told now is told after the next look; repairs do not wait for it. */
async function tellOfCrashes(
  ports: ReconcilePorts,
  node: string,
  instances: readonly NodeInstance[],
  containers: NonNullable<NodeView['containers']>,
): Promise<void> {
  await reportCrashes(ports, node, instances, containers).catch((error: unknown) =>
    ports.onUntold(node, error),
  );
}

interface Look {
  readonly containers: NodeView['containers'];
  readonly lost: boolean;
  /** When it was lost, or will be, as its agent says; milliseconds since 1970. */
  readonly lostAt?: number;
}

async function look(
  ports: ReconcilePorts,
  node: string,
  { watched, leaving }: { readonly watched: WatchedNode | undefined; readonly leaving: Leaving | undefined },
): Promise<Look> {
  if (watched?.liveness.state === 'unreachable') return lookAtLost(ports, node, watched);
  const { engines, store, clock } = ports;
  try {
    ports.onAsked();
    const limitMs = leaving === 'gone' ? ports.goneAnswerMs : ports.answerMs;
    const containers = await within(limitMs, engines.ownContainers(node));
    ports.differences.asked(node, new Set(containers.map(({ id }) => id)));
    return { containers, lost: false };
  } catch (error) {
    if (leaving === 'gone') ports.onGone(node, reasonOf(error));
    // Where an agent watches it, whether it answers is the agent's to say.
    if (watched !== undefined) {
      ports.onNode(node, false, error);
      return { containers: undefined, lost: false };
    }
    const { since, isNew } = await store.nodeUnreachable(node, reasonOf(error));
    if (isNew) ports.onNode(node, false, error);
    return { containers: undefined, lost: clock.now().getTime() - since >= ports.nodeLostMs };
  }
}

const reasonOf = (error: unknown): string =>
  shortMessage(error instanceof Error ? error.message : String(error));

async function lookAtLost(
  { store, clock, nodeGraceMs }: ReconcilePorts,
  node: string,
  { liveness }: WatchedNode,
): Promise<Look> {
  await store.nodeLost(node, liveness.since);
  const lostAt = Date.parse(liveness.since) + nodeGraceMs;
  return { containers: undefined, lost: clock.now().getTime() >= lostAt, lostAt };
}

/** Instances that were launched before containers had the label of their installation are not in its list. */
async function withUnlabelled(
  { engines, answerMs }: ReconcilePorts,
  node: string,
  listed: NonNullable<NodeView['containers']>,
  instances: readonly NodeInstance[],
): Promise<NodeView['containers']> {
  const ids = new Set(listed.map(({ id }) => id));
  const missing = instances.filter(({ container }) => !ids.has(container));
  try {
    const found = await within(
      answerMs,
      Promise.all(missing.map(({ container }) => engines.container(node, container))),
    );
    return [...listed, ...found.flatMap((container) => container ?? [])];
  } catch {
    // It fell silent in between: the next look says so.
    return undefined;
  }
}
