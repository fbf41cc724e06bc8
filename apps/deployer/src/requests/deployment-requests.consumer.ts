import { Controller, Inject, UseFilters } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { deploymentRequested, type DeploymentRequest } from '#libs/contracts';
import { KeepErrorFilter, type MessageContext } from '#libs/kafka';
import type { Transaction } from '#libs/postgres';
import { currentTraceparent } from '#libs/telemetry';
import { REQUEST_INTAKE, type RequestIntake } from './ports.js';

/** deployment.requests -> a stored request. Idempotent by the request's token. */
@Controller()
@UseFilters(KeepErrorFilter)
export class DeploymentRequestsConsumer {
  constructor(@Inject(REQUEST_INTAKE) private readonly intake: RequestIntake) {}

  @EventPattern<string>(deploymentRequested.type)
  async accept(@Payload() request: DeploymentRequest, @Ctx() context: MessageContext): Promise<void> {
    const origin = { traceparent: currentTraceparent() };
    await this.intake.accept(context.tx as Transaction, request, origin);
  }
}
