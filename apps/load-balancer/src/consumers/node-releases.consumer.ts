import { Controller, UseFilters } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { nodeReleased, type NodeRelease } from '#libs/contracts';
import { KeepErrorFilter, type MessageContext } from '#libs/kafka';
import type { Transaction } from '#libs/postgres';
import { release } from '../adapters/reservations.js';

/** node.requests -> a reservation that is given back. Idempotent; of a token that is not known, nothing. */
@Controller()
@UseFilters(KeepErrorFilter)
export class NodeReleasesConsumer {
  @EventPattern<string>(nodeReleased.type)
  async release(@Payload() { accessToken }: NodeRelease, @Ctx() context: MessageContext): Promise<void> {
    await release(context.tx as Transaction, accessToken);
  }
}
