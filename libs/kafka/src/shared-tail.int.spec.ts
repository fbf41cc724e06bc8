import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, expect, it } from 'vitest';
import { requireEnv, until } from '#libs/testing';
import { brokerLine } from './broker-line.testing.js';
import { ensureTopics, Producer, tailShared } from './index.js';

const PARTITIONS = 4;
const KEYS = Array.from({ length: 16 }, (_, n) => `key-${n}`);

const line = brokerLine(requireEnv('KAFKA_BROKERS'));
const producer = new Producer(line.kafka);
afterAll(() => producer.stop());

interface Tail {
  readonly keys: string[];
  readonly partitions: Set<number>;
  readonly lost: number[];
  stop(): Promise<void>;
}
const tails: Tail[] = [];
afterEach(async () => {
  await Promise.all(tails.splice(0).map((tail) => tail.stop()));
});

async function aTopic() {
  const topic = `t-${randomUUID()}`;
  await ensureTopics(line.kafka, [topic], { partitions: PARTITIONS, replicationFactor: 1 });
  let count = 0;
  /** One message of each key, in all partitions. */
  const publish = () => {
    count += 1;
    return producer.publish(
      KEYS.map((key) => ({ topic, key, type: 'test', id: `${topic}-${key}-${count}`, data: { count } })),
    );
  };
  const join = async (backMs = 60_000): Promise<Tail> => {
    const [keys, partitions, lost] = [[] as string[], new Set<number>(), [] as number[]];
    const { stop } = await tailShared(line.kafka, {
      ...{ topic, groupId: `g-${topic}`, backMs, now: () => new Date() },
      onMessage: ({ key, partition, data }) => {
        keys.push(`${key} ${(data as { readonly count: number }).count}`);
        partitions.add(partition);
      },
      onLost: (those) => {
        lost.push(...those);
        those.forEach((partition) => partitions.delete(partition));
      },
      onError: () => undefined,
    });
    const tail = { keys, partitions, lost, stop };
    tails.push(tail);
    return tail;
  };
  return { publish, join };
}

it('a reader begins some time back, and goes on with what comes', async () => {
  const { publish, join } = await aTopic();
  await publish();
  const tail = await join();
  await until('what was there', () => tail.keys.length >= KEYS.length);
  await publish();
  await until('what came', () => tail.keys.length >= 2 * KEYS.length);
  expect(new Set(tail.keys).size).toBe(2 * KEYS.length);
});

it('what is older than that is not read', async () => {
  const { publish, join } = await aTopic();
  await publish();
  const begunMs = Date.now();
  await until('it to pass', () => Date.now() > begunMs);
  const tail = await join(0);
  await until('what comes from then on', async () => {
    await publish();
    return tail.partitions.size === PARTITIONS;
  });
  expect(tail.keys.filter((key) => key.endsWith(' 1'))).toEqual([]);
});

it('two share the partitions; who gets those of another reads them from some time back', async () => {
  const { publish, join } = await aTopic();
  await publish();
  const first = await join();
  await until('all to be read', () => first.keys.length >= KEYS.length);
  const second = await join();
  await until('half to be read by the second', () => second.partitions.size === PARTITIONS / 2);
  expect(first.lost.toSorted()).toEqual([...second.partitions].toSorted());
  const readBySecond = second.keys.length;
  expect(readBySecond, 'those of before, again').toBeGreaterThan(0);

  await second.stop();
  await until('the first to have all again', () => first.partitions.size === PARTITIONS);
  await until('those of the second to be read again', () => first.keys.length >= KEYS.length + readBySecond);
  // What it kept, it read once.
  expect(first.keys.length).toBe(KEYS.length + readBySecond);
});

it('goes on after the broker was away', async () => {
  const { publish, join } = await aTopic();
  await publish();
  const tail = await join();
  await until('what was there', () => tail.keys.length >= KEYS.length);
  line.cut();
  line.mend();
  await publish();
  await until('what came since', () => new Set(tail.keys).size >= 2 * KEYS.length, { timeoutMs: 30_000 });
});
