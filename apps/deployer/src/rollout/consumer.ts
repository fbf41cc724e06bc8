import { Controller, Inject, UseFilters } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { nodeAnswered, type NodeAnswer } from '#libs/contracts';
import { KeepErrorFilter, type MessageContext } from '#libs/kafka';
import type { Transaction, WorkQueue } from '#libs/postgres';
import { takeNodeAnswer } from './adapters/node-answers.js';
import { WORK_QUEUE } from './ports.js';

/** node.responses -> the task that waits for it wakes, on whichever replica. Idempotent: the first answer stays. */
@Controller()
@UseFilters(KeepErrorFilter)
export class NodeAnswersConsumer {
  constructor(@Inject(WORK_QUEUE) private readonly work: WorkQueue) {}

  @EventPattern<string>(nodeAnswered.type)
  async accept(@Payload() answer: NodeAnswer, @Ctx() context: MessageContext): Promise<void> {
    await takeNodeAnswer(context.tx as Transaction, this.work, answer);
  }
}
