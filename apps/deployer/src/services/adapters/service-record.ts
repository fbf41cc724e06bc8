import { randomBytes } from 'node:crypto';
import { transaction, unfinishedWorkOf, type Outbox, type Pool, type Transaction } from '#libs/postgres';
import { readNodes, orWithoutRegistry } from '#libs/registry-client';
import type { Clock } from '../../task/ports.js';
import {
  GIVEN_UP,
  settledTries,
  triesOf,
  type RecordedTries,
  type ServiceDrift,
} from '../domain/reconcile-service.js';
import type { ServiceSpec } from '../domain/spec.js';
import { failureIn } from '../../task/failure-in.js';
import { deploymentProgressed, type SpecRevision } from '#libs/contracts';
import { outgoing } from '#libs/runtime';
import type { ObservedServices, ServiceRepairs, SpecOf, SpecReader } from '../ports.js';
import { specHistory, specMessage } from './spec-rows.js';

/** Takes in a request of our own for a service's count, in a transaction of the caller. */
export type AskForCount = (
  tx: Transaction,
  of: { readonly token: string; readonly appId: string; readonly appName: string; readonly service: string },
) => Promise<void>;

interface ServiceRecordParts {
  readonly pool: Pool;
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly ask: AskForCount;
  readonly replica: string;
}

const PUBLISHED_AT_ONCE = 100;

interface DriftRow extends Omit<ServiceDrift, 'tries' | 'nodesChangedAt'> {
  readonly attempts: RecordedTries | null;
  /** Other releases run than are wanted, in numbers that may be right. */
  readonly isOfCanary: boolean;
}

interface UnpublishedRow {
  readonly app_id: string;
  readonly app_name: string;
  readonly service: string;
  readonly revision: number;
  readonly spec: ServiceSpec;
  readonly principal: string;
  readonly verified: boolean;
  readonly reason: string | null;
  readonly token: string;
  readonly changed_at: Date;
}

const RUNNING = `SELECT i.app_id, i.service, count(*)::integer AS running,
    (count(*) FILTER (WHERE i.release_id = c.spec -> 'canary' ->> 'release'))::integer AS canaries
  FROM instances i LEFT JOIN specs c ON c.app_id = i.app_id AND c.service = i.service
  WHERE i.state = 'running' GROUP BY 1, 2`;
/** `canaryCount` of a spec, in SQL: of 10,000 specs, the database gives the few that differ from what runs. */
const CANARIES = `CASE WHEN s.state = 'running' AND s.count > 0 AND s.spec ? 'canary' THEN
  coalesce((s.spec -> 'canary' ->> 'count')::integer,
    greatest(1, ceil(s.count * (s.spec -> 'canary' ->> 'percent')::numeric / 100)::integer)) ELSE 0 END`;
const TRIES = `CASE WHEN p.app_id IS NULL THEN NULL ELSE json_build_object('revision', p.revision, 'count', p.attempts,
  'uncounted', p.unplaced, 'lastAt', (extract(epoch FROM p.last_at) * 1000)::float8,
  'status', t.result ->> 'status', 'error', ${failureIn('t.result')}) END`;

/** The deployer's own record of services: what is wanted, what runs, what was tried. */
export class ServiceRecord implements SpecReader, ObservedServices, ServiceRepairs {
  constructor(private readonly parts: ServiceRecordParts) {}

  async history(of: SpecOf, most: number): Promise<readonly SpecRevision[]> {
    return specHistory(this.parts.pool, of, most);
  }

  async running({ appId, service }: SpecOf): Promise<number> {
    const { rows } = await this.parts.pool.query<{ running: number }>(
      `SELECT count(*)::integer AS running FROM instances WHERE app_id = $1 AND service = $2 AND state = 'running'`,
      [appId, service],
    );
    return rows[0]?.running ?? 0;
  }

  async drifted(): Promise<readonly ServiceDrift[]> {
    const { rows } = await this.parts.pool.query<DriftRow>(
      `SELECT * FROM (
         SELECT s.app_id AS "appId", s.app_name AS "appName", s.service, s.revision, coalesce(r.running, 0) AS running,
                CASE s.state WHEN 'running' THEN s.count ELSE 0 END + ${CANARIES} AS wanted,
                coalesce(r.canaries, 0) <> ${CANARIES} AS "isOfCanary",
                ${TRIES} AS attempts
         FROM specs s LEFT JOIN (${RUNNING}) r USING (app_id, service)
         LEFT JOIN service_repairs p USING (app_id, service) LEFT JOIN tasks t ON t.id = p.task_id) d
       WHERE (running <> wanted OR "isOfCanary") AND NOT ${unfinishedWorkOf(`d."appId" || '/' || d.service`)}
       ORDER BY "appId", service`,
    );
    if (rows.length === 0) return [];
    const nodesChangedAt = await this.nodesChangedAt();
    return rows.map(({ attempts, isOfCanary: _, ...drift }) => ({
      ...drift,
      nodesChangedAt,
      tries: attempts === null ? undefined : settledTries(attempts),
    }));
  }

