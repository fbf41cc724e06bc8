import { constants } from 'node:os';
import { randomBytes } from 'node:crypto';
import type { Behaviour } from './behaviour.js';
import { HostPort, type Respond } from './host-port.js';

interface ContainerConfig {
  readonly name: string;
  readonly image: string;
  readonly imageId: string;
  readonly labels: Readonly<Record<string, string>>;
  /** As `NAME=value`. */
  readonly env: readonly string[];
  readonly hostPort: number | undefined;
  readonly stopSignal: string;
  readonly behaviour: Behaviour;
}

export interface LogLine {
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
}

const NEVER = '0001-01-01T00:00:00Z';
const KEPT_LINES = 1_000;
/** Doubled by each restart in a row, as the engine does. */
const FIRST_BACKOFF_MS = 100;
const LONGEST_BACKOFF_MS = 60_000;

/** No machine numbers processes so high: it is nobody's. */
const NO_PROCESS = 4_194_305;

export function signalNumber(signal: string): number | undefined {
  const name = signal.startsWith('SIG') ? signal : `SIG${signal}`;
  return (constants.signals as Readonly<Record<string, number>>)[name];
}

/** A container without a process: what its behaviour says happens by timers. */
export class Container {
  readonly id = randomBytes(32).toString('hex');
  readonly createdAt = new Date().toISOString();
  readonly lines: LogLine[] = [];
  private readonly listeners = new Set<(line: LogLine) => void>();
  status: 'created' | 'running' | 'restarting' | 'exited' = 'created';
  restartPolicy: 'no' | 'unless-stopped' = 'no';
  exitCode = 0;
  restartCount = 0;
  startedAt = NEVER;
  finishedAt = NEVER;
  private stoppedByHand = false;
  private port: HostPort | undefined;
  private readonly timers = new Set<NodeJS.Timeout>();
  private readonly waiting = new Set<() => void>();

  constructor(
    readonly config: ContainerConfig,
    private readonly onEnd: (exitCode: number) => void,
    private readonly onStart: () => void = () => undefined,
  ) {}

  /** As `inspect` says it; 0 while it does not run. */
  get pid(): number {
    return this.running ? NO_PROCESS : 0;
  }

  get running(): boolean {
    return this.status === 'running';
  }

  /** Throws as the engine does when its port is another's. */
  async start(): Promise<void> {
    this.stoppedByHand = false;
    await this.run();
  }

  /** Of one that runs. */
  signal(name: string): void {
    this.stoppedByHand = true;
    const { ignoredSignals, onSignal } = this.config.behaviour;
    if (name !== 'SIGKILL' && ignoredSignals.includes(name)) return;
    const handler = name === 'SIGKILL' ? undefined : onSignal[name];
    if (handler === undefined) return this.end(128 + (signalNumber(name) ?? 0));
    if (handler.text !== '') this.write({ stream: 'stdout', text: handler.text });
    this.after(handler.afterMs, () => this.end(handler.code));
  }

  async stop(graceMs: number): Promise<void> {
    this.stoppedByHand = true;
    if (this.status === 'restarting') return this.end(this.exitCode);
    this.signal(this.config.stopSignal);
    this.after(graceMs, () => this.signal('SIGKILL'));
    await this.notRunning();
  }

  /** Resolves when it does not run, at once where that is so. */
  notRunning(): Promise<void> {
    return this.running ? new Promise((resolve) => this.waiting.add(resolve)) : Promise.resolve();
  }

  /** Ends all that belongs to it; it must not be used any more. */
  dispose(): void {
    this.stoppedByHand = true;
    if (this.running) this.end(137);
    this.clearTimers();
  }

  private async run(): Promise<void> {
    const { behaviour, hostPort } = this.config;
    this.clearTimers();
    const listen = async (): Promise<void> => {
      if (hostPort !== undefined && behaviour.listens)
        this.port = await HostPort.open(hostPort, this.respond);
    };
    if (behaviour.listensAfterMs === 0) await listen();
    else this.after(behaviour.listensAfterMs, () => void listen().catch(() => this.end(1)));
    this.status = 'running';
    this.startedAt = new Date().toISOString();
    this.onStart();
    behaviour.output.forEach((line) => this.write(line));
    const { exit } = behaviour;
    if (exit !== undefined) this.after(exit.afterMs, () => this.end(exit.code));
  }

  private end(code: number): void {
    this.clearTimers();
    this.port?.close();
    this.port = undefined;
    this.exitCode = code;
    this.finishedAt = new Date().toISOString();
    this.status = 'exited';
    if (this.restartPolicy === 'unless-stopped' && !this.stoppedByHand) this.restartLater();
    this.onEnd(code);
    this.waiting.forEach((resolve) => resolve());
    this.waiting.clear();
  }

  private restartLater(): void {
    this.status = 'restarting';
    const backoffMs = Math.min(FIRST_BACKOFF_MS * 2 ** this.restartCount, LONGEST_BACKOFF_MS);
    this.restartCount += 1;
    this.after(backoffMs, () => {
      void this.run().catch(() => this.end(1));
    });
  }

  private readonly respond: Respond = (_request, response) => {
    const { unavailableMs, body } = this.config.behaviour;
    const isUp = Date.now() - Date.parse(this.startedAt) >= unavailableMs;
    response.writeHead(isUp ? 200 : 503, { 'content-type': 'text/plain' }).end(isUp ? body : 'not yet');
  };

  /** Tells of each line from now on; call what it gives to end that. */
  onLine(listener: (line: LogLine) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private write(line: LogLine): void {
    for (const listener of this.listeners) listener(line);
    this.lines.push(line);
    if (this.lines.length > KEPT_LINES) this.lines.shift();
  }

  private after(ms: number, work: () => void): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      work();
    }, ms);
    this.timers.add(timer);
  }

  private clearTimers(): void {
    this.timers.forEach((timer) => clearTimeout(timer));
    this.timers.clear();
  }
}
