import { Inject } from '@nestjs/common';
import { secretRequested, type SecretRequest } from '#libs/contracts';
import { Consumer } from '#libs/kafka';
import type { Transaction } from '#libs/postgres';
import { Handles } from '#libs/runtime';
import { currentTraceparent } from '#libs/telemetry';
import { SECRET_INTAKE, type SecretRequests } from './ports.js';

/** secret.requests -> a stored secret, or one less. Idempotent by the request's token. */
@Consumer()
export class SecretRequestsConsumer {
  constructor(@Inject(SECRET_INTAKE) private readonly intake: SecretRequests) {}

  @Handles(secretRequested)
  async accept(request: SecretRequest, tx: Transaction): Promise<void> {
    await this.intake.accept(tx, request, currentTraceparent());
  }
}
