import { Inject } from '@nestjs/common';
import { scaleReplied, type ScaleReply } from '#libs/contracts';
import { Consumer } from '#libs/kafka';
import type { Transaction } from '#libs/postgres';
import { Handles } from '#libs/runtime';
import { MOVES, type Moves } from './ports.js';

/** What came of moves. */
@Consumer()
export class RebalancingConsumer {
  constructor(@Inject(MOVES) private readonly moves: Moves) {}

  /** scale.responses -> the end of a move. Idempotent; answers to others change nothing. */
  @Handles(scaleReplied)
  async ended(reply: ScaleReply, tx: Transaction): Promise<void> {
    await this.moves.end(tx, reply);
  }
}
