import { randomUUID } from 'node:crypto';
import { type BlobStore, blobStoreOf } from '#libs/blob';
import {
  deploymentProgressed,
  type DeploymentProgress,
  deploymentReplied,
  type DeploymentReply,
  deploymentRequested,
  type RequestMode,
  topics,
} from '#libs/contracts';
import { createKafka, Producer, SILENT, tail, type TailedMessage } from '#libs/kafka';
import { type Files, SERVICE, zipOf } from './service.js';

/** A request that is not answered for so long is not slow: something is wrong. */
const LONGEST_MS = 120_000;

type Service = DeploymentReply['services'][number];

/** One request: from its publication to its reply. */
export interface Answered {
  readonly ms: number;
  /** The first of them. */
  readonly service: Service;
  readonly services: readonly Service[];
  /** Its stored steps, with milliseconds since the publication. */
  readonly steps: readonly { readonly event: string; readonly at: number; readonly ms?: number }[];
}

/** Asks for deployments as any program does: zips to the blob storage, requests and replies over Kafka. */
export class SlipwayUser {
  private readonly kafka;
  private readonly producer: Producer;
  private readonly blobs: BlobStore;
  private readonly waiting = new Map<string, (reply: DeploymentReply) => void>();
  private readonly progress: DeploymentProgress[] = [];
  private tailing: { stop(): Promise<void> } | undefined;

  constructor(
    env: Readonly<Record<string, string | undefined>>,
    private readonly signal: AbortSignal,
    private readonly onStep: (step: DeploymentProgress) => void = () => undefined,
  ) {
    const brokers = (env['KAFKA_BROKERS'] ?? '').split(',');
    this.kafka = createKafka({ brokers, clientId: `bench-${randomUUID()}`, logger: SILENT });
    this.producer = new Producer(this.kafka);
    this.blobs = blobStoreOf(env);
  }

  async connect(): Promise<void> {
    await this.producer.start();
    this.tailing = await tail(this.kafka, {
      topics: [topics.deploymentResponses, topics.deploymentEvents],
      from: 'end',
      onMessage: (message) => this.take(message),
    });
  }

  async close(): Promise<void> {
    await this.tailing?.stop();
    await this.producer.stop();
  }

  push(appId: string, files: Files): Promise<void> {
    return this.pushService(appId, SERVICE, files);
  }

  pushService(appId: string, service: string, files: Files): Promise<void> {
    return this.blobs.upload(`${appId}--${service}.zip`, zipOf(files));
  }

  /** Throws what the reply says when it is no success. */
  async ask(mode: RequestMode, appId: string, more: object = {}): Promise<Answered> {
    const token = `bench-${randomUUID()}`;
    const data = deploymentRequested.schema.parse({
      token,
      mode,
      appId,
      appName: 'Bench',
      services: [SERVICE],
      ...more,
    });
    const { topic, type, key } = deploymentRequested;
    const message = { topic, key: key(data), type, id: token, data };
    const published = Date.now();
    const before = performance.now();
    const [reply] = await Promise.all([this.reply(token), this.producer.publish([message])]);
    const ms = performance.now() - before;
    const service = reply.services[0];
    if (!reply.status || service === undefined) {
      const failed = reply.services.find(({ status }) => status === 'failed');
      const { message = 'no service', logTail = '' } = failed?.error ?? reply.error ?? {};
      throw new Error(`${mode} of ${appId} failed: ${message}\n${logTail}`);
    }
    return { ms, service, services: reply.services, steps: this.stepsOf(token, published) };
  }

  private reply(token: string): Promise<DeploymentReply> {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`no reply within ${LONGEST_MS} ms`)), LONGEST_MS);
      this.waiting.set(token, (reply) => {
        clearTimeout(late);
        resolve(reply);
      });
      this.signal.addEventListener('abort', () => reject(new Error('interrupted')), { once: true });
    });
  }

  private take({ topic, data }: TailedMessage): void {
    if (topic === topics.deploymentEvents) {
      const step = deploymentProgressed.schema.parse(data);
      if (step.version > 0) this.progress.push(step);
      return this.onStep(step);
    }
    const reply = deploymentReplied.schema.parse(data);
    this.waiting.get(reply.token)?.(reply);
    this.waiting.delete(reply.token);
  }

  private stepsOf(token: string, published: number): Answered['steps'] {
    return this.progress
      .filter((step) => step.token === token)
      .sort((a, b) => a.version - b.version)
      .map(({ event, at, ms }) => ({ event, at: Date.parse(at) - published, ms }));
  }
}
