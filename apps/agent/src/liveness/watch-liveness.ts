import {
  askLimitMs,
  type Check,
  judge,
  nothingKnown,
  REACH_LIMIT_MS,
  type Verdict,
} from './domain/verdict.js';
import { isOwnFailure } from './domain/own-failure.js';
import type { LivenessPorts } from './ports.js';

/** Finds out whether one node answers. It asks nothing while looks are answered, which say the same. */
export class LivenessWatch {
  private liveness;
  private failedAsks = 0;
  private isAsking = false;
  /** Of the time since the node's kernel last failed to answer: what was asked before says no more of it. */
  private round = 0;

  constructor(
    private readonly ports: LivenessPorts,
    verdict: Verdict | undefined,
  ) {
    this.liveness = nothingKnown(verdict);
  }

  get verdict(): Verdict | undefined {
    return this.liveness.verdict;
  }

  /** A look was answered, however late, and the engine's events are followed. */
  answered(): void {
    this.failedAsks = 0;
    this.ports.fleet.answered();
    this.take({ kind: 'good' });
  }

  /** A second without an answer: asks in a cheaper way. */
  async silent(): Promise<void> {
    const { node } = this.ports;
    if (node.kernelAnswers) {
      const failure = await failureOf(node.reach(REACH_LIMIT_MS));
      if (failure !== undefined) {
        this.round += 1;
        return this.failed(failure);
      }
    }
    // What was asked a second ago may only be slow: no answer yet says neither.
    if (!this.isAsking) await this.ask();
  }

  private async ask(): Promise<void> {
    const { node, fleet } = this.ports;
    const { round } = this;
    this.isAsking = true;
    const isInDoubt = fleet.isInDoubt();
    const failure = await failureOf(
      node.ask(askLimitMs(this.failedAsks, { kernelAnswers: node.kernelAnswers, isInDoubt })),
    );
    this.isAsking = false;
    if (failure === undefined) return this.answered();
    this.failedAsks += 1;
    fleet.missed();
    if (round === this.round) this.failed(failure);
  }

  private failed({ error }: Failure): void {
    if (isOwnFailure(error)) return;
    this.take({ kind: 'bad', why: error instanceof Error ? error.message : String(error) });
  }

  private take(check: Check): void {
    const before = this.liveness.verdict;
    this.liveness = judge(this.liveness, check, this.ports.now().toISOString());
    const { verdict } = this.liveness;
    if (verdict !== undefined && verdict !== before) this.ports.onVerdict(verdict);
  }
}

interface Failure {
  readonly error: unknown;
}

const failureOf = (work: Promise<void>): Promise<Failure | undefined> =>
  work.then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
