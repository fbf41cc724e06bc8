import { nodeAnswered, type AssignedNode, type NodeAnswer, type NodeRequest } from '#libs/contracts';
import { type Outbox, together, type Transaction } from '#libs/postgres';
import { outgoing } from '#libs/runtime';
import { SealError } from '#libs/secrets';
import type { Tracing } from '#libs/telemetry';
import { type Candidate, place, type Place, type Refusal } from '../domain/place.js';
import { candidates, enrolledNode } from './node-registry.js';
import { liveReservation, lockPlacing, releaseExpired, reserve } from './reservations.js';
import { type LoginKeys, SealedLogins } from './sealed-logins.js';

export interface NodeRequestsParts extends LoginKeys {
  readonly outbox: Outbox;
  readonly tracing: Tracing;
}

const LOGIN_CLOSED = 'its login rests under another SLIPWAY_SECRET_KEY: enrol the node again';

/** Answers node requests: reserves a place and sends it with the node's login, all in the message's transaction. */
export class NodeRequests {
  private readonly logins: SealedLogins;

  constructor(private readonly parts: NodeRequestsParts) {
    this.logins = new SealedLogins(parts);
  }

  /** The same access token gets the same place for as long as that is reserved. */
  async answer(tx: Transaction, request: NodeRequest): Promise<NodeAnswer> {
    const answer = await this.placeTraced(tx, request);
    await this.parts.outbox.add(tx, [outgoing(nodeAnswered, answer)]);
    return answer;
  }

  private placeTraced(tx: Transaction, request: NodeRequest): Promise<NodeAnswer> {
    const attributes = { 'slipway.app': request.appId, 'slipway.service': request.service };
    return this.parts.tracing.withSpan({ name: 'place', attributes }, async (span) => {
      const answer = await this.place(tx, request);
      const { node } = answer;
      span.set({
        'slipway.outcome': node === undefined ? 'refused' : 'placed',
        'slipway.node': node?.name,
        'slipway.score': node?.score,
      });
      return answer;
    });
  }

  private async place(tx: Transaction, request: NodeRequest): Promise<NodeAnswer> {
    const { accessToken, appId, service } = request;
    const [, , known, nodes] = await together(
      // First: what follows is read when the placings before are done.
      lockPlacing(tx),
      releaseExpired(tx),
      liveReservation(tx, accessToken),
      candidates(tx, appId, service),
    );
    const kept = known && (await this.assigned(tx, known));
    const outcome = kept ? { node: kept, refusals: [] } : await this.placeAnew(tx, request, nodes);
    return { accessToken, appId, service, ...outcome };
  }

  /** A node whose login cannot be had is ruled out like one that is full: asking again would not help. */
  private async placeAnew(
    tx: Transaction,
    request: NodeRequest,
    nodes: readonly Candidate[],
    unusable: readonly Refusal[] = [],
  ): Promise<Pick<NodeAnswer, 'node' | 'refusals'>> {
    const placement = place(request, nodes);
    if (placement.place === undefined) return { refusals: [...unusable, ...placement.refusals] };
    const { node: name } = placement.place;
    const node = await this.assigned(tx, placement.place);
    if (node === undefined) {
      const others = nodes.filter((other) => other.name !== name);
      return this.placeAnew(tx, request, others, [...unusable, { node: name, reason: LOGIN_CLOSED }]);
    }
    await reserve(tx, request, placement.place);
    return { node, refusals: [] };
  }

  /** undefined when the node is not enrolled any more, or its login cannot be opened. */
  private async assigned(tx: Transaction, { node, port, score }: Place): Promise<AssignedNode | undefined> {
    const enrolled = await enrolledNode(tx, node);
    if (enrolled === undefined) return undefined;
    const { loginEncrypted, ...access } = enrolled;
    try {
      const sealedLogin = await this.logins.of(node, loginEncrypted);
      return { name: node, ...access, sealedLogin, port, score };
    } catch (error) {
      if (error instanceof SealError) return undefined;
      throw error;
    }
  }
}
