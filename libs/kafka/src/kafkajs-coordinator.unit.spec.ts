import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import type { CoordinatorCluster } from './kafkajs-coordinator.js';
import './kafkajs-coordinator.js';

const { prototype } = createRequire(import.meta.url)('kafkajs/src/cluster/index.js') as {
  readonly prototype: CoordinatorCluster & {
    findGroupCoordinator(asked: { readonly groupId: string }): Promise<object>;
  };
};

/** A cluster of one broker that answers in turn with these; kafkajs' own retries, without waits. */
function clusterThat(...answers: readonly (Error | undefined)[]) {
  const left = [...answers];
  const broker = {
    findGroupCoordinator: () => {
      const error = left.shift();
      return error === undefined ? Promise.resolve({ coordinator: { nodeId: 1 } }) : Promise.reject(error);
    },
  };
  const cluster = Object.assign(Object.create(prototype) as typeof prototype, {
    logger: { debug: () => undefined },
    brokerPool: {
      withBroker: (ask: (at: object) => Promise<object>) => ask({ nodeId: 1, broker }).catch(() => null),
    },
    refreshMetadata: () => Promise.resolve(),
    findBroker: () => Promise.resolve({ id: 1 }),
    async retrier(work: (bail: (error: unknown) => void) => Promise<object>): Promise<object> {
      for (;;) {
        const given = Promise.withResolvers<never>();
        try {
          return await Promise.race([work(given.reject), given.promise]);
        } catch (error) {
          if ((error as Error).name === 'KafkaJSBrokerNotFound') continue;
          throw error;
        }
      }
    },
  });
  return { cluster, left };
}

const closed = Object.assign(new Error('Closed connection'), { name: 'KafkaJSConnectionClosedError' });
const refused = Object.assign(new Error('Not authorized to access group'), {
  type: 'GROUP_AUTHORIZATION_FAILED',
});

describe('the coordinator of a group', () => {
  it('was not found as the connection was closing, and an app ended at its start for want of an ACL: it is asked for again', async () => {
    const { cluster, left } = clusterThat(closed, closed, undefined);
    expect(await cluster.findGroupCoordinator({ groupId: 'prices' })).toEqual({ id: 1 });
    expect(left).toEqual([]);
  });

  it('is not asked for again where the group may not be read', async () => {
    const { cluster } = clusterThat(refused, refused, undefined);
    await expect(cluster.findGroupCoordinator({ groupId: 'prices' })).rejects.toThrow(
      'Failed to find group coordinator',
    );
  });
});
