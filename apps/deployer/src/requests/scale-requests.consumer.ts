import { Controller, Inject, UseFilters } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { scaleRequested, type ScaleRequest } from '#libs/contracts';
import { KeepErrorFilter, type MessageContext } from '#libs/kafka';
import type { Transaction } from '#libs/postgres';
import { currentTraceparent } from '#libs/telemetry';
import { REQUEST_INTAKE, type RequestIntake } from './ports.js';

/** scale.requests -> a stored request with one task. Idempotent by the request's token. */
@Controller()
@UseFilters(KeepErrorFilter)
export class ScaleRequestsConsumer {
  constructor(@Inject(REQUEST_INTAKE) private readonly intake: RequestIntake) {}

  @EventPattern<string>(scaleRequested.type)
  async accept(@Payload() request: ScaleRequest, @Ctx() context: MessageContext): Promise<void> {
    const origin = { traceparent: currentTraceparent() };
    await this.intake.acceptScale(context.tx as Transaction, request, origin);
  }
}
