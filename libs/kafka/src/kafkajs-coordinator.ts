import { createRequire } from 'node:module';

interface Asked {
  readonly groupId: string;
  readonly coordinatorType: number;
}

interface Broker {
  findGroupCoordinator(asked: Asked): Promise<object>;
}

/** As much of a kafkajs cluster as is mended here. */
export interface CoordinatorCluster {
  readonly brokerPool: {
    /** Asks one broker after the other, and forgets what each of them failed with; null where all did. */
    withBroker(ask: (at: { readonly broker: Broker }) => Promise<object>): Promise<object | null>;
  };
  findGroupCoordinatorMetadata(asked: Asked): Promise<object>;
}

/** Brokers that refuse it do so for ever. */
const isRefusal = (error: unknown): boolean =>
  error instanceof Error && 'type' in error && error.type === 'GROUP_AUTHORIZATION_FAILED';

/**
 * Imported for its effect: kafkajs 2.2.4 forgets why no broker told it the coordinator of a group, and gives up for good.
 * A consumer that starts anew may ask while its connection is just being closed, and a broker that is loading the offsets
 * may not know yet. Here it asks again, for as long as its retries last; it gives up at once only where it is not allowed
 * to read in the group.
 */
const require = createRequire(import.meta.url);
const { prototype } = require('kafkajs/src/cluster/index.js') as { readonly prototype: CoordinatorCluster };
const { KafkaJSBrokerNotFound } = require('kafkajs/src/errors.js') as {
  readonly KafkaJSBrokerNotFound: new (message: string, options: { readonly cause: Error }) => Error;
};
const { findGroupCoordinatorMetadata } = prototype;
if (typeof findGroupCoordinatorMetadata !== 'function')
  throw new Error('kafkajs finds coordinators otherwise than 2.2.4 did: see kafkajs-coordinator.ts');

prototype.findGroupCoordinatorMetadata = async function (this: CoordinatorCluster, asked) {
  let why: unknown;
  const found = await this.brokerPool.withBroker(({ broker }) =>
    broker.findGroupCoordinator(asked).catch((error: unknown) => {
      why = error;
      throw error;
    }),
  );
  if (found !== null) return found;
  if (isRefusal(why)) return findGroupCoordinatorMetadata.call(this, asked);
  // The one error that kafkajs asks again after, with fresh metadata.
  throw new KafkaJSBrokerNotFound(`No broker knows the coordinator of ${asked.groupId}`, {
    cause: why instanceof Error ? why : new Error(String(why)),
  });
};
