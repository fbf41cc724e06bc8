import {
  type InstanceReport,
  nodeAccessAnswered,
  type NodeAccessRequest,
  nodeAnswered,
  type NodeAnswer,
  type NodeRelease,
  type NodeRequest,
  nodeWaiting,
} from '#libs/contracts';
import { type Outbox, together, type Transaction } from '#libs/postgres';
import { outgoing } from '#libs/runtime';
import type { Tracing } from '#libs/telemetry';
import type { KeepExplanation } from '../explanations/ports.js';
import type { FleetSnapshot } from '../plans/ports.js';
import { FleetView, type FleetViewOptions } from './adapters/fleet-view.js';
import { heldPlaces } from './adapters/held-places.js';
import type { NodeFigures } from './adapters/node-figures.js';
import { PostgresPlacing } from './adapters/postgres-placing.js';
import { follow, release } from './adapters/reservations.js';
import { leaveLine, PostgresLine } from './adapters/waiting-rows.js';
import { type LoginKeys, SealedLogins } from './adapters/sealed-logins.js';
import { answerNodeRequest } from './answer-node-request.js';
import type { Answers } from './ports.js';
import { type Served, serveLine } from './serve-line.js';

interface PlacementParts extends LoginKeys, FleetViewOptions {
  readonly outbox: Outbox;
  readonly tracing: Tracing;
  readonly keepExplanation: KeepExplanation;
  /** How many requests may wait for room; 0: none. */
  readonly mostWaiting: number;
  /** See `mayHold`. */
  readonly holdAfterMs: number;
}

/** Placement on Postgres: all that a message changes is written in the message's own transaction. */
export class Placement {
  private readonly logins: SealedLogins;
  private readonly view: FleetView;

  constructor(private readonly parts: PlacementParts) {
    this.logins = new SealedLogins(parts);
    this.view = new FleetView(parts);
  }

  /** What agents measure: placing reads it from the messages that are handed to it. */
  get figures(): Pick<NodeFigures, 'take'> {
    return this.view.figures;
  }

  /** Undefined where the request waits for room. */
  answer(tx: Transaction, request: NodeRequest): Promise<NodeAnswer | undefined> {
    const { tracing } = this.parts;
    const ports = { placing: this.placing(tx), answers: this.answers(tx), line: this.line(tx) };
    const attributes = { 'slipway.app': request.appId, 'slipway.service': request.service };
    return tracing.withSpan({ name: 'place', attributes }, async (span) => {
      const answer = await answerNodeRequest(ports, request);
      const node = answer?.node;
      span.set({
        'slipway.outcome': answer === undefined ? 'waits' : node === undefined ? 'refused' : 'placed',
        'slipway.node': node?.name,
        'slipway.score': node?.score,
      });
      return answer;
    });
  }

  /** A node that is enrolled no more, or whose login cannot be opened, has no answer. */
  async access(tx: Transaction, { node: name }: NodeAccessRequest): Promise<void> {
    const node = await this.placing(tx).accessTo(name);
    if (node !== undefined) await this.parts.outbox.add(tx, [outgoing(nodeAccessAnswered, node)]);
  }

  /** One step along the line of requests that wait for room. */
  serveLine(tx: Transaction, isRenewed: boolean): Promise<Served> {
    const { holdAfterMs } = this.parts;
    const ports = { placing: this.placing(tx), answers: this.answers(tx), line: this.line(tx), holdAfterMs };
    return serveLine(ports, isRenewed);
  }

  /** Also ends a wait for room. */
  async release(tx: Transaction, released: NodeRelease): Promise<void> {
    // In this order: what has just been placed is released, too.
    await together(leaveLine(tx, released.accessToken), release(tx, released));
  }

  follow(tx: Transaction, report: InstanceReport): Promise<void> {
    return follow(tx, report);
  }

  /** The fleet as it is now, as a copy, with what holds places on a node. */
  async snapshot(tx: Transaction, node?: string): Promise<FleetSnapshot> {
    await this.view.refresh(tx);
    return { fleet: this.view.fleet.copy(), held: node === undefined ? [] : await heldPlaces(tx, node) };
  }

  private answers(tx: Transaction): Answers {
    const { outbox, policy, keepExplanation } = this.parts;
    return {
      send: async (answer, request, explanation) => {
        const sent = outbox.add(tx, [outgoing(nodeAnswered, answer)]);
        if (explanation === undefined) await sent;
        else await together(sent, keepExplanation(tx, { request, answer, policy, explanation }));
      },
      sendWaiting: (waiting) => outbox.add(tx, [outgoing(nodeWaiting, waiting)]),
    };
  }

  private line(tx: Transaction): PostgresLine {
    return new PostgresLine(tx, this.parts.mostWaiting);
  }

  private placing(tx: Transaction): PostgresPlacing {
    return new PostgresPlacing(tx, this.logins, this.view);
  }
}
