import { Inject } from '@nestjs/common';
import { nodeAccessAnswered, type NodeAccessAnswer, nodeAnswered, type NodeAnswer } from '#libs/contracts';
import { Consumer } from '#libs/kafka';
import type { Transaction, WorkQueue } from '#libs/postgres';
import { Handles } from '#libs/runtime';
import { takeNodeAccess, takeNodeAnswer } from './adapters/node-answers.js';
import { WORK_QUEUE } from './ports.js';

/** node.responses -> the task that waits for it wakes, on whichever replica. Idempotent: the first answer stays. */
@Consumer()
export class NodeAnswersConsumer {
  constructor(@Inject(WORK_QUEUE) private readonly work: WorkQueue) {}

  @Handles(nodeAnswered)
  async accept(answer: NodeAnswer, tx: Transaction): Promise<void> {
    await takeNodeAnswer(tx, this.work, answer);
  }

  /** node.responses -> how the node is reached from now on. Idempotent: the last answer counts, and they are in order. */
  @Handles(nodeAccessAnswered)
  async know(answer: NodeAccessAnswer, tx: Transaction): Promise<void> {
    await takeNodeAccess(tx, answer);
  }
}
