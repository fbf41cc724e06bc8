import { randomBytes } from 'node:crypto';
import type { LearnedLimits } from '#libs/contracts';
import { type Outbox, together, type Transaction } from '#libs/postgres';
import type { Clock } from '../../task/ports.js';
import { LEARNED, withLearned } from '../domain/learned-limits.js';
import type { ServiceSpec } from '../domain/spec.js';
import type { LimitsIntake } from '../ports.js';
import { specMessage, storeSpec } from './spec-rows.js';

interface Row {
  readonly spec: ServiceSpec;
  readonly appName: string;
}

/** Learned limits become a part of the spec, which is changed beside the tasks of the service. */
export class LearnedLimitsIntake implements LimitsIntake {
  constructor(private readonly parts: { readonly outbox: Outbox; readonly clock: Clock }) {}

  /** Idempotent: what is wanted already changes nothing. */
  async learn(tx: Transaction, { appId, service, limits, learnedAt, reason }: LearnedLimits): Promise<void> {
    const { outbox, clock } = this.parts;
    const { rows } = await tx.query<Row>(
      'SELECT spec, app_name AS "appName" FROM specs WHERE app_id = $1 AND service = $2 FOR UPDATE',
      [appId, service],
    );
    const [row] = rows;
    if (row === undefined) return;
    const { rows: next } = await tx.query<{ arrival: string }>(`SELECT nextval('task_arrivals') AS arrival`);
    const changedAt = clock.now().toISOString();
    const token = `learned-${randomBytes(8).toString('hex')}`;
    const by = { arrival: Number(next[0]?.arrival), at: changedAt, by: LEARNED, token };
    const spec = withLearned(row.spec, { limits, learnedAt }, by);
    if (spec === undefined) return;
    const author = {
      principal: 'slipway:rescaling',
      verified: false,
      ...(reason !== undefined && { reason }),
    };
    const stored = { appId, service, appName: row.appName, spec, token, changedAt, ...author };
    await together(storeSpec(tx, stored), outbox.add(tx, [specMessage(stored)]));
  }
}
