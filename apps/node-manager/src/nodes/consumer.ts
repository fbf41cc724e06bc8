import { Controller, UseFilters } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { nodeReported, type NodeReport } from '#libs/contracts';
import { KeepErrorFilter, type MessageContext } from '#libs/kafka';
import type { Transaction } from '#libs/postgres';
import { recordNodeReport } from './adapters/node-reports.js';

/** node.reports -> the node's state. Idempotent, and in any order: the newest report counts. */
@Controller()
@UseFilters(KeepErrorFilter)
export class NodeReportsConsumer {
  @EventPattern<string>(nodeReported.type)
  async record(@Payload() report: NodeReport, @Ctx() context: MessageContext): Promise<void> {
    await recordNodeReport(context.tx as Transaction, report);
  }
}
