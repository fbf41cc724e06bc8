import type { NodeReport } from '#libs/contracts';
import type { Attempts } from './attempts.js';
import { backoffMs, FORGOTTEN_AFTER_MS } from './backoff.js';

/** What people ask of a node, as far as it concerns what runs there: all of it is to leave, or the node is given up. */
export type Leaving = 'draining' | 'gone';

/** What a move is decided by. */
export interface MovableInstance {
  readonly name: string;
  readonly appId: string;
  readonly service: string;
  readonly state: 'running' | 'draining' | 'abandoned';
  /** A task of its service has not ended: it decides what runs. */
  readonly busy: boolean;
  /** Its volumes lie on the node: no other one will do. */
  readonly bound?: boolean;
  /** How many instances of its service may be missing (`maxUnavailable` of its config.json). */
  readonly maxUnavailable?: number;
  /** How many of its service are wanted, and how many run, here and elsewhere. */
  readonly wanted?: number;
  readonly running?: number;
  /** Tries to move it. */
  readonly moves?: Attempts;
}

export interface Move {
  readonly kind: 'move';
  readonly instance: string;
  readonly attempt: number;
  /** It can run nowhere else: it is stopped, and nothing stands in for it. */
  readonly yields?: true;
}

/** So many moves a look begins at most: each starts an instance elsewhere. */
const MOVES_AT_ONCE = 8;

const freshMoves = ({ moves }: MovableInstance, now: number): Attempts =>
  moves !== undefined && now - moves.lastAt <= FORGOTTEN_AFTER_MS ? moves : { count: 0, lastAt: now };

const mostMissing = ({ maxUnavailable = 0 }: MovableInstance): number => maxUnavailable;

/** With this one gone, no more are missing than may be. */
function mayBeMissing(instance: MovableInstance): boolean {
  const { wanted = 1, running = 1 } = instance;
  return mostMissing(instance) > 0 && wanted - (running - 1) <= mostMissing(instance);
}

/** Nothing can stand in for it: its data is here, or no other node had room for another when that was tried last. */
const runsNowhereElse = (instance: MovableInstance, now: number): boolean =>
  instance.bound === true || freshMoves(instance, now).error?.code === 'NO_NODE';

/**
 * Which instances are to be moved now: of each service one, since its next task waits for the one before anyway. A try
 * that failed is tried again, less and less often; nothing is ever given up for it. What can run nowhere else is stopped,
 * as far as it may be missing; a node that was removed has nobody waiting for it to be empty. Pure.
 */
export function movesOf(
  now: number,
  instances: readonly MovableInstance[],
  leaving: Leaving = 'draining',
): readonly Move[] {
  const services = new Set<string>();
  const moves = instances.flatMap((instance): Move[] => {
    const { name, appId, service, state, busy, bound } = instance;
    const key = `${appId}/${service}`;
    const yields = leaving === 'draining' && runsNowhereElse(instance, now) && mayBeMissing(instance);
    if (state !== 'running' || busy || (bound === true && !yields) || services.has(key)) return [];
    services.add(key);
    const { count, lastAt } = freshMoves(instance, now);
    if (count > 0 && now < lastAt + backoffMs(count)) return [];
    return [{ kind: 'move', instance: name, attempt: count + 1, ...(yields && { yields }) }];
  });
  return moves.slice(0, MOVES_AT_ONCE);
}

export type Holding = NonNullable<NodeReport['holding']>[number];

/** What holds the drain up, in words. Pure. */
export const holdingOf = (now: number, instances: readonly MovableInstance[]): readonly Holding[] =>
  instances
    .filter(({ state }) => state !== 'abandoned')
    .map((instance) => {
      const { name, appId, service } = instance;
      return { instance: name, appId, service, reason: reasonOf(instance, now) };
    });

function reasonOf(instance: MovableInstance, now: number): string {
  const { appId, service, state, busy, bound } = instance;
  const { count, error } = freshMoves(instance, now);
  const mayYield = runsNowhereElse(instance, now) && mayBeMissing(instance);
  if (bound === true && !mayYield)
    return `its volumes lie on this node, so it cannot run elsewhere: stop it with slipway stop ${appId} ${service}. ${whyNotMissing(instance)}`;
  if (state === 'draining') return 'it is taken out of traffic and stopped';
  if (busy) return 'a request of its service is under way: it is moved, or waits for that';
  if (error !== undefined)
    return `${error.code}: ${error.message} (tried ${count} ${count === 1 ? 'time' : 'times'}, and again)${held(instance, now)}`;
  return mayYield
    ? 'it is about to be stopped: maxUnavailable lets it be missing'
    : 'it is about to be moved';
}

const held = (instance: MovableInstance, now: number): string =>
  runsNowhereElse(instance, now) && !mayBeMissing(instance) ? `. ${whyNotMissing(instance)}` : '';

/** What of config.json keeps the drain from stopping it. */
function whyNotMissing(instance: MovableInstance): string {
  const { wanted = 1, running = 1 } = instance;
  const most = mostMissing(instance);
  if (most === 0) return 'maxUnavailable of its config.json lets none be missing';
  return `maxUnavailable of its config.json lets ${most} be missing, and ${running} of ${wanted} run`;
}
