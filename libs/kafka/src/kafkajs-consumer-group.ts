import { createRequire } from 'node:module';
import { setTimeout as delay } from 'node:timers/promises';

type Found = object;

/** As much of a kafkajs consumer's membership of its group as the recovery below touches. */
interface ConsumerGroup {
  readonly groupId: string;
  readonly cluster: {
    findGroupCoordinator(of: { groupId: string }): Promise<Found>;
    refreshMetadata(): Promise<void>;
  };
  coordinator: Found;
  offsetManager: { coordinator: Found } | null;
  heartbeat(options: unknown): Promise<void>;
  commitOffsets(offsets: unknown): Promise<void>;
  recoverFromFetch(error: unknown): Promise<void>;
}

const GONE: ReadonlySet<unknown> = new Set([
  'KafkaJSConnectionError',
  'KafkaJSConnectionClosedError',
  'KafkaJSRequestTimeoutError',
]);
const COORDINATOR_MOVED: ReadonlySet<unknown> = new Set([
  'NOT_COORDINATOR_FOR_GROUP',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'GROUP_LOAD_IN_PROGRESS',
]);
const LEADER_MOVED: ReadonlySet<unknown> = new Set(['NOT_LEADER_FOR_PARTITION', 'LEADER_NOT_AVAILABLE']);
/** Between two looks for the new leader, while nobody knows it yet. */
const LOOK_AGAIN_MS = 200;

const field = (error: unknown, name: 'name' | 'type'): unknown =>
  error instanceof Error ? (error as { name: unknown; type?: unknown })[name] : undefined;
const isGone = (error: unknown): boolean => GONE.has(field(error, 'name'));
const hasCoordinatorMoved = (error: unknown): boolean => COORDINATOR_MOVED.has(field(error, 'type'));
const hasLeaderMoved = (error: unknown): boolean => LEADER_MOVED.has(field(error, 'type'));

const looking = new WeakMap<ConsumerGroup, Promise<void>>();

/** One look at a time, however many fetchers and handlers miss the coordinator. */
function findCoordinator(group: ConsumerGroup): Promise<void> {
  const under = looking.get(group);
  if (under !== undefined) return under;
  const { cluster, groupId } = group;
  const look = cluster
    .findGroupCoordinator({ groupId })
    .then((found) => {
      group.coordinator = found;
      if (group.offsetManager !== null) group.offsetManager.coordinator = found;
    })
    .finally(() => looking.delete(group));
  looking.set(group, look);
  return look;
}

/** Throws what was the matter where the coordinator is not the reason, or cannot be found. */
async function afterCoordinatorError(group: ConsumerGroup, error: unknown): Promise<void> {
  if (!isGone(error) && !hasCoordinatorMoved(error)) throw error;
  await findCoordinator(group).catch(() => Promise.reject(error as Error));
}

/**
 * Imported for its effect: mends how a consumer of kafkajs 2.2.4 lives through the end of a broker (tulios/kafkajs#267,
 * #1439). Its own version asks the dead coordinator again until its retries end, then starts anew as another member; the
 * group stands still until the session of the first one ends too. And it makes the whole group join again for each
 * partition that has another leader.
 *
 * Here it looks for the group's new coordinator, which knows the member and its generation: nobody joins again. Of
 * partitions it asks who leads them now.
 */
const { prototype } = createRequire(import.meta.url)('kafkajs/src/consumer/consumerGroup.js') as {
  readonly prototype: ConsumerGroup;
};
const { heartbeat, commitOffsets, recoverFromFetch } = prototype;
if ([heartbeat, commitOffsets, recoverFromFetch].some((method) => typeof method !== 'function')) {
  throw new Error('kafkajs keeps its groups otherwise than 2.2.4 did: see kafkajs-consumer-group.ts');
}

/** The next heartbeat, half a second later, goes to the coordinator that was found. */
prototype.heartbeat = async function (this: ConsumerGroup, options) {
  await heartbeat.call(this, options).catch((error: unknown) => afterCoordinatorError(this, error));
};

/** Again at once: a handler waits for its commit, and its partition for the handler. */
prototype.commitOffsets = async function (this: ConsumerGroup, offsets) {
  try {
    await commitOffsets.call(this, offsets);
  } catch (error) {
    await afterCoordinatorError(this, error);
    await commitOffsets.call(this, offsets);
  }
};

prototype.recoverFromFetch = async function (this: ConsumerGroup, error) {
  if (hasCoordinatorMoved(error)) return afterCoordinatorError(this, error);
  if (!isGone(error) && !hasLeaderMoved(error)) return recoverFromFetch.call(this, error);
  await delay(LOOK_AGAIN_MS);
  await this.cluster.refreshMetadata().catch(() => Promise.reject(error as Error));
};
