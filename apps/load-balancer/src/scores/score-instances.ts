import type { ObservedNode } from '#libs/observations';
import type { InstanceScore } from './domain/instance-score.js';
import { merged, rememberedOf, type SharedScore } from './domain/merged.js';
import { OwnScores, REMEMBERED_MS } from './domain/own-scores.js';
import { ScoreMinutes } from './domain/score-minutes.js';
import { type Remembered, scoreOf, type ScoredInstance, type ScoreRules } from './domain/scored-instance.js';
import type {
  CurrentScores,
  DrainingInstances,
  GatewayFigures,
  KeptMinutes,
  SharedScores,
  Shares,
} from './ports.js';

interface ScoreParts {
  readonly rules: ScoreRules;
  readonly figures: GatewayFigures;
  readonly shared: SharedScores;
  readonly draining: DrainingInstances;
  readonly minutes: KeptMinutes;
  now(): Date;
  /** Minutes could not be stored; they are tried again. */
  onError(error: unknown): void;
}

/**
 * Scores the instances of this replica's nodes from each second that is observed, shares them with the other replicas, and
 * keeps them by the minute.
 */
export class ScoreInstances implements CurrentScores {
  private readonly own: OwnScores;
  private readonly gathered = new ScoreMinutes();
  /** What each replica shared last, also what they left that ended; this one too. */
  private readonly shares = new Map<string, readonly SharedScore[]>();
  private remembered: ReadonlyMap<string, Remembered> = new Map();
  private current: ReadonlyMap<string, InstanceScore> = new Map();

  constructor(private readonly parts: ScoreParts) {
    this.own = new OwnScores(parts.rules);
  }

  all(): ReadonlyMap<string, InstanceScore> {
    return this.current;
  }

  observed(second: ObservedNode): void {
    const figures = this.parts.figures.instances();
    for (const scored of this.own.observed(second, figures, this.remembered))
      this.gathered.add(this.shown(scored));
  }

  /** Of a node of which another replica hears from now on. */
  forget(node: string): void {
    this.own.forget(node);
  }

  /** To be called once, before anything is observed: scores go on from what there is. */
  async recall(): Promise<void> {
    this.take(await this.parts.shared.recall());
    this.renew([]);
  }

  /** To be called once a second. Of a replica that is not heard of, what it shared last ages. */
  async share(): Promise<void> {
    const nowMs = this.parts.now().getTime();
    this.own.expire(nowMs);
    const own = this.own.all(nowMs).map((scored): SharedScore => {
      const { utilisation, answers } = scored;
      return { score: this.shown(scored), utilisation, answers };
    });
    this.take(await this.parts.shared.exchange(own));
    this.renew(own.map(({ score }) => score));
  }

  /** Stores the minutes that are complete; to be called every few seconds. */
  async store(): Promise<void> {
    const { minutes, now, onError } = this.parts;
    const nowMs = now().getTime();
    const complete = this.gathered.complete(nowMs);
    if (complete.length === 0) return;
    try {
      await minutes.store(complete);
      this.gathered.stored(nowMs);
    } catch (error) {
      onError(error);
    }
  }

  private take(shares: Shares): void {
    for (const [replica, scores] of shares) this.shares.set(replica, scores);
    const sinceMs = this.parts.now().getTime() - REMEMBERED_MS;
    for (const [replica, scores] of this.shares)
      if (scores.every(({ score }) => score.at < sinceMs)) this.shares.delete(replica);
  }

  private renew(own: readonly InstanceScore[]): void {
    const others = [...this.shares.values()].flat();
    this.remembered = rememberedOf(others);
    this.current = merged(own, others, this.parts.now().getTime());
  }

  private shown(scored: ScoredInstance): InstanceScore {
    return scoreOf(scored, this.parts.draining.has(scored.instance));
  }
}
