import type { FeedEntry } from '#libs/contracts';

/** Of changes that are remembered. Who has missed more takes a snapshot. */
const MOST_CHANGES = 10_000;
/** Of answers that are kept for others who ask the same. */
const MOST_ANSWERS = 100;

export interface LoggedChange {
  readonly revision: number;
  readonly entry: FeedEntry;
}

/** Some of what changed after a revision, each thing as it is now. */
export interface ChangesSince {
  /** What is known with them. */
  readonly revision: number;
  readonly entries: FeedEntry[];
}

/** All that there is at a revision, in pieces. */
export interface SnapshotPieces {
  readonly revision: number;
  /** One at least. */
  readonly pieces: readonly FeedEntry[][];
}

const keyOf = ({ kind, name }: FeedEntry): string => `${kind}/${name}`;
const isRemoved = ({ kind: _kind, name: _name, ...members }: FeedEntry): boolean =>
  Object.values(members).every((member) => member === undefined);
const isSame = (a: FeedEntry | undefined, b: FeedEntry): boolean => JSON.stringify(a) === JSON.stringify(b);

const USUAL_BYTES = 512;
/** How much of a message an entry takes: most are 1, routes may be long. */
const weightOf = ({ service }: FeedEntry): number =>
  1 + Math.floor(JSON.stringify(service?.routes ?? []).length / USUAL_BYTES);

/** One piece at least, each of about this weight at most. */
function inPieces(entries: readonly FeedEntry[], size: number): FeedEntry[][] {
  const pieces: FeedEntry[][] = [[]];
  let weight = 0;
  for (const entry of entries) {
    if (weight >= size) {
      pieces.push([]);
      weight = 0;
    }
    pieces.at(-1)?.push(entry);
    weight += weightOf(entry);
  }
  return pieces;
}

/**
 * What matters for traffic now, and what changed last. It is one for all who follow: each of them is a revision in it, and
 * keeps no changes of its own.
 */
export class FeedLog {
  private entries = new Map<string, FeedEntry>();
  private changes: LoggedChange[] = [];
  /** The revision of the last change of each thing among `changes`. */
  private latest = new Map<string, number>();
  /** Changes after it are all known. */
  private knownFrom = 0;
  private current: number | undefined;
  private cut: SnapshotPieces | undefined;
  /** What was answered since the last change, by revision and number: most who follow ask the same. */
  private readonly answers = new Map<string, ChangesSince>();

  constructor(
    private readonly pieceSize: number,
    private readonly mostChanges = MOST_CHANGES,
  ) {}

  /** Undefined until there is something. */
  get revision(): number | undefined {
    return this.current;
  }

  replace(revision: number, entries: readonly FeedEntry[]): void {
    this.entries = new Map(entries.map((entry) => [keyOf(entry), entry]));
    [this.changes, this.latest] = [[], new Map()];
    [this.knownFrom, this.current, this.cut] = [revision, revision, undefined];
    this.answers.clear();
  }

  /** In the order of their revisions. What says nothing new is left out. */
  append(revision: number, changes: readonly LoggedChange[]): void {
    this.current = revision;
    this.cut = undefined;
    this.answers.clear();
    for (const change of changes) {
      const key = keyOf(change.entry);
      const known = this.entries.get(key);
      const removed = isRemoved(change.entry);
      if (removed ? known === undefined : isSame(known, change.entry)) continue;
      if (removed) this.entries.delete(key);
      else this.entries.set(key, change.entry);
      this.changes.push(change);
      this.latest.set(key, change.revision);
    }
    // Not at each change: a log of twice the length is cut to its half.
    if (this.changes.length > 2 * this.mostChanges) this.forget(this.changes.length - this.mostChanges);
  }

  /** All that changed after it is known. */
  knows(revision: number): boolean {
    return this.current !== undefined && revision >= this.knownFrom && revision <= this.current;
  }

  /** At most so many, the oldest first. Undefined where not all of them are known any more. */
  since(revision: number, most: number): ChangesSince | undefined {
    if (!this.knows(revision)) return undefined;
    const asked = `${revision} ${most}`;
    const answer = this.answers.get(asked) ?? this.changesSince(revision, most);
    if (this.answers.size < MOST_ANSWERS) this.answers.set(asked, answer);
    return answer;
  }

  /** The same pieces for all who ask at one revision. Undefined until there is something. */
  snapshot(): SnapshotPieces | undefined {
    if (this.current === undefined) return undefined;
    if (this.cut === undefined) {
      this.cut = { revision: this.current, pieces: inPieces([...this.entries.values()], this.pieceSize) };
    }
    return this.cut;
  }

  private changesSince(since: number, most: number): ChangesSince {
    const entries: FeedEntry[] = [];
    let [revision, weight] = [since, 0];
    for (let at = this.firstAfter(since); at < this.changes.length; at += 1) {
      if (weight >= most) return { revision, entries };
      const change = this.changes[at]!;
      revision = change.revision;
      if (this.latest.get(keyOf(change.entry)) !== revision) continue;
      entries.push(change.entry);
      weight += weightOf(change.entry);
    }
    return { revision: this.current ?? revision, entries };
  }

  private forget(count: number): void {
    const gone = this.changes.splice(0, count);
    this.knownFrom = gone.at(-1)?.revision ?? this.knownFrom;
    for (const { revision, entry } of gone)
      if (this.latest.get(keyOf(entry)) === revision) this.latest.delete(keyOf(entry));
  }

  /** The place of the first change after a revision. */
  private firstAfter(revision: number): number {
    let [low, high] = [0, this.changes.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.changes[middle]!.revision <= revision) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
