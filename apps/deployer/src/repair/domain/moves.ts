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
  /** Tries to move it. */
  readonly moves?: Attempts;
}

export interface Move {
  readonly kind: 'move';
  readonly instance: string;
  readonly attempt: number;
}

/** So many moves a look begins at most: each starts an instance elsewhere. */
const MOVES_AT_ONCE = 8;

const freshMoves = ({ moves }: MovableInstance, now: number): Attempts =>
  moves !== undefined && now - moves.lastAt <= FORGOTTEN_AFTER_MS ? moves : { count: 0, lastAt: now };

/**
 * Which instances are to be moved now: of each service one, since its next task waits for the one before anyway. A try
 * that failed is tried again, less and less often; nothing is ever given up for it. Pure.
 */
export function movesOf(now: number, instances: readonly MovableInstance[]): readonly Move[] {
  const services = new Set<string>();
  const moves = instances.flatMap((instance): Move[] => {
    const { name, appId, service, state, busy, bound } = instance;
    const key = `${appId}/${service}`;
    if (state !== 'running' || busy || bound === true || services.has(key)) return [];
    services.add(key);
    const { count, lastAt } = freshMoves(instance, now);
    if (count > 0 && now < lastAt + backoffMs(count)) return [];
    return [{ kind: 'move', instance: name, attempt: count + 1 }];
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
  if (bound === true)
    return `its volumes lie on this node, so it cannot run elsewhere: stop it with slipway stop ${appId} ${service}`;
  if (state === 'draining') return 'it is taken out of traffic and stopped';
  if (busy) return 'a request of its service is under way: it is moved, or waits for that';
  if (error !== undefined)
    return `${error.code}: ${error.message} (tried ${count} ${count === 1 ? 'time' : 'times'}, and again)`;
  return 'it is about to be moved';
}
