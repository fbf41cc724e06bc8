import { Controller, Inject, UseFilters } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { deploymentRequested, type DeploymentRequest } from '#libs/contracts';
import { KeepErrorFilter, type MessageContext } from '#libs/kafka';
import type { Transaction } from '#libs/postgres';
import { currentTraceparent } from '#libs/telemetry';
import type { RequestIntake } from './adapters/request-intake.js';
import { REQUEST_INTAKE } from './ports.js';

/** deployment.requests -> a stored request. Idempotent by the request's token. */
@Controller()
@UseFilters(KeepErrorFilter)
export class DeploymentRequestsConsumer {
  constructor(@Inject(REQUEST_INTAKE) private readonly intake: RequestIntake) {}

  @EventPattern<string>(deploymentRequested.type)
  async accept(@Payload() request: DeploymentRequest, @Ctx() context: MessageContext): Promise<void> {
    await this.intake.accept(context.tx as Transaction, request, currentTraceparent());
  }
}
