import { Inject } from '@nestjs/common';
import {
  instanceReported,
  type InstanceReport,
  nodeAccessRequested,
  type NodeAccessRequest,
  nodeReleased,
  type NodeRelease,
  nodeRequested,
  type NodeRequest,
} from '#libs/contracts';
import { Consumer } from '#libs/kafka';
import type { Transaction } from '#libs/postgres';
import { Handles } from '#libs/runtime';
import type { Placement } from './wire.js';

export const PLACEMENT = Symbol('Placement');

/** Messages that make, bind and free reservations. */
@Consumer()
export class PlacementConsumer {
  constructor(@Inject(PLACEMENT) private readonly placement: Placement) {}

  /**
   * node.requests -> a reservation and its answer, or a place in the line, with the others of the same transaction.
   * Idempotent by access token.
   */
  @Handles(nodeRequested)
  async answer(request: NodeRequest, tx: Transaction): Promise<void> {
    await Promise.resolve(this.placement.note(tx, request));
  }

  /** node.requests -> how a node is reached now. Idempotent: nothing is reserved. */
  @Handles(nodeAccessRequested)
  async access(request: NodeAccessRequest, tx: Transaction): Promise<void> {
    await this.placement.access(tx, request);
  }

  /** node.requests -> a reservation or a wait that is given up. Idempotent; an unknown token changes nothing. */
  @Handles(nodeReleased)
  async release(released: NodeRelease, tx: Transaction): Promise<void> {
    await Promise.resolve(this.placement.noteRelease(tx, released));
  }

  /** instance.reports -> reservations: bound while the instance runs, released when it ended. Idempotent. */
  @Handles(instanceReported)
  async follow(report: InstanceReport, tx: Transaction): Promise<void> {
    await this.placement.follow(tx, report);
  }
}
