import { deltaOf, type ObservedNode, wholeOf } from '#libs/observations';
import type { NodeObservation } from '#libs/contracts';
import type { Publication } from './ports.js';

/** Seconds of several nodes leave together: each send costs the brokers and this process the same. */
const GATHER_MS = 100;
const WHOLE_EVERY = 10;
/** For the last seconds, when this replica ends. */
const LAST_MS = 1_000;

/**
 * Sends what is observed straight to the brokers. While they take nothing, only the newest second of each node waits; what
 * is lost so is a gap for its readers.
 */
export class ObservationSender {
  private readonly waiting = new Map<string, ObservedNode>();
  /** What its readers have for certain; none after a send that failed. */
  private readonly sent = new Map<string, ObservedNode>();
  private sending: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly publication: Publication) {}

  offer(second: ObservedNode): void {
    if (this.waiting.has(second.node)) this.publication.onDropped(1);
    this.waiting.set(second.node, second);
    this.timer ??= setTimeout(() => this.flush(), GATHER_MS);
  }

  /** A node that is watched no longer: the next message of it is a whole one. */
  forget(node: string): void {
    this.waiting.delete(node);
    this.sent.delete(node);
  }

  /** Resolves once what was offered is sent, or after a moment: brokers that are away hold no end up. */
  async stop(): Promise<void> {
    clearTimeout(this.timer);
    this.flush();
    let over: NodeJS.Timeout | undefined;
    const moment = new Promise<void>((resolve) => (over = setTimeout(resolve, LAST_MS)));
    await Promise.race([this.sending, moment]);
    clearTimeout(over);
  }

  private flush(): void {
    this.timer = undefined;
    this.sending ??= this.sendAll().finally(() => (this.sending = undefined));
  }

  private async sendAll(): Promise<void> {
    while (this.waiting.size > 0) {
      const seconds = [...this.waiting.values()];
      this.waiting.clear();
      try {
        await this.publication.publish(seconds.map((second) => this.messageOf(second)));
        for (const second of seconds) this.sent.set(second.node, second);
      } catch {
        // Some may have arrived: only a whole is sure to be read.
        for (const { node } of seconds) this.sent.delete(node);
        this.publication.onDropped(seconds.length);
      }
    }
  }

  private messageOf(second: ObservedNode): NodeObservation {
    const before = this.sent.get(second.node);
    const isWhole = before?.fence !== second.fence || isTenth(before, second);
    return isWhole ? wholeOf(second) : deltaOf(before, second);
  }
}

/** Whether a tenth second lies between them, or is the later one: the tenth itself may be a gap. */
const isTenth = (before: ObservedNode, now: ObservedNode): boolean =>
  Math.floor(before.sequence / WHOLE_EVERY) !== Math.floor(now.sequence / WHOLE_EVERY);
