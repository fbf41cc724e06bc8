import type { FeedOverride } from '#libs/contracts';
import type { Listener } from '#libs/postgres';
import { OVERRIDES_CHANNEL } from '#libs/registry-client';
import { Recurring } from '#libs/runtime';
import type { OverrideRecord } from '../ports.js';

/** The safety net under NOTIFY. */
const POLL_MS = 5_000;

interface CurrentOverridesParts {
  readonly record: Pick<OverrideRecord, 'list'>;
  readonly listener: Pick<Listener, 'subscribe'>;
  /** They are others than before. */
  readonly onChanged: () => void;
  readonly onError: (error: unknown) => void;
  /** In milliseconds since 1970, by the clock of the record. */
  readonly now: () => number;
}

interface Held {
  readonly instance: string;
  readonly weight: number;
  readonly untilMs?: number;
}

/** The weights that operators have set, as this replica knows them. What ends by itself ends at the gateways by itself. */
export class CurrentOverrides {
  private held: readonly Held[] = [];
  private known = '[]';
  private count = 0;
  private unsubscribe: (() => void) | undefined;
  private readonly looking: Recurring;

  constructor(private readonly parts: CurrentOverridesParts) {
    this.looking = new Recurring(POLL_MS, () => this.read());
  }

  /** Another one whenever they are others; 0 while there never were any. */
  get version(): number {
    return this.count;
  }

  current(): readonly FeedOverride[] {
    const nowMs = this.parts.now();
    return this.held
      .filter(({ untilMs = Infinity }) => untilMs > nowMs)
      .map(({ instance, weight, untilMs }) => ({
        ...{ instance, weight },
        ...(untilMs !== undefined && { forMs: Math.max(1, Math.round(untilMs - nowMs)) }),
      }));
  }

  async start(): Promise<void> {
    this.unsubscribe = await this.parts.listener.subscribe(OVERRIDES_CHANNEL, () => void this.read());
    this.looking.start({ atOnce: true });
  }

  async stop(): Promise<void> {
    this.unsubscribe?.();
    await this.looking.stop();
  }

  private async read(): Promise<void> {
    const { record, onChanged, onError } = this.parts;
    try {
      const held = (await record.list()).map(({ instance, weight, until }): Held => ({
        ...{ instance, weight },
        ...(until !== undefined && { untilMs: Date.parse(until) }),
      }));
      const text = JSON.stringify(held);
      if (text === this.known) return;
      [this.held, this.known] = [held, text];
      this.count += 1;
      onChanged();
    } catch (error) {
      onError(error);
    }
  }
}
