import { Controller, UseFilters } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { instanceReported, type InstanceReport } from '#libs/contracts';
import { KeepErrorFilter, type MessageContext } from '#libs/kafka';
import type { Transaction } from '#libs/postgres';
import { follow } from '../adapters/reservations.js';

/** instance.reports -> reservations: bound while the instance runs, released when it ended. Idempotent. */
@Controller()
@UseFilters(KeepErrorFilter)
export class InstanceReportsConsumer {
  @EventPattern<string>(instanceReported.type)
  async follow(@Payload() report: InstanceReport, @Ctx() context: MessageContext): Promise<void> {
    await follow(context.tx as Transaction, report);
  }
}
