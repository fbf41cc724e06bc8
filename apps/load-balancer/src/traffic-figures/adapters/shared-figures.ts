import { type FiguresRow, figuresRowSchema } from '#libs/contracts';
import type { Listener, Pool } from '#libs/postgres';
import { figureRows, LIVE_MS, LiveRowReader } from '#libs/registry-client';
import { type Heard, summed, type Summed } from '../domain/summed.js';
import type { InstanceTraffic, ServiceTraffic, TrafficFigures } from '../ports.js';

/** The safety net under NOTIFY. */
const POLL_MS = 1_000;
/** With many gateways, each of which notifies once a second. */
const PAUSE_MS = 200;

interface SharedFiguresParts {
  readonly pool: Pool;
  readonly listener: Pick<Listener, 'subscribe'>;
  /** Services for which a gateway holds requests, at each look. */
  readonly onHeld: (services: readonly string[]) => void;
  /** When the rows cannot be read for the first time in a row. */
  readonly onError: (error: unknown) => void;
  /** In milliseconds since 1970. */
  readonly now: () => number;
}

type HeardFrom = Heard & { readonly schema: string };

/** The rows of all gateways, of whichever schema. */
export class SharedFigures implements TrafficFigures {
  private heard: readonly HeardFrom[] = [];
  private sum: { readonly of: readonly Heard[]; readonly all: Summed } = { of: [], all: summed([]) };
  private readonly reader: LiveRowReader<FiguresRow>;
  private timer: NodeJS.Timeout | undefined;
  private unsubscribe: (() => void) | undefined;
  private reading: Promise<void> | undefined;
  private isDue = false;
  private isFailing = false;
  private readonly ending = Promise.withResolvers<void>();
  private isOver = false;
  private readonly listeners = new Set<() => void>();

  constructor(private readonly parts: SharedFiguresParts) {
    this.reader = new LiveRowReader(parts.pool, figureRows, (body) => figuresRowSchema.safeParse(body).data);
  }

  async start(): Promise<void> {
    this.timer = setInterval(() => this.wake(), POLL_MS);
    this.unsubscribe = await this.parts.listener.subscribe(figureRows.channel, () => this.wake());
    this.wake();
  }

  async stop(): Promise<void> {
    this.isOver = true;
    this.ending.resolve();
    clearInterval(this.timer);
    this.unsubscribe?.();
    await this.reading;
  }

  services(): ReadonlyMap<string, ServiceTraffic> {
    return this.current.services;
  }

  instances(): ReadonlyMap<string, InstanceTraffic> {
    return this.current.instances;
  }

  onRead(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /** How many gateways are heard of. */
  get gateways(): number {
    return this.live.length;
  }

  /** Whether a gateway is heard of that writes into this schema. */
  hasOf(schema: string): boolean {
    return this.live.some((one) => one.schema === schema);
  }

  private get live(): readonly HeardFrom[] {
    const since = this.parts.now() - LIVE_MS;
    return this.heard.every(({ at }) => at > since) ? this.heard : this.heard.filter(({ at }) => at > since);
  }

  private get current(): Summed {
    const { live } = this;
    const isSame =
      live.length === this.sum.of.length && live.every((one, index) => one === this.sum.of[index]);
    if (!isSame) this.sum = { of: live, all: summed(live) };
    return this.sum.all;
  }

  private wake(): void {
    this.isDue = true;
    if (!this.isOver) this.reading ??= this.readDue().finally(() => (this.reading = undefined));
  }

  private async readDue(): Promise<void> {
    while (this.isDue && !this.isOver) {
      this.isDue = false;
      await this.read();
      await pause(PAUSE_MS, this.ending.promise);
    }
  }

  private async read(): Promise<void> {
    const { now, onHeld, onError } = this.parts;
    try {
      const rows = await this.reader.read();
      const nowMs = now();
      this.heard = rows.map(({ schema, ageMs, saidAt, body }) => {
        const at = nowMs - ageMs;
        return { schema, at, aheadMs: at - saidAt, ...body };
      });
      this.isFailing = false;
    } catch (error) {
      if (!this.isFailing) onError(error);
      this.isFailing = true;
      return;
    }
    const held = this.heard.flatMap(({ services }) => services.filter(({ held: count = 0 }) => count > 0));
    if (held.length > 0) onHeld([...new Set(held.map(({ name }) => name))]);
    for (const listener of this.listeners) listener();
  }
}

async function pause(ms: number, ending: Promise<void>): Promise<void> {
  const over = Promise.withResolvers<void>();
  const timer = setTimeout(over.resolve, ms);
  await Promise.race([over.promise, ending]);
  clearTimeout(timer);
}
