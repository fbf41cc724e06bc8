import { setTimeout as delay } from 'node:timers/promises';
import { topics } from '#libs/contracts';
import { createKafka, SILENT } from '#libs/kafka';
import { requireEnv, until } from '#libs/testing';
import type { Installation } from './installation.js';

const ID = 1;
const AWAY_MS = 5_000;
const MOVED_MS = 20_000;

/** How many partitions of requests the broker leads. */
async function ledBy(id: number): Promise<number> {
  const brokers = requireEnv('KAFKA_BROKERS').split(',');
  const admin = createKafka({ brokers, clientId: 'faults', logger: SILENT }).admin();
  try {
    await admin.connect();
    const known = await admin.fetchTopicMetadata({ topics: [topics.deploymentRequests] });
    return known.topics.flatMap(({ partitions }) => partitions).filter(({ leader }) => leader === id).length;
  } finally {
    await admin.disconnect();
  }
}

/** Kills a broker, sees its partitions led by others, and starts it again. */
export async function killBroker(installation: Installation): Promise<void> {
  const server = installation.server(`Kafka ${ID}`);
  if ((await ledBy(ID)) === 0) throw new Error(`broker ${ID} leads nothing: killing it moves no leader`);
  await server.kill();
  const begun = performance.now();
  try {
    const moved = async (): Promise<boolean> => (await ledBy(ID).catch(() => 1)) === 0;
    await until('the leaders to move', moved, { timeoutMs: MOVED_MS });
    await delay(Math.max(0, AWAY_MS - (performance.now() - begun)));
  } finally {
    await server.start();
  }
}
