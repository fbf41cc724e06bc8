import { randomUUID } from 'node:crypto';
import { nodeState, topics } from '#libs/contracts';
import { outgoing, type Runtime } from '#libs/runtime';
import { recordVerdict } from './adapters/verdicts.js';
import { NodeStates } from './publish-states.js';

export interface StateParts {
  readonly runtime: Pick<Runtime, 'pool' | 'producer' | 'clock' | 'logger'>;
  readonly holder: string;
  readonly isValid: () => boolean;
}

/** Straight to the brokers: a state that was lost comes again within seconds, and an old one is of no use. */
export function createStates({ runtime, holder, isValid }: StateParts): NodeStates {
  const { pool, producer, clock, logger } = runtime;
  return new NodeStates({
    publish: (state) => producer.publish([{ id: randomUUID(), ...outgoing(nodeState, state) }]),
    publishRemoval: (node) =>
      producer.forward(topics.nodeState, { key: Buffer.from(node), value: null, headers: {} }),
    record: (node, fence, verdict) => recordVerdict(pool, { node, fence, holder, verdict }),
    isValid,
    now: () => clock.now(),
    onError: (err, node) => logger.warn({ err, node }, 'the state of a node is not published'),
  });
}
