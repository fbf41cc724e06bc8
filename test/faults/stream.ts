import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { byShare, randomOf, until } from '#libs/testing';
import { greeter } from '../e2e/client.js';
import { type Asked, type Reply, Requests } from '../crash/requests.js';

/** Of each request, from its acceptance. */
const DEADLINE_MS = 60_000;
/** Beyond the deadline: to take the request in, and to clean up after it. */
const LATER_MS = 15_000;
const EVERY_MS = 450;
const VARIANTS = 24;
const SHARES: readonly (readonly [string, number])[] = [
  ['run', 0.3],
  ['build-and-run', 0.25],
  ['stop', 0.2],
  ['build', 0.1],
  ['again', 0.15],
];

export interface Sent {
  readonly token: string;
  readonly appId: string;
  readonly mode: string;
  readonly request: Asked;
  readonly at: number;
  /** Until the first reply. */
  ms?: number;
  readonly replies: Reply[];
}

const QUICK = { stop: { graceMs: 500, drainMs: 0 }, resources: { cpu: 0.05, memoryMiB: 48 } };
const blobOf = (variant: number): string => `faults-${variant}`;

/** Requests of every mode for a few applications, some of them more than once, and every reply to them. */
export class Stream {
  private readonly sent = new Map<string, Sent>();
  private readonly random = randomOf(4);
  private readonly requests = new Requests((reply) => this.take(reply));
  private variant = 0;

  constructor(readonly apps: readonly string[]) {}

  /** Uploads the sources, and builds one for each application. */
  async prepare(): Promise<void> {
    await this.requests.connect();
    for (let n = 0; n < VARIANTS; n += 1)
      await this.requests.pushFiles(blobOf(n), greeter(`version ${n}`, QUICK));
    const built = await Promise.all(this.apps.map((appId) => this.ask('build', appId)));
    const failed = built.find(({ status }) => !status);
    if (failed !== undefined) throw new Error(`the preparation failed: ${JSON.stringify(failed)}`);
  }

  close(): Promise<void> {
    return this.requests.close();
  }

  /** Sends until `over` ends; gives what it sent. */
  async during(over: Promise<unknown>): Promise<readonly Sent[]> {
    let ended = false;
    void over.finally(() => (ended = true)).catch(() => undefined);
    const tokens = new Set<string>();
    const publications: Promise<void>[] = [];
    while (!ended) {
      const sent = this.next([...tokens]);
      tokens.add(sent.token);
      publications.push(this.publish(sent));
      await delay(EVERY_MS);
    }
    await Promise.all(publications);
    return [...tokens].map((token) => this.sent.get(token) as Sent);
  }

  /** Waits for the first answer to each; those that never came. */
  async unanswered(all: readonly Sent[]): Promise<readonly Sent[]> {
    const last = Math.max(...all.map(({ at }) => at));
    const timeoutMs = Math.max(0, last + DEADLINE_MS + LATER_MS - performance.now());
    const missing = (): readonly Sent[] => all.filter(({ replies }) => replies.length === 0);
    await until('all answers', () => missing().length === 0, { timeoutMs }).catch(() => undefined);
    return missing();
  }

  /** Sends each once more: its stored answer must come again. Those to which none did. */
  async unrepeated(all: readonly Sent[]): Promise<readonly Sent[]> {
    const before = new Map(all.map(({ token, replies }) => [token, replies.length]));
    await Promise.all(all.map((sent) => this.publish(sent)));
    const missing = (): readonly Sent[] =>
      all.filter(({ token, replies }) => replies.length <= (before.get(token) ?? 0));
    await until('all answers again', () => missing().length === 0, { timeoutMs: 20_000 }).catch(
      () => undefined,
    );
    return missing();
  }

  /** One request outside the stream, and its answer. */
  async ask(mode: string, appId: string): Promise<Reply> {
    const sent = this.create(mode, appId);
    await this.publish(sent);
    await this.unanswered([sent]);
    const [reply] = sent.replies;
    if (reply === undefined) throw new Error(`no answer to ${mode} of ${appId}`);
    return reply;
  }

  private next(earlier: readonly string[]): Sent {
    const pick = <T>(items: readonly T[]): T => items[Math.floor(this.random() * items.length)] as T;
    const mode = byShare(SHARES, this.random());
    const again = this.sent.get(mode === 'again' && earlier.length > 0 ? pick(earlier) : '');
    return again ?? this.create(mode === 'again' ? 'run' : mode, pick(this.apps));
  }

  private create(mode: string, appId: string): Sent {
    // Another each time, so that it is built each time.
    const source = { blob: `${blobOf((this.variant += 1) % VARIANTS)}--web.zip` };
    const services = [mode.startsWith('build') ? { name: 'web', source } : 'web'];
    const request: Asked = { kind: 'deployment', mode, services, deadlineMs: DEADLINE_MS };
    const token = `faults-${randomUUID()}`;
    const sent: Sent = { token, appId, mode, request, at: performance.now(), replies: [] };
    this.sent.set(token, sent);
    return sent;
  }

  /** As a client does that must know that its request was taken: again until the brokers have it. */
  private async publish({ request, appId, token }: Sent): Promise<void> {
    for (const giveUpAt = performance.now() + DEADLINE_MS; ; await delay(500)) {
      try {
        return await this.requests.publish(request, appId, token);
      } catch (error) {
        if (performance.now() > giveUpAt) throw error;
      }
    }
  }

  private take(reply: Reply): void {
    const sent = this.sent.get(reply.token);
    if (sent === undefined) return;
    sent.ms ??= performance.now() - sent.at;
    sent.replies.push(reply);
  }
}
