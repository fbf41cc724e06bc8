import { Controller, UseFilters } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { instanceReported, type InstanceReport } from '#libs/contracts';
import { KeepErrorFilter, type MessageContext } from '#libs/kafka';
import type { Transaction } from '#libs/postgres';
import { recordReport } from './adapters/postgres-registry.js';

/** instance.reports -> the registry. Idempotent, and in any order: the newest report of an instance counts. */
@Controller()
@UseFilters(KeepErrorFilter)
export class InstanceReportsConsumer {
  @EventPattern<string>(instanceReported.type)
  async record(@Payload() report: InstanceReport, @Ctx() context: MessageContext): Promise<void> {
    await recordReport(context.tx as Transaction, report);
  }
}
