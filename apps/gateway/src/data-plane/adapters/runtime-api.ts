import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { DataPlaneError } from '../domain/data-plane-error.js';

/** Behind each answer in prompt mode. */
const PROMPT = '\n> ';
/** Before the answer to a command of several lines: one for each line that it has taken. */
const CONTINUED = /^(\+ )+/;
const ANSWER_MS = 5_000;

interface Waiting {
  readonly resolve: (answer: string) => void;
  readonly reject: (error: Error) => void;
}

/**
 * One kept connection to HAProxy's Runtime API in prompt mode, in which each command has its answer. Commands of one call
 * leave in one write. Throws DataPlaneError HAPROXY_UNREACHABLE where no answer comes.
 */
export class RuntimeApi {
  private readonly waiting: Waiting[] = [];
  private received = '';
  private closed: Error | undefined;

  private constructor(private readonly socket: Socket) {
    socket.setEncoding('utf8');
    socket.on('data', (part: string) => this.take(part));
    socket.on('error', (error) => this.end(error));
    socket.on('close', () => this.end(new Error('the connection was closed')));
  }

  static async connect(path: string): Promise<RuntimeApi> {
    const socket = createConnection({ path });
    try {
      await once(socket, 'connect', { signal: AbortSignal.timeout(ANSWER_MS) });
    } catch (cause) {
      socket.destroy();
      throw unreachable(cause);
    }
    const api = new RuntimeApi(socket);
    await api.ask('prompt');
    return api;
  }

  get isClosed(): boolean {
    return this.closed !== undefined;
  }

  /** Resolves when it cannot be used any more. */
  async untilClosed(): Promise<void> {
    if (!this.socket.destroyed)
      await new Promise<void>((resolve) => this.socket.once('close', () => resolve()));
  }

  async ask(command: string): Promise<string> {
    return (await this.askAll([command]))[0] ?? '';
  }

  /** The answer of each command, in their order, without the blanks around it. */
  async askAll(commands: readonly string[]): Promise<readonly string[]> {
    if (commands.length === 0) return [];
    if (this.closed) throw unreachable(this.closed);
    const answers = Promise.all(
      commands.map(() => new Promise<string>((resolve, reject) => this.waiting.push({ resolve, reject }))),
    );
    const timer = setTimeout(() => this.end(new Error(`no answer within ${ANSWER_MS} ms`)), ANSWER_MS);
    this.socket.write(`${commands.join('\n')}\n`);
    try {
      return await answers;
    } finally {
      clearTimeout(timer);
    }
  }

  close(): void {
    this.end(new Error('the connection was closed'));
  }

  private take(part: string): void {
    const answers = (this.received + part).split(PROMPT);
    this.received = answers.pop() ?? '';
    for (const answer of answers) this.waiting.shift()?.resolve(answer.replace(CONTINUED, '').trim());
  }

  private end(error: Error): void {
    this.closed ??= error;
    this.socket.destroy();
    for (const { reject } of this.waiting.splice(0)) reject(unreachable(this.closed));
  }
}

function unreachable(cause: unknown): DataPlaneError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new DataPlaneError('HAPROXY_UNREACHABLE', `HAProxy does not answer: ${why}`, { cause });
}
