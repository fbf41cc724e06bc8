import { nodeObserved, type NodeObservation, nodeState, type NodeState } from '#libs/contracts';

/** When the first second is, by the database's clock. */
export const BEGUN_MS = Date.parse('2026-01-01T00:00:00.000Z');

export const at = (second: number): number => BEGUN_MS + second * 1_000;

/** A whole of this node in this second. */
export const whole = (
  node: string,
  second: number,
  more: Partial<NodeObservation> = {},
): NodeObservation => ({
  ...nodeObserved.example,
  ...{ node, fence: 1, sequence: second + 1, observedAt: new Date(at(second)).toISOString() },
  ...more,
});

/** What is different from the second before. */
export const delta = (node: string, second: number, more: Partial<NodeObservation> = {}): NodeObservation =>
  whole(node, second, { since: second, sizes: undefined, instances: [], ...more });

export const stateOf = (node: string, second: number, state: 'alive' | 'unreachable'): NodeState => ({
  ...nodeState.example,
  ...{ node, fence: 1, observedAt: new Date(at(second)).toISOString() },
  liveness: {
    ...{ state, since: '2026-01-01T00:00:00.000Z' },
    ...(state === 'unreachable' && { reason: '10.80.0.11:22 does not answer' }),
  },
});
