import type { KafkaMessage } from 'kafkajs';

type Placed = Pick<KafkaMessage, 'offset'>;

const LONGEST_BACKOFF_MS = 30_000;
const slotOf = (partition: number, { offset }: Placed): string => `${partition}/${offset}`;

/** How often each message of a topic was tried that is not done yet. */
export class Tries {
  private readonly counts = new Map<string, number>();

  /** @param backoffMs first wait; doubled up to half a minute */
  constructor(private readonly backoffMs: number) {}

  /** @returns how often it was tried, with this time */
  count(partition: number, message: Placed): number {
    const tries = this.of(partition, message) + 1;
    this.counts.set(slotOf(partition, message), tries);
    return tries;
  }

  forget(partition: number, message: Placed): void {
    this.counts.delete(slotOf(partition, message));
  }

  waitMs(partition: number, message: Placed): number {
    const doublings = Math.min(Math.max(this.of(partition, message) - 1, 0), 10);
    return Math.min(this.backoffMs * 2 ** doublings, LONGEST_BACKOFF_MS);
  }

  private of(partition: number, message: Placed): number {
    return this.counts.get(slotOf(partition, message)) ?? 0;
  }
}
