import { nodeAnswered, type AssignedNode, type NodeAnswer, type NodeRequest } from '#libs/contracts';
import type { Outbox, Transaction } from '#libs/postgres';
import { outgoing } from '#libs/runtime';
import { decryptAtRest, seal, type PublicJwk } from '#libs/secrets';
import type { Tracing } from '#libs/telemetry';
import { place, type Place } from '../domain/place.js';
import { candidates, enrolledNode } from './node-registry.js';
import { liveReservation, lockPlacing, releaseExpired, reserve } from './reservations.js';

export interface NodeRequestsParts {
  readonly outbox: Outbox;
  readonly tracing: Tracing;
  /** 32 bytes: opens the logins of the registry. */
  readonly atRestKey: Uint8Array;
  /** Only its owner opens the logins that are sent. */
  readonly deployerKey: PublicJwk;
}

/** Answers node requests: reserves a place and sends it with the node's login, all in the message's transaction. */
export class NodeRequests {
  constructor(private readonly parts: NodeRequestsParts) {}

  /** The same access token gets the same place for as long as that is reserved. */
  async answer(tx: Transaction, request: NodeRequest): Promise<NodeAnswer> {
    await lockPlacing(tx);
    await releaseExpired(tx);
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
    const asked = { accessToken, appId, service };
    const known = await liveReservation(tx, accessToken);
    if (known !== undefined) return { ...asked, node: await this.assigned(tx, known), refusals: [] };
    const placement = place(request, await candidates(tx, appId, service));
    if (placement.place === undefined) return { ...asked, refusals: [...placement.refusals] };
    await reserve(tx, request, placement.place);
    return { ...asked, node: await this.assigned(tx, placement.place), refusals: [] };
  }

  private async assigned(tx: Transaction, { node, port, score }: Place): Promise<AssignedNode> {
    const { loginEncrypted, ...access } = await enrolledNode(tx, node);
    const login = await decryptAtRest(this.parts.atRestKey, loginEncrypted);
    const sealedLogin = await seal(this.parts.deployerKey, login);
    return { name: node, ...access, sealedLogin, port, score };
  }
}
