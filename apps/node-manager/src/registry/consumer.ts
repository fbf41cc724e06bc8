import { Controller, UseFilters } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import {
  instanceReported,
  type InstanceReport,
  serviceSpecChanged,
  type ServiceSpecChange,
} from '#libs/contracts';
import { KeepErrorFilter, type MessageContext } from '#libs/kafka';
import type { Transaction } from '#libs/postgres';
import { recordReport, recordSpec } from './adapters/postgres-registry.js';

/** instance.reports -> the registry. Idempotent, and in any order: the newest report of an instance counts. */
@Controller()
@UseFilters(KeepErrorFilter)
export class InstanceReportsConsumer {
  @EventPattern<string>(instanceReported.type)
  async record(@Payload() report: InstanceReport, @Ctx() context: MessageContext): Promise<void> {
    await recordReport(context.tx as Transaction, report);
  }
}

/** service.specs -> what is wanted of each service. Idempotent, and in any order: the newest revision counts. */
@Controller()
@UseFilters(KeepErrorFilter)
export class ServiceSpecsConsumer {
  @EventPattern<string>(serviceSpecChanged.type)
  async record(@Payload() spec: ServiceSpecChange, @Ctx() context: MessageContext): Promise<void> {
    await recordSpec(context.tx as Transaction, spec);
  }
}
