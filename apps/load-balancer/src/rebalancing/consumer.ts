import { Inject } from '@nestjs/common';
import { scaleReplied, type ScaleReply } from '#libs/contracts';
import { Consumer } from '#libs/kafka';
import type { Transaction } from '#libs/postgres';
import { Handles } from '#libs/runtime';
import { MOVES, type Moves, SCALINGS, type Scalings } from './ports.js';

/** What came of moves, and of what scaling asked for: both are scale requests. */
@Consumer()
export class RebalancingConsumer {
  constructor(
    @Inject(MOVES) private readonly moves: Moves,
    @Inject(SCALINGS) private readonly scalings: Scalings,
  ) {}

  /** scale.responses -> the end of a move, or the outcome of a decision. Idempotent; answers to others change nothing. */
  @Handles(scaleReplied)
  async ended(reply: ScaleReply, tx: Transaction): Promise<void> {
    await this.moves.end(tx, reply);
    await this.scalings.end(tx, reply);
  }
}
