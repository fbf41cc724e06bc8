import { Inject } from '@nestjs/common';
import { deploymentRequested, type DeploymentRequest } from '#libs/contracts';
import { Consumer } from '#libs/kafka';
import type { Transaction } from '#libs/postgres';
import { Handles } from '#libs/runtime';
import { currentTraceparent } from '#libs/telemetry';
import { REQUEST_INTAKE, type RequestIntake } from './ports.js';

/** deployment.requests -> a stored request. Idempotent by the request's token. */
@Consumer()
export class DeploymentRequestsConsumer {
  constructor(@Inject(REQUEST_INTAKE) private readonly intake: RequestIntake) {}

  @Handles(deploymentRequested)
  async accept(request: DeploymentRequest, tx: Transaction, principal?: string): Promise<void> {
    const origin = { traceparent: currentTraceparent(), principal };
    await this.intake.accept(tx, request, origin);
  }
}
