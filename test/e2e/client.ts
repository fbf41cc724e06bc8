import { randomUUID } from 'node:crypto';
import AdmZip from 'adm-zip';
import { blobStoreOf } from '#libs/blob';
import {
  deploymentReplied,
  type DeploymentProgress,
  type DeploymentReply,
  scaleReplied,
  type ScaleReply,
  topics,
} from '#libs/contracts';
import { createKafka, SILENT } from '#libs/kafka';
import { requireEnv, until } from '#libs/testing';

const REPLY_MS = 150_000;

export interface Seen<T> {
  readonly data: T;
  readonly headers: Readonly<Record<string, string>>;
}

/** A user of the platform: its own Kafka and blob clients, and every reply and event since it connected. */
export class Client {
  private readonly kafka = createKafka({
    brokers: requireEnv('KAFKA_BROKERS').split(','),
    clientId: `e2e-${randomUUID()}`,
    logger: SILENT,
  });
  private readonly producer = this.kafka.producer();
  private readonly consumer = this.kafka.consumer({ groupId: `e2e-${randomUUID()}` });
  private readonly blobs = blobStoreOf(process.env);
  readonly replies: Seen<DeploymentReply>[] = [];
  readonly scaleReplies: Seen<ScaleReply>[] = [];
  readonly events: Seen<DeploymentProgress>[] = [];

  /** Resolves when what is published from now on will be seen. */
  async connect(): Promise<void> {
    await this.producer.connect();
    await this.consumer.connect();
    await this.consumer.subscribe({
      topics: [topics.deploymentResponses, topics.scaleResponses, topics.deploymentEvents],
      fromBeginning: true,
    });
    const joined = new Promise<void>((resolve) =>
      this.consumer.on(this.consumer.events.GROUP_JOIN, () => resolve()),
    );
    await this.consumer.run({
      eachMessage: async ({ topic, message }) => {
        const data: unknown = JSON.parse(message.value?.toString() ?? 'null');
        const headers = Object.fromEntries(
          Object.entries(message.headers ?? {}).map(([name, value]) => [name, String(value)]),
        );
        if (topic === topics.deploymentResponses)
          this.replies.push({ data: deploymentReplied.schema.parse(data), headers });
        else if (topic === topics.scaleResponses)
          this.scaleReplies.push({ data: scaleReplied.schema.parse(data), headers });
        else this.events.push({ data: data as (typeof this.events)[number]['data'], headers });
      },
    });
    await joined;
  }

  async close(): Promise<void> {
    await this.consumer.disconnect();
    await this.producer.disconnect();
  }

  /** Uploads a service's source as a zip made of these files; the default blob name. */
  async push(appId: string, service: string, files: Readonly<Record<string, string>>): Promise<void> {
    await this.pushBlob(`${appId}--${service}.zip`, zipOf(files));
  }

  async pushBlob(blob: string, content: Buffer): Promise<void> {
    await this.blobs.upload(blob, content);
  }

  /** Publishes a body, without headers as any Kafka client can; text goes as it is. */
  async publish(
    body: object | string,
    headers: Readonly<Record<string, string>> = {},
    topic: string = topics.deploymentRequests,
  ): Promise<void> {
    const value = typeof body === 'string' ? body : JSON.stringify(body);
    await this.producer.send({
      topic,
      messages: [{ value, headers: { ...headers } }],
    });
  }

  /** Publishes a request under a new token, which it gives. */
  async send(request: object): Promise<string> {
    const token = `e2e-${randomUUID()}`;
    await this.publish({ token, appName: 'Test', ...request });
    return token;
  }

  /** Asks for the end of a request; the answer to that. */
  cancel(appId: string, cancels: string): Promise<DeploymentReply> {
    return this.ask({ mode: 'cancel', appId, cancels });
  }

  /** Publishes a scale request under a new token and waits for its answer. */
  async scale(request: object): Promise<ScaleReply> {
    const token = `e2e-${randomUUID()}`;
    const value = JSON.stringify({ token, ...request });
    await this.producer.send({ topic: topics.scaleRequests, messages: [{ value }] });
    const seen = await until(
      `the answer to ${token}`,
      () => this.scaleReplies.find((reply) => reply.data.token === token),
      { timeoutMs: REPLY_MS },
    );
    return seen.data;
  }

  /** Publishes a request under a new token and waits for its reply. */
  async ask(request: object): Promise<DeploymentReply> {
    return this.reply(await this.send(request));
  }

  /** The first reply with this token. */
  async reply(token: string): Promise<DeploymentReply> {
    const seen = await until(
      `the reply to ${token}`,
      () => this.replies.find((reply) => reply.data.token === token),
      { timeoutMs: REPLY_MS },
    );
    return seen.data;
  }

  /** The first event of this name that a request came to. */
  async event(token: string, name: string, service?: string): Promise<DeploymentProgress> {
    const seen = await until(
      `${name} of ${token}`,
      () =>
        this.events.find(
          ({ data }) =>
            data.token === token &&
            data.event === name &&
            (service === undefined || data.service === service),
        ),
      { timeoutMs: REPLY_MS },
    );
    return seen.data;
  }

  eventsOf(token: string): readonly string[] {
    return this.events.filter(({ data }) => data.token === token).map(({ data }) => data.event);
  }
}

export function zipOf(files: Readonly<Record<string, string>>): Buffer {
  const zip = new AdmZip();
  for (const [name, text] of Object.entries(files)) zip.addFile(name, Buffer.from(text));
  return zip.toBuffer();
}

/** A service without dependencies that answers every path with `says`. */
export function greeter(says: string, config: object = {}): Record<string, string> {
  return {
    'config.json': JSON.stringify({
      runtime: 'node',
      port: 3000,
      command: ['node', 'server.js'],
      health: { path: '/' },
      resources: { cpu: 0.05, memoryMiB: 64 },
      ...config,
    }),
    'server.js': `require('node:http').createServer((_, answer) => answer.end(${JSON.stringify(says)})).listen(process.env.PORT);`,
  };
}

/** A service of the older form, as users of the first deployer have it, that serves these files. */
export function olderForm(files: Readonly<Record<string, string>>): Record<string, string> {
  return {
    'config.json': JSON.stringify({
      language: 'python:3.9-slim',
      workdir: '/srv',
      port: '8000',
      command: 'python3 -m http.server 8000',
      packages_file_path: 'requirements.txt',
      package_installation_cmd: 'pip install -r requirements.txt',
    }),
    'requirements.txt': '',
    ...files,
  };
}
