import type { FeedScore } from '#libs/contracts';

/** An instance's score, as gateways and dashboards are told. */
export interface ToldScore {
  /** 0 to 100: 100 is idle. */
  readonly overall: number;
  readonly state: string;
}

/** Scores that are gone are remembered, so that whoever had them hears so. Who has missed more is told all. */
const MOST_GONE = 10_000;

export interface ScoresSince {
  /** What is known with them. */
  readonly revision: number;
  /** They replace all that was known. */
  readonly isWhole: boolean;
  /** There are no more now. */
  readonly isLast: boolean;
  readonly scores: readonly FeedScore[];
}

interface Entry {
  readonly revision: number;
  readonly told: FeedScore;
}

/** As gateways are told. */
export const toldScores = (scores: ReadonlyMap<string, ToldScore>): readonly FeedScore[] =>
  [...scores].map(([name, score]) => toldOf(name, score));

/** The scores of all instances, and in which order they changed. One for all who follow: each of them is a revision in it. */
export class ScoreLog {
  /** In the order of their revisions. */
  private readonly entries = new Map<string, Entry>();
  private revision = 0;
  private gone = 0;
  /** What was gone before it is forgotten. */
  private knownFrom = 0;
  private isUsed = false;
  private readonly answers = new Map<string, ScoresSince>();

  constructor(private readonly mostGone = MOST_GONE) {}

  /** As they are now; rounded, so that a small change is none. */
  replace(scores: ReadonlyMap<string, ToldScore>): void {
    this.isUsed = true;
    const before = this.revision;
    for (const [name, score] of scores) this.note(toldOf(name, score));
    for (const [name, { told }] of this.entries)
      if (told.score !== undefined && !scores.has(name)) this.note({ name });
    this.forgetGone();
    if (this.revision !== before) this.answers.clear();
  }

  /** At most so many, the oldest change first. Undefined where nobody scores anything. */
  since(known: number | undefined, most: number): ScoresSince | undefined {
    if (!this.isUsed) return undefined;
    const asked = `${known} ${most}`;
    const answer = this.answers.get(asked) ?? this.find(known, most);
    this.answers.set(asked, answer);
    return answer;
  }

  private find(known: number | undefined, most: number): ScoresSince {
    const isWhole = known === undefined || known < this.knownFrom;
    const after = isWhole ? 0 : known;
    const found = [...this.entries.values()].filter(
      ({ revision, told }) => revision > after && !(isWhole && told.score === undefined),
    );
    const some = found.slice(0, most);
    const isLast = some.length === found.length;
    return {
      revision: isLast ? this.revision : (some.at(-1)?.revision ?? after),
      ...{ isWhole, isLast, scores: some.map(({ told }) => told) },
    };
  }

  private note(told: FeedScore): void {
    const before = this.entries.get(told.name)?.told;
    if (before?.score === told.score && before?.state === told.state) return;
    if (before !== undefined && before.score === undefined) this.gone -= 1;
    if (told.score === undefined) this.gone += 1;
    this.revision += 1;
    this.entries.delete(told.name);
    this.entries.set(told.name, { revision: this.revision, told });
  }

  private forgetGone(): void {
    if (this.gone <= this.mostGone) return;
    for (const [name, { told, revision }] of this.entries) {
      if (told.score !== undefined) continue;
      this.entries.delete(name);
      this.gone -= 1;
      this.knownFrom = revision;
      if (this.gone <= this.mostGone / 2) return;
    }
  }
}

const toldOf = (name: string, { overall, state }: ToldScore): FeedScore => ({
  ...{ name, state },
  score: Math.min(100, Math.max(0, Math.round(overall))),
});
