import type { NodeRequest } from '#libs/contracts';
import { together, type Transaction } from '#libs/postgres';
import { readNodeLogin, readNodes } from '#libs/registry-client';
import { SealError } from '#libs/secrets';
import { candidatesOf } from '../domain/candidates.js';
import type { Place } from '../domain/place.js';
import type { NodeAccess, Placing, Situation } from '../ports.js';
import {
  liveReservation,
  lockPlacing,
  portHandedOut,
  portsOfNodes,
  releaseExpired,
  reserve,
  reservedOnNodes,
} from './reservations.js';
import { accessOf } from './node-access.js';
import type { SealedLogins } from './sealed-logins.js';

/** Reservations in the load balancer's schema, nodes from the registry. */
export class PostgresPlacing implements Placing {
  constructor(
    private readonly tx: Transaction,
    private readonly logins: SealedLogins,
  ) {}

  async situation({ accessToken, appId, service }: NodeRequest): Promise<Situation> {
    const { tx } = this;
    const [, , kept, nodes, reserved, ports] = await together(
      // First: what follows is read when the placings before are done.
      lockPlacing(tx),
      releaseExpired(tx),
      liveReservation(tx, accessToken),
      readNodes(tx),
      reservedOnNodes(tx, appId, service),
      portsOfNodes(tx),
    );
    return { kept, candidates: candidatesOf(nodes, reserved, ports) };
  }

  async accessTo(name: string): Promise<NodeAccess | undefined> {
    const enrolled = await readNodeLogin(this.tx, name);
    if (enrolled === undefined) return undefined;
    try {
      return accessOf(enrolled.node, await this.logins.of(name, enrolled.loginEncrypted));
    } catch (error) {
      if (error instanceof SealError) return undefined;
      throw error;
    }
  }

  async reserve(request: NodeRequest, place: Place): Promise<void> {
    await together(reserve(this.tx, request, place), portHandedOut(this.tx, place));
  }
}
