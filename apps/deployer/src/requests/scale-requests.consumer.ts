import { Inject } from '@nestjs/common';
import { scaleRequested, type ScaleRequest } from '#libs/contracts';
import { Consumer } from '#libs/kafka';
import type { Transaction } from '#libs/postgres';
import { Handles } from '#libs/runtime';
import { currentTraceparent } from '#libs/telemetry';
import { REQUEST_INTAKE, type RequestIntake } from './ports.js';

/** scale.requests -> a stored request with one task. Idempotent by the request's token. */
@Consumer()
export class ScaleRequestsConsumer {
  constructor(@Inject(REQUEST_INTAKE) private readonly intake: RequestIntake) {}

  @Handles(scaleRequested)
  async accept(request: ScaleRequest, tx: Transaction, principal?: string): Promise<void> {
    const origin = { traceparent: currentTraceparent(), principal };
    await this.intake.acceptScale(tx, request, origin);
  }
}
