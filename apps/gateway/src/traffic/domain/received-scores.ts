import type { FeedScores } from '#libs/contracts';

/** Scores say how things are now: after so long, they say nothing. */
const STALE_MS = 3_000;
const NONE: ReadonlyMap<string, number> = new Map();

/** The scores that a load balancer tells over one connection, and whether they still count. */
export class ReceivedScores {
  private scores = new Map<string, number>();
  private heardMs = -Infinity;
  private isFirst = true;

  /** What comes next is of another connection: its first message replaces all. */
  reconnected(): void {
    this.isFirst = true;
  }

  take({ isWhole, scores }: Pick<FeedScores, 'isWhole' | 'scores'>, nowMs: number): void {
    if (isWhole === true || this.isFirst) this.scores = new Map();
    this.isFirst = false;
    for (const { name, score } of scores) {
      if (score === undefined) this.scores.delete(name);
      else this.scores.set(name, score);
    }
    this.heardMs = nowMs;
  }

  /** By the names of instances. */
  current(nowMs: number): ReadonlyMap<string, number> {
    return nowMs - this.heardMs > STALE_MS ? NONE : this.scores;
  }
}
