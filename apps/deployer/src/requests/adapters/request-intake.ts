import type {
  DeploymentReply,
  DeploymentRequest,
  MoveRequest,
  ScaleReply,
  ScaleRequest,
} from '#libs/contracts';
import type { Transaction } from '#libs/postgres';
import {
  acceptDeployment,
  acceptMove,
  type AcceptPorts,
  acceptRepair,
  acceptScale,
  answerRefused,
  answerRefusedScale,
} from '../accept-request.js';
import type { IntakeRules, Repair } from '../domain/intake.js';
import type { Origin, RequestIntake } from '../ports.js';
import { StoredRequests, type StoredRequestsParts } from './stored-requests.js';

/** The use cases of the intake over Postgres, each in its caller's transaction. */
export class PostgresIntake implements RequestIntake {
  constructor(private readonly parts: StoredRequestsParts & IntakeRules) {}

  accept(tx: Transaction, request: DeploymentRequest, origin?: Origin): Promise<boolean> {
    return acceptDeployment(this.ports(tx), request, origin);
  }

  acceptScale(tx: Transaction, request: ScaleRequest, origin?: Origin): Promise<boolean> {
    return acceptScale(this.ports(tx), request, origin);
  }

  acceptMove(tx: Transaction, request: MoveRequest, origin?: Origin): Promise<boolean> {
    return acceptMove(this.ports(tx), request, origin);
  }

  async acceptRepair(tx: Transaction, repair: Repair): Promise<void> {
    await acceptRepair(this.ports(tx), repair);
  }

  async refuse(tx: Transaction, request: object, reply: DeploymentReply): Promise<void> {
    await answerRefused(this.ports(tx), request, reply);
  }

  async refuseScale(tx: Transaction, request: object, reply: ScaleReply): Promise<void> {
    await answerRefusedScale(this.ports(tx), request, reply);
  }

  private ports(tx: Transaction): AcceptPorts {
    const { parts } = this;
    return { requests: new StoredRequests(tx, parts), rules: parts, clock: parts.clock };
  }
}
