import type { FeedEntry } from '#libs/contracts';
import type { FeedNews } from './feed-session.js';

/**
 * News that nobody has taken yet, as one: of each thing the newest. So it is never more than there are things, however
 * long it waits.
 */
export class Undelivered {
  private entries = new Map<string, FeedEntry>();
  private isWhole = false;
  private revision: number | undefined;

  add({ revision, isWhole, entries }: FeedNews): void {
    if (isWhole) [this.entries, this.isWhole] = [new Map(), true];
    this.revision = revision;
    for (const entry of entries) this.entries.set(`${entry.kind}/${entry.name}`, entry);
  }

  /** All of it, once. */
  take(): FeedNews | undefined {
    const { revision, isWhole, entries } = this;
    if (revision === undefined) return undefined;
    [this.entries, this.isWhole, this.revision] = [new Map(), false, undefined];
    return { revision, isWhole, entries: [...entries.values()] };
  }

  /** What was taken and could not be told stands before what came meanwhile. */
  giveBack(news: FeedNews): void {
    const newer = this.take();
    this.add(news);
    if (newer !== undefined) this.add(newer);
  }
}
