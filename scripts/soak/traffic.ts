import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { blobStoreOf } from '#libs/blob';
import { deploymentReplied, type DeploymentReply, deploymentRequested, topics } from '#libs/contracts';
import { createKafka, Producer, SILENT, tail } from '#libs/kafka';
import { zipOf } from '../bench/service.js';
import { BROKEN_BLOB, GOOD_BLOBS, type PlannedRequest, SERVICE } from './plan.js';

const BATCH = 50;

/** All that came back to one token. */
export interface Answer {
  readonly reply: DeploymentReply;
  /** From the first publication to the first reply. */
  readonly ms: number;
  times: number;
  /** Replies that said something else than the first. */
  readonly others: string[];
}

interface TrafficOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly database: pg.Pool;
  readonly inFlight: number;
}

/** Publishes what the plan says as any program does, and keeps every reply. */
export class Traffic {
  readonly answers = new Map<string, Answer>();
  private readonly publishedAt = new Map<string, number>();
  private readonly texts = new Map<string, string>();
  private readonly kafka;
  private readonly producer;
  private tailing: { stop(): Promise<void> } | undefined;

  constructor(private readonly options: TrafficOptions) {
    const brokers = (options.env['KAFKA_BROKERS'] ?? '').split(',');
    this.kafka = createKafka({ brokers, clientId: 'soak', logger: SILENT });
    this.producer = new Producer(this.kafka);
  }

  async connect(): Promise<void> {
    const { env } = this.options;
    const blobs = blobStoreOf(env);
    for (const blob of GOOD_BLOBS) await blobs.upload(blob, zipOf(source(blob, {})));
    const ends = { listens: false, exit: { code: 1 } };
    await blobs.upload(BROKEN_BLOB, zipOf(source(BROKEN_BLOB, ends)));
    await this.producer.start();
    const onMessage = ({ data }: { readonly data: unknown }): void =>
      this.take(deploymentReplied.schema.parse(data));
    this.tailing = await tail(this.kafka, { topics: [topics.deploymentResponses], from: 'end', onMessage });
  }

  async close(): Promise<void> {
    await this.tailing?.stop();
    await this.producer.stop();
  }

  /** As fast as the deployers take requests in: never more than `inFlight` tokens ahead of them. */
  async publish(sends: readonly PlannedRequest[], signal: AbortSignal): Promise<void> {
    for (let at = 0; at < sends.length; at += BATCH) {
      while (this.publishedAt.size - (await this.takenIn()) >= this.options.inFlight)
        await delay(20, undefined, { signal });
      signal.throwIfAborted();
      const batch = sends.slice(at, at + BATCH);
      const now = performance.now();
      for (const { token } of batch) if (!this.publishedAt.has(token)) this.publishedAt.set(token, now);
      await this.producer.publish(
        batch.map((request, n) => messageOf(request, `${request.token}/${at + n}`)),
      );
    }
  }

  private async takenIn(): Promise<number> {
    const { rows } = await this.options.database.query<{ count: number }>(
      'SELECT count(*)::integer AS count FROM deployer.requests',
    );
    return rows[0]?.count ?? 0;
  }

  private take(reply: DeploymentReply): void {
    const text = JSON.stringify(reply);
    const known = this.answers.get(reply.token);
    if (known === undefined) {
      const ms = performance.now() - (this.publishedAt.get(reply.token) ?? NaN);
      this.texts.set(reply.token, text);
      this.answers.set(reply.token, { reply, ms, times: 1, others: [] });
      return;
    }
    known.times += 1;
    if (text !== this.texts.get(reply.token)) known.others.push(text);
  }
}

function messageOf({ token, mode, appId, blob }: PlannedRequest, id: string) {
  const services = [{ name: SERVICE, source: { blob } }];
  const data = deploymentRequested.schema.parse({ token, mode, appId, appName: 'Soak', services });
  const { topic, type, key } = deploymentRequested;
  return { topic, key: key(data), type, id, data };
}

function source(name: string, behaviour: object): Readonly<Record<string, string>> {
  const config = {
    ...{ runtime: 'node', port: 3000, command: ['node', 'server.js'] },
    // Far more requests than time: with the window of the platform each would take a second longer.
    health: { path: '/', stableMs: 100 },
    resources: { cpu: 0.05, memoryMiB: 64 },
    env: { SIMULATED: JSON.stringify(behaviour) },
  };
  return { 'config.json': JSON.stringify(config), 'server.js': `// ${name}\n` };
}
