import { Inject } from '@nestjs/common';
import { evictionRequested, type EvictionRequest } from '#libs/contracts';
import { Consumer } from '#libs/kafka';
import type { Transaction } from '#libs/postgres';
import { Handles } from '#libs/runtime';
import { EVICTIONS, type Evictions } from './ports.js';

/** node.responses -> a request of our own that stops an instance. Idempotent by its token. */
@Consumer()
export class EvictionsConsumer {
  constructor(@Inject(EVICTIONS) private readonly evictions: Evictions) {}

  @Handles(evictionRequested)
  async evict(request: EvictionRequest, tx: Transaction): Promise<void> {
    await this.evictions.take(tx, request);
  }
}
