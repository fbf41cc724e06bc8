import type { ContainerEvent, InspectedContainer } from './domain/containers.js';
import type { Look } from './domain/look.js';
import { NodeChannelError } from './domain/node-channel-error.js';
import type { NodeAccess, NodeChannel, WatchedContainer, WatchedEngine } from './ports.js';

export const OURS = { 'slipway.app': 'shop', 'slipway.service': 'web', 'slipway.release': 'r1' };
export const idOf = (letter: string): string => letter.repeat(64);

export const inspected = (letter: string, changes: Partial<InspectedContainer> = {}): InspectedContainer => ({
  ...{ id: idOf(letter), name: `shop-web-${letter}`, running: true, pid: 40, restartCount: 0 },
  ...{ health: undefined, labels: OURS },
  ...changes,
});

/** An engine in memory; a test starts and ends containers on it. */
export class FakeEngine implements WatchedEngine {
  readonly containers = new Map<string, InspectedContainer>();
  readonly asked: string[] = [];
  isAway = false;
  private readonly listeners = new Set<(event: ContainerEvent | Error) => void>();
  /** Answers to `inspect` wait for it. */
  gate: Promise<void> = Promise.resolve();

  running(): Promise<readonly string[]> {
    this.asked.push('running');
    if (this.isAway) return Promise.reject(new Error('the engine is away'));
    return Promise.resolve([...this.containers.values()].filter((c) => c.running).map(({ id }) => id));
  }

  async inspect(id: string): Promise<InspectedContainer | undefined> {
    this.asked.push(`inspect ${id[0]}`);
    const found = this.containers.get(id);
    await this.gate;
    return found;
  }

  async events(): Promise<AsyncIterable<ContainerEvent>> {
    if (this.isAway) throw new Error('the engine is away');
    return this.follow();
  }

  about() {
    return Promise.resolve({ about: { version: '29', images: 3, imageBytes: 4 }, imageIds: ['one'] });
  }

  /** How it is answered which layers there are. */
  layers: () => Promise<string | undefined> = () => Promise.resolve('abcdef');
  layersOf(): Promise<string | undefined> {
    return this.layers();
  }

  updateLimits(): Promise<void> {
    return Promise.reject(new Error('a watch changes no limits'));
  }

  sizes() {
    return Promise.resolve({ cpus: 2, memoryBytes: 4 });
  }

  emit(letter: string, action: string): void {
    for (const tell of this.listeners) tell({ id: idOf(letter), action });
  }

  cut(): void {
    for (const tell of this.listeners) tell(new Error('the line was cut'));
  }

  private async *follow(): AsyncGenerator<ContainerEvent> {
    const queue: (ContainerEvent | Error)[] = [];
    let wake = (): void => undefined;
    const tell = (event: ContainerEvent | Error): void => (queue.push(event), wake());
    this.listeners.add(tell);
    try {
      for (;;) {
        const next = queue.shift();
        if (next instanceof Error) throw next;
        if (next !== undefined) yield next;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    } finally {
      this.listeners.delete(tell);
    }
  }
}

/** A channel in memory, whose counters a test moves on. */
export class FakeChannel implements NodeChannel {
  readonly closed: Promise<void>;
  readonly looks: boolean[] = [];
  watched: readonly WatchedContainer[] = [];
  /** CPU seconds of every container and of the host, and the node's time. */
  cpuSeconds: number;
  uptimeMs: number;
  /** How a look is answered. */
  answer: () => Promise<void> = () => Promise.resolve();
  private settle: () => void = () => undefined;
  isClosed = false;

  /** @param before a channel of the same node, whose time goes on */
  constructor(before?: FakeChannel) {
    this.cpuSeconds = before?.cpuSeconds ?? 0;
    this.uptimeMs = before?.uptimeMs ?? 1_000;
    this.closed = new Promise((resolve) => (this.settle = resolve));
  }

  async look({ isSlow }: { readonly isSlow: boolean }): Promise<Look> {
    if (this.isClosed) throw new NodeChannelError('closed', 'the channel is closed');
    this.looks.push(isSlow);
    const look = this.read(isSlow);
    await Promise.race([this.answer(), this.closed]);
    if (this.isClosed) throw new NodeChannelError('closed', 'the channel was closed');
    return look;
  }

  topology() {
    return Promise.resolve({ sockets: 1, cores: 2, threads: 2, numaNodes: ['0-1'] });
  }

  /** How often it was asked for ports. */
  askedForPorts = 0;
  ports: () => Promise<readonly number[]> = () => Promise.resolve([]);
  listening(): Promise<readonly number[]> {
    this.askedForPorts += 1;
    return this.ports();
  }

  watch(containers: readonly WatchedContainer[]): void {
    this.watched = containers.filter(({ id, pid }) => pid > 0 && /^[0-9a-f]{64}$/.test(id));
  }

  close(): void {
    this.isClosed = true;
    this.settle();
  }

  /** A second in which each container used so many cores, and the host, too. */
  pass(cores: number): void {
    this.cpuSeconds += cores;
    this.uptimeMs += 1_000;
  }

  private read(isSlow: boolean): Look {
    const { cpuSeconds, uptimeMs } = this;
    const none = { readBytes: 0, writtenBytes: 0 };
    return {
      ...{ sequence: this.looks.length, bootId: 'boot', uptimeMs, tookMs: 1 },
      host: {
        cpu: {
          ...{ user: cpuSeconds, nice: 0, system: 0, idle: 0, iowait: 0 },
          ...{ irq: 0, softirq: 0, steal: 0 },
        },
        ...{ cpus: 2, load1: 0.5 },
        memory: { totalBytes: 1_000, availableBytes: 600, swapTotalBytes: 0, swapFreeBytes: 0 },
        diskIo: new Map([['sda', none]]),
        network: new Map([['eth0', { inBytes: 0, outBytes: 0 }]]),
      },
      containers: new Map(
        this.watched.map(({ id, pid }) => [id, { pid, cpuSeconds, memoryBytes: 100, oomKills: 0 }]),
      ),
      ...(isSlow && {
        details: new Map(
          this.watched.map(({ id }) => [id, { processes: 3, limits: { cpus: 1, cpuset: '0' } }]),
        ),
        disk: { totalBytes: 10_000, freeBytes: 4_000 },
        wallClockMs: 5,
      }),
    };
  }
}

/** A node in memory. */
export class FakeNode implements NodeAccess {
  readonly kernelAnswers = true;
  readonly engine = new FakeEngine();
  readonly channels: FakeChannel[] = [];
  resets = 0;
  isCut = false;

  /** The last that was opened. */
  get channel(): FakeChannel {
    const last = this.channels.at(-1);
    if (last === undefined) throw new Error('no channel was opened');
    return last;
  }

  reach(): Promise<void> {
    return this.isCut ? Promise.reject(new Error('no answer')) : Promise.resolve();
  }

  /** Of each question. */
  readonly askLimitsMs: number[] = [];
  ask(limitMs: number): Promise<void> {
    this.askLimitsMs.push(limitMs);
    return this.reach();
  }

  async openChannel(): Promise<NodeChannel> {
    if (this.isCut) throw new Error('no answer');
    this.channels.push(new FakeChannel(this.channels.at(-1)));
    return this.channel;
  }

  run(): Promise<never> {
    return Promise.reject(new Error('a watch runs no programs'));
  }

  reset(): void {
    this.resets += 1;
    this.channels.at(-1)?.close();
    this.engine.cut();
  }

  close(): void {
    this.channels.at(-1)?.close();
  }
}
