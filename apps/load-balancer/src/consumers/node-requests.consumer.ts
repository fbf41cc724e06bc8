import { Controller, Inject, UseFilters } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { nodeRequested, type NodeRequest } from '#libs/contracts';
import { KeepErrorFilter, type MessageContext } from '#libs/kafka';
import type { Transaction } from '#libs/postgres';
import type { NodeRequests } from '../adapters/node-requests.js';
import { NODE_REQUESTS } from '../tokens.js';

/** node.requests -> a reservation and its answer. Idempotent by access token. */
@Controller()
@UseFilters(KeepErrorFilter)
export class NodeRequestsConsumer {
  constructor(@Inject(NODE_REQUESTS) private readonly requests: NodeRequests) {}

  @EventPattern<string>(nodeRequested.type)
  async answer(@Payload() request: NodeRequest, @Ctx() context: MessageContext): Promise<void> {
    await this.requests.answer(context.tx as Transaction, request);
  }
}
