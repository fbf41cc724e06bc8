import { createHash } from 'node:crypto';
import { deploymentProgressed, type EvictionRequest } from '#libs/contracts';
import type { Outbox, Transaction } from '#libs/postgres';
import { outgoing } from '#libs/runtime';
import type { RepairRequests } from '../../requests/ports.js';
import { isToMakeRoom } from '../../rollout/domain/made-room.js';
import type { Clock } from '../../task/ports.js';
import type { Evictions } from '../ports.js';

interface EvictionsParts {
  readonly outbox: Outbox;
  readonly intake: RepairRequests;
  readonly clock: Clock;
  readonly replica: string;
}

/** Instances that make room for others, each by a request of our own in its service's turn. */
export class PostgresEvictions implements Evictions {
  constructor(private readonly parts: EvictionsParts) {}

  async take(tx: Transaction, { appId, service, victim, preemptor }: EvictionRequest): Promise<void> {
    const { instance, node } = victim;
    const { rows } = await tx.query<{ appName: string }>(
      `SELECT report ->> 'appName' AS "appName" FROM instances
       WHERE name = $1 AND app_id = $2 AND service = $3 AND node = $4 AND state = 'running'`,
      [instance, appId, service, node],
    );
    const [row] = rows;
    if (row === undefined) return;
    const { outbox, intake, clock, replica } = this.parts;
    const token = tokenOf(instance, preemptor.accessToken);
    await intake.acceptRepair(tx, {
      ...{ token, appId, service, appName: row.appName, instance },
      ...{ moves: true, makesRoomFor: preemptor },
    });
    const data = { instance, preemptor, repair: token, notes: [isToMakeRoom(instance, preemptor)] };
    const event = { token, appId, service, event: 'InstanceEvicting', version: 0, node, replica, data };
    await outbox.add(tx, [outgoing(deploymentProgressed, { ...event, at: clock.now().toISOString() })]);
  }
}

/** The same for a message that comes again. */
function tokenOf(instance: string, accessToken: string): string {
  const hash = createHash('sha256').update(`${instance}\n${accessToken}`).digest('hex');
  return `repair-${hash.slice(0, 16)}-1`;
}
