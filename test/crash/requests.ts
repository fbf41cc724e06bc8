import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { blobStoreOf } from '#libs/blob';
import {
  deploymentReplied,
  deploymentRequested,
  type DeploymentReply,
  scaleReplied,
  scaleRequested,
  type ScaleReply,
  type ServiceReply,
} from '#libs/contracts';
import { createKafka, Producer, SILENT, tail } from '#libs/kafka';
import { requireEnv, until } from '#libs/testing';
import { greeter, zipOf } from '../e2e/client.js';

export type Reply = DeploymentReply | ScaleReply;

/** A user that asks and reads every reply. */
export class Requests {
  private readonly kafka = createKafka({
    brokers: requireEnv('KAFKA_BROKERS').split(','),
    clientId: `crash-${randomUUID()}`,
    logger: SILENT,
  });
  private readonly producer = new Producer(this.kafka);
  private readonly blobs = blobStoreOf(process.env);
  private readonly replies: Reply[] = [];
  private reading: { stop(): Promise<void> } | undefined;

  /** `onReply` is told of each reply as it comes. */
  constructor(private readonly onReply: (reply: Reply) => void = () => undefined) {}

  async connect(): Promise<void> {
    const topics = [deploymentReplied.topic, scaleReplied.topic];
    const onMessage = ({ data }: { data: unknown }): void => {
      this.replies.push(data as Reply);
      this.onReply(data as Reply);
    };
    this.reading = await tail(this.kafka, { topics, from: 'end', onMessage });
  }

  async close(): Promise<void> {
    await this.reading?.stop();
    await this.producer.stop();
  }

  push(appId: string, says: string, config: object = {}): Promise<void> {
    return this.pushFiles(appId, greeter(says, config));
  }

  async pushFiles(appId: string, files: Readonly<Record<string, string>>): Promise<void> {
    await this.blobs.upload(`${appId}--web.zip`, zipOf(files));
  }

  async publish(request: Asked, appId: string, token: string): Promise<void> {
    const { topic, type } = request.kind === 'scale' ? scaleRequested : deploymentRequested;
    const { kind: _, ...body } = request;
    const data = { token, appId, ...(request.kind === 'scale' ? {} : { appName: 'Crash' }), ...body };
    await this.producer.publish([{ topic, type, key: appId, id: randomUUID(), data }]);
  }

  /** What was answered to the token; the first answer is waited for. */
  async answersTo(token: string): Promise<readonly Reply[]> {
    const answers = (): readonly Reply[] => this.replies.filter((reply) => reply.token === token);
    await until(`the reply to ${token}`, () => answers().length > 0, { timeoutMs: 90_000 });
    return answers();
  }

  /** Asks under a new token, undisturbed. */
  async ask(request: Asked, appId: string): Promise<Reply> {
    const token = `prepare-${randomUUID()}`;
    await this.publish(request, appId, token);
    const [reply] = await this.answersTo(token);
    return reply as Reply;
  }
}

export interface Asked {
  readonly kind: 'deployment' | 'scale';
  readonly [member: string]: unknown;
}

export const deploy = (mode: string): Asked => ({ kind: 'deployment', mode, services: ['web'] });
export const scale = (how: object): Asked => ({ kind: 'scale', service: 'web', ...how });

const RELEASE_ID = /\S+-[0-9a-f]{12}\b(?!-)/g;

const PLACE = /\bnode-\d+(?:, port \d+)?/g;

/** How a service's part of a reply is the same however it was come by: no names, no times. */
export function shapeOf(reply: Reply): object {
  const services: readonly ServiceReply[] =
    'services' in reply ? reply.services : [reply.service].flatMap((s) => s ?? []);
  const of = ({ name, status, instances, error, serving, notes }: ServiceReply): object => ({
    ...{ name, status, instances: instances.length, error: error?.code },
    notes: notes?.map((note) => note.replaceAll(RELEASE_ID, 'a release').replaceAll(PLACE, 'a place')),
    serving: serving?.instances.length,
  });
  return { status: reply.status, services: services.map(of) };
}

/** Every event of the task: who wrote it, and what. */
export async function historyOf(
  pool: pg.Pool,
  taskId: string,
): Promise<readonly { readonly type: string; readonly replica: string }[]> {
  const sql = 'SELECT type, replica FROM deployer.events WHERE stream = $1 ORDER BY version';
  return (await pool.query<{ type: string; replica: string }>(sql, [taskId])).rows;
}
