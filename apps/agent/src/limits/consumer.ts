import { Inject } from '@nestjs/common';
import { limitRequested, type LimitRequest } from '#libs/contracts';
import { Consumer } from '#libs/kafka';
import type { Transaction } from '#libs/postgres';
import { Handles } from '#libs/runtime';
import { LIMIT_REQUESTS, type LimitRequests } from './ports.js';

/** limit.requests -> the table from which the holder of the node's lease takes them. Idempotent by the request's id. */
@Consumer()
export class LimitRequestsConsumer {
  constructor(@Inject(LIMIT_REQUESTS) private readonly requests: LimitRequests) {}

  @Handles(limitRequested)
  async take(request: LimitRequest, tx: Transaction): Promise<void> {
    await this.requests.take(tx, request);
  }
}
