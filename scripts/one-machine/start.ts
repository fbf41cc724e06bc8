import { startAzurite } from './azurite.js';
import { startKafka } from './kafka.js';
import type { RunningPart } from './part.js';
import { startPostgres } from './postgres.js';

const parts = { PostgreSQL: startPostgres, Kafka: startKafka, Azurite: startAzurite } as const;

/** Starts all parts side by side with a line each; when one fails, those that started are ended before it throws. */
export async function startOneMachine(): Promise<RunningPart> {
  const running = await Promise.allSettled(
    Object.entries(parts).map(([name, start]) => reported(name, start)),
  );
  const started = running.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const stop = async (): Promise<void> => void (await Promise.allSettled(started.map((part) => part.stop())));
  const failures = running.flatMap((result) =>
    result.status === 'rejected' ? [result.reason as unknown] : [],
  );
  if (failures.length > 0) {
    await stop();
    throw new AggregateError(failures, failures.map(String).join('\n'));
  }
  return { env: Object.assign({}, ...started.map((part) => part.env)) as Record<string, string>, stop };
}

async function reported(name: string, start: () => Promise<RunningPart>): Promise<RunningPart> {
  const before = performance.now();
  const part = await start();
  const seconds = ((performance.now() - before) / 1000).toFixed(1);
  console.log(`${name}: ${Object.keys(part.env).length === 0 ? 'yours is used' : `ready in ${seconds} s`}`);
  return part;
}
