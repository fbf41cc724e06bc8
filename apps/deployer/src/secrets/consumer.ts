import { Controller, Inject, UseFilters } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { secretRequested, type SecretRequest } from '#libs/contracts';
import { KeepErrorFilter, type MessageContext } from '#libs/kafka';
import type { Transaction } from '#libs/postgres';
import { currentTraceparent } from '#libs/telemetry';
import { SECRET_INTAKE, type SecretRequests } from './ports.js';

/** secret.requests -> a stored secret, or one less. Idempotent by the request's token. */
@Controller()
@UseFilters(KeepErrorFilter)
export class SecretRequestsConsumer {
  constructor(@Inject(SECRET_INTAKE) private readonly intake: SecretRequests) {}

  @EventPattern<string>(secretRequested.type)
  async accept(@Payload() request: SecretRequest, @Ctx() context: MessageContext): Promise<void> {
    await this.intake.accept(context.tx as Transaction, request, currentTraceparent());
  }
}
