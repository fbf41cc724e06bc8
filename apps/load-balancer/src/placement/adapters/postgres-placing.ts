import type { NodeRequest } from '#libs/contracts';
import { together, type Transaction } from '#libs/postgres';
import { SealError } from '#libs/secrets';
import type { Place } from '../domain/place.js';
import type { NodeAccess, Placing, Situation } from '../ports.js';
import { candidates, enrolledNode } from './node-registry.js';
import { liveReservation, lockPlacing, releaseExpired, reserve } from './reservations.js';
import type { SealedLogins } from './sealed-logins.js';

/** Reservations in the load balancer's schema, nodes from the registry. */
export class PostgresPlacing implements Placing {
  constructor(
    private readonly tx: Transaction,
    private readonly logins: SealedLogins,
  ) {}

  async situation({ accessToken, appId, service }: NodeRequest): Promise<Situation> {
    const { tx } = this;
    const [, , kept, nodes] = await together(
      // First: what follows is read when the placings before are done.
      lockPlacing(tx),
      releaseExpired(tx),
      liveReservation(tx, accessToken),
      candidates(tx, appId, service),
    );
    return { kept, candidates: nodes };
  }

  async accessTo(name: string): Promise<NodeAccess | undefined> {
    const enrolled = await enrolledNode(this.tx, name);
    if (enrolled === undefined) return undefined;
    const { loginEncrypted, ...access } = enrolled;
    try {
      return { name, ...access, sealedLogin: await this.logins.of(name, loginEncrypted) };
    } catch (error) {
      if (error instanceof SealError) return undefined;
      throw error;
    }
  }

  reserve(request: NodeRequest, place: Place): Promise<void> {
    return reserve(this.tx, request, place);
  }
}
