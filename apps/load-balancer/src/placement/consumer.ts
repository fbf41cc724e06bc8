import { Controller, Inject, UseFilters } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import {
  instanceReported,
  type InstanceReport,
  nodeReleased,
  type NodeRelease,
  nodeRequested,
  type NodeRequest,
} from '#libs/contracts';
import { KeepErrorFilter, type MessageContext } from '#libs/kafka';
import type { Transaction } from '#libs/postgres';
import type { Placement } from './wire.js';

export const PLACEMENT = Symbol('Placement');

/** Messages that make, bind and free reservations. */
@Controller()
@UseFilters(KeepErrorFilter)
export class PlacementConsumer {
  constructor(@Inject(PLACEMENT) private readonly placement: Placement) {}

  /** node.requests -> a reservation and its answer. Idempotent by access token. */
  @EventPattern<string>(nodeRequested.type)
  async answer(@Payload() request: NodeRequest, @Ctx() context: MessageContext): Promise<void> {
    await this.placement.answer(context.tx as Transaction, request);
  }

  /** node.requests -> a reservation that is given back. Idempotent; an unknown token changes nothing. */
  @EventPattern<string>(nodeReleased.type)
  async release(@Payload() { accessToken }: NodeRelease, @Ctx() context: MessageContext): Promise<void> {
    await this.placement.release(context.tx as Transaction, accessToken);
  }

  /** instance.reports -> reservations: bound while the instance runs, released when it ended. Idempotent. */
  @EventPattern<string>(instanceReported.type)
  async follow(@Payload() report: InstanceReport, @Ctx() context: MessageContext): Promise<void> {
    await this.placement.follow(context.tx as Transaction, report);
  }
}