  async restore(drift: ServiceDrift, attempt: number): Promise<boolean> {
    const { appId, appName, service, revision } = drift;
    const token = `repair-${randomBytes(8).toString('hex')}-${attempt}`;
    const now = this.parts.clock.now().getTime();
    return transaction(this.parts.pool, async (tx) => {
      const isFirst = await this.count(tx, drift, {
        ...{ revision, count: attempt, uncounted: triesOf(drift, now).uncounted, lastAt: now },
        taskId: `${token}/${service}`,
      });
      if (isFirst) await this.parts.ask(tx, { token, appId, appName, service });
      return isFirst;
    });
  }

  /** Of two replicas that saw the same, one counts. */
  private async count(
    tx: Transaction,
    { appId, service, tries }: ServiceDrift,
    next: Omit<RecordedTries, 'status' | 'error'> & { readonly taskId: string },
  ): Promise<boolean> {
    const { rowCount } = await tx.query(
      `INSERT INTO service_repairs AS known (app_id, service, revision, attempts, unplaced, last_at, task_id)
       VALUES ($1, $2, $3, $4, $5, to_timestamp($6::float8 / 1000), $7)
       ON CONFLICT (app_id, service) DO UPDATE SET revision = excluded.revision, attempts = excluded.attempts,
         unplaced = excluded.unplaced, last_at = excluded.last_at, task_id = excluded.task_id
       WHERE known.last_at <= to_timestamp($8::float8 / 1000) + interval '1 ms'`,
      [
        appId,
        service,
        next.revision,
        next.count,
        next.uncounted,
        next.lastAt,
        next.taskId,
        tries?.lastAt ?? 0,
      ],
    );
    return rowCount === 1;
  }

  async giveUpRestoring(drift: ServiceDrift, attempts: number): Promise<boolean> {
    const { appId, service, wanted, running, tries } = drift;
    const { pool, outbox, clock, replica } = this.parts;
    return transaction(pool, async (tx) => {
      const { rows } = await tx.query<{ task_id: string }>(
        `UPDATE service_repairs SET attempts = $3
         WHERE app_id = $1 AND service = $2 AND attempts < $3
           AND last_at <= to_timestamp($4::float8 / 1000) + interval '1 ms' RETURNING task_id`,
        [appId, service, GIVEN_UP, tries?.lastAt ?? 0],
      );
      const [last] = rows;
      if (last === undefined) return false;
      const token = last.task_id.slice(0, last.task_id.lastIndexOf('/'));
      const event = { token, appId, service, event: 'ServiceGivenUp', version: 0, replica };
      const data = { wanted, running, attempts, error: tries?.error };
      await outbox.add(tx, [
        outgoing(deploymentProgressed, { ...event, at: clock.now().toISOString(), data }),
      ]);
      return true;
    });
  }

  /** An instance was given up: its service is left alone until its spec or the nodes change. */
  async giveUp(tx: Transaction, { appId, service }: SpecOf, taskId: string): Promise<void> {
    await tx.query(
      `INSERT INTO service_repairs AS known (app_id, service, revision, attempts, last_at, task_id)
       SELECT app_id, service, revision, $3, $4, $5 FROM specs WHERE app_id = $1 AND service = $2
       ON CONFLICT (app_id, service) DO UPDATE SET revision = excluded.revision, attempts = excluded.attempts,
         unplaced = 0, last_at = excluded.last_at, task_id = excluded.task_id`,
      [appId, service, GIVEN_UP, this.parts.clock.now(), taskId],
    );
  }

  async publishSpecs(): Promise<number> {
    return transaction(this.parts.pool, async (tx) => {
      const { rows } = await tx.query<UnpublishedRow>(
        `UPDATE specs SET published = revision WHERE (app_id, service) IN (
           SELECT app_id, service FROM specs WHERE published < revision LIMIT $1 FOR UPDATE SKIP LOCKED)
         RETURNING app_id, app_name, service, revision, spec, principal, verified, reason, token, changed_at`,
        [PUBLISHED_AT_ONCE],
      );
      const messages = rows.map((row) =>
        specMessage({
          ...{ appId: row.app_id, appName: row.app_name, service: row.service },
          spec: { ...row.spec, revision: row.revision },
          ...{ principal: row.principal, verified: row.verified, reason: row.reason ?? undefined },
          ...{ token: row.token, changedAt: row.changed_at.toISOString() },
        }),
      );
      await this.parts.outbox.add(tx, messages);
      return rows.length;
    });
  }

  /** When a node joined, or answered again, last. Undefined while no node manager has made its views yet. */
  private async nodesChangedAt(): Promise<number | undefined> {
    const nodes = await orWithoutRegistry([], transaction(this.parts.pool, readNodes));
    const ready = nodes.filter(({ state }) => state === 'ready').map(({ updatedAt }) => updatedAt.getTime());
    return ready.length === 0 ? undefined : Math.max(...ready);
  }
}
