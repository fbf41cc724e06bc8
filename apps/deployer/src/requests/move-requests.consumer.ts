import { Inject } from '@nestjs/common';
import { moveRequested, type MoveRequest } from '#libs/contracts';
import { Consumer } from '#libs/kafka';
import type { Transaction } from '#libs/postgres';
import { Handles } from '#libs/runtime';
import { currentTraceparent } from '#libs/telemetry';
import { REQUEST_INTAKE, type RequestIntake } from './ports.js';

/** move.requests -> a stored request with one task. Idempotent by the request's token. */
@Consumer()
export class MoveRequestsConsumer {
  constructor(@Inject(REQUEST_INTAKE) private readonly intake: RequestIntake) {}

  @Handles(moveRequested)
  async accept(request: MoveRequest, tx: Transaction): Promise<void> {
    await this.intake.acceptMove(tx, request, { traceparent: currentTraceparent() });
  }
}
