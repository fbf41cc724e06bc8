import { Inject } from '@nestjs/common';
import {
  nodeAccessAnswered,
  type NodeAccessAnswer,
  nodeAnswered,
  type NodeAnswer,
  nodeWaiting,
  type NodeWaiting,
} from '#libs/contracts';
import { Consumer } from '#libs/kafka';
import type { Transaction, WorkQueue } from '#libs/postgres';
import { Handles } from '#libs/runtime';
import { takeNodeAccess, takeNodeAnswer } from './adapters/node-answers.js';
import { NODE_WAITS, type NodeWaits, WORK_QUEUE } from './ports.js';

/** node.responses -> the task that waits for it wakes, on whichever replica. Idempotent: the first answer stays. */
@Consumer()
export class NodeAnswersConsumer {
  constructor(
    @Inject(WORK_QUEUE) private readonly work: WorkQueue,
    @Inject(NODE_WAITS) private readonly waits: NodeWaits,
  ) {}

  @Handles(nodeAnswered)
  async accept(answer: NodeAnswer, tx: Transaction): Promise<void> {
    await takeNodeAnswer(tx, this.work, answer);
  }

  /** node.responses -> that the request waits is shown. Idempotent: it is said once of each access token. */
  @Handles(nodeWaiting)
  async wait(waiting: NodeWaiting, tx: Transaction): Promise<void> {
    await this.waits.take(tx, waiting);
  }

  /** node.responses -> how the node is reached from now on. Idempotent: the last answer counts, and they are in order. */
  @Handles(nodeAccessAnswered)
  async know(answer: NodeAccessAnswer, tx: Transaction): Promise<void> {
    await takeNodeAccess(tx, answer);
  }
}
