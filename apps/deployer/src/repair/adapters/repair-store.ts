import { randomBytes } from 'node:crypto';
import { deploymentProgressed, instanceReported, nodeReported, type InstanceReport } from '#libs/contracts';
import {
  deleteOld,
  transaction,
  unfinishedWorkOf,
  type Outbox,
  type OutboxMessage,
  type Pool,
  type Transaction,
} from '#libs/postgres';
import { outgoing } from '#libs/runtime';
import { attemptsOf, type RecordedRepair } from '../domain/attempts.js';
import type { Crashing } from '../domain/crash.js';
import type { Holding } from '../domain/moves.js';
import { whyRepaired } from '../domain/why-repaired.js';
import { reportAgain } from '../../rollout/instance.js';
import { failureIn } from '../../task/failure-in.js';
import type { NodeInstance, OfService, Relaunch, RepairStore, RepairEvent } from '../ports.js';
import type { Clock } from '../../task/ports.js';
import type { RepairRequests } from '../../requests/ports.js';
import type { InstanceRecord } from '../../rollout/ports.js';

type ServiceOf = Pick<InstanceReport, 'appId' | 'service'>;

interface RepairStoreParts {
  readonly pool: Pool;
  readonly outbox: Outbox;
  readonly intake: RepairRequests;
  readonly instances: InstanceRecord;
  /** A service whose instance was given up is left alone until something changes. */
  readonly giveUpService: (tx: Transaction, of: ServiceOf, taskId: string) => Promise<void>;
  readonly clock: Clock;
  readonly replica: string;
}

interface InstanceRow extends Omit<NodeInstance, 'attempts' | 'moves' | 'maxUnavailable' | 'wanted'> {
  readonly maxUnavailable: number | null;
  readonly wanted: number | null;
  readonly repair: RecordedRepair | null;
  readonly move: RecordedRepair | null;
}

/** Of a repair `r`, with how its task `rt` ended. */
const REPAIR = `json_build_object('attempts', r.attempts, 'uncounted', r.unplaced,
  'lastAt', (extract(epoch FROM r.last_at) * 1000)::float8, 'error', ${failureIn('rt.result')})`;

/** Of tries to move it `m`, with how the task `mt` of the last one ended. */
const MOVE = `json_build_object('attempts', m.attempts, 'uncounted', 0,
  'lastAt', (extract(epoch FROM m.last_at) * 1000)::float8, 'error', ${failureIn('mt.result')})`;

/** What was repaired, in Postgres: rows, events and reports of one repair in one transaction. */
export class PostgresRepairStore implements RepairStore {
  constructor(private readonly parts: RepairStoreParts) {}

  /** With the attempts of the instance itself, or else of the one in whose place a repair launched it. */
  async instancesOn(node: string): Promise<readonly NodeInstance[]> {
    return this.instances('i.node = $1', [node]);
  }

  async instancesOf(
    services: readonly OfService[],
    nodes: readonly string[],
  ): Promise<readonly NodeInstance[]> {
    const [apps, names] = [services.map(({ appId }) => appId), services.map(({ service }) => service)];
    const ofThese = '(i.app_id, i.service) IN (SELECT * FROM unnest($2::text[], $3::text[]))';
    return this.instances(`i.node = ANY ($1) AND ${ofThese}`, [nodes, apps, names]);
  }

  private async instances(where: string, values: readonly unknown[]): Promise<readonly NodeInstance[]> {
    const { rows } = await this.parts.pool.query<InstanceRow>(
      `SELECT i.name, i.container, i.node, i.state, i.stop, i.report, i.task_id AS "taskId",
              i.app_id AS "appId", i.service,
              EXISTS (SELECT FROM releases v WHERE v.id = i.release_id AND v.release #> '{config,volumes}' IS NOT NULL) AS bound,
              (SELECT (v.release #>> '{config,maxUnavailable}')::integer FROM releases v WHERE v.id = i.release_id) AS "maxUnavailable",
              (SELECT CASE s.state WHEN 'running' THEN s.count ELSE 0 END FROM specs s
               WHERE s.app_id = i.app_id AND s.service = i.service) AS wanted,
              (SELECT count(*)::integer FROM instances o
               WHERE o.app_id = i.app_id AND o.service = i.service AND o.state = 'running') AS running,
              (SELECT ${MOVE} FROM moves m LEFT JOIN tasks mt ON mt.id = m.task_id WHERE m.instance = i.name) AS move,
              (SELECT ${REPAIR} FROM repairs r LEFT JOIN tasks rt ON rt.id = r.task_id
               WHERE r.instance = i.name OR r.task_id = i.task_id
               ORDER BY r.instance = i.name DESC, r.attempts DESC LIMIT 1) AS repair,
              EXISTS (SELECT FROM repairs r JOIN tasks rt ON rt.id = r.task_id
                      WHERE r.instance = i.name AND rt.result IS NULL) AS replacing,
              ${unfinishedWorkOf("i.app_id || '/' || i.service")} AS busy
       FROM instances i WHERE ${where} ORDER BY i.name`,
      [...values],
    );
    return rows.map(({ repair, move, maxUnavailable, wanted, ...row }) => ({
      ...row,
      maxUnavailable: maxUnavailable ?? undefined,
      wanted: wanted ?? undefined,
      attempts: repair === null ? undefined : attemptsOf(repair),
      moves:
        move === null
          ? undefined
          : { count: move.attempts, lastAt: move.lastAt, error: move.error ?? undefined },
    }));
  }

  /** A container that was made and does not run is seen by no agent. */
  async mayHaveOrphans(node: string, orphanAgeMs: number): Promise<boolean> {
    const { rows } = await this.parts.pool.query(
      `SELECT FROM node_requests q JOIN work w ON w.id = q.task_id JOIN node_checks c ON c.node = $1
       WHERE q.answer #>> '{node,name}' = $1 AND w.state = 'done'
         AND w.finished_at <= now() - $2 * interval '1 ms'
         AND (c.asked_at IS NULL OR c.asked_at < w.finished_at + $2 * interval '1 ms') LIMIT 1`,
      [node, orphanAgeMs],
    );
    return rows.length > 0;
  }

  async openTasks(ids: readonly string[]): Promise<ReadonlySet<string>> {
    if (ids.length === 0) return new Set();
    const { rows } = await this.parts.pool.query<{ id: string }>(
      'SELECT id FROM tasks WHERE id = ANY($1) AND result IS NULL',
      [ids],
    );
    return new Set(rows.map(({ id }) => id));
  }

  async nodeUnreachable(node: string, reason: string): Promise<{ since: number; isNew: boolean }> {
    return transaction(this.parts.pool, async (tx) => {
      const { rows } = await tx.query<{ since: Date | null }>(
        'SELECT unreachable_since AS since FROM node_checks WHERE node = $1 FOR UPDATE',
        [node],
      );
      const known = rows[0]?.since;
      if (known) return { since: known.getTime(), isNew: false };
      const now = this.parts.clock.now();
      await tx.query('UPDATE node_checks SET unreachable_since = $2 WHERE node = $1', [node, now]);
      const report = { node, state: 'unreachable' as const, reason, reportedAt: now.toISOString() };
      await this.parts.outbox.add(tx, [outgoing(nodeReported, report)]);
      return { since: now.getTime(), isNew: true };
    });
  }

  async nodeLost(node: string, since: string): Promise<void> {
    await this.parts.pool.query(
      'UPDATE node_checks SET unreachable_since = $2 WHERE node = $1 AND unreachable_since IS NULL',
      [node, since],
    );
  }

  async nodeReachable(node: string, isAway: boolean): Promise<boolean> {
    const wasAway = isAway ? 'true' : 'unreachable_since IS NOT NULL';
    return this.nodeIsBack(`unreachable_since = NULL WHERE node = $1 AND ${wasAway}`, [node]);
  }

  async nodeCleaned(node: string, since: string): Promise<boolean> {
    const cleans = `unreachable_since = NULL, cleaned_at = $2
      WHERE node = $1 AND (cleaned_at IS NULL OR cleaned_at < $2)`;
    return this.nodeIsBack(cleans, [node, since]);
  }

  /** Told where something changes. */
  private async nodeIsBack(
    change: string,
    values: readonly [node: string, cleaned?: string],
  ): Promise<boolean> {
    const [node, cleaned] = values;
    return transaction(this.parts.pool, async (tx) => {
      const { rowCount } = await tx.query(`UPDATE node_checks SET ${change}`, [...values]);
      if (rowCount !== 1) return false;
      const report = { node, state: 'ready' as const, reportedAt: this.now(), cleaned };
      await this.parts.outbox.add(tx, [outgoing(nodeReported, report)]);
      return true;
    });
  }

  async countAttempt(instance: NodeInstance, attempt: number, event: RepairEvent): Promise<boolean> {
    return transaction(this.parts.pool, async (tx) => {
      if (!(await this.count(tx, instance, attempt))) return false;
      await this.parts.outbox.add(tx, [this.message(event)]);
      return true;
    });
  }

  /** They get no more traffic from now on: that is all that is known to be true of them. */
  async relaunch(lost: readonly Relaunch[]): Promise<readonly Relaunch[]> {
    const [first] = lost;
    if (first === undefined) return [];
    const { appId, appName, service } = first.instance.report;
    const most = Math.max(...lost.map(({ attempt }) => attempt));
    const token = `repair-${randomBytes(8).toString('hex')}-${most}`;
    return transaction(this.parts.pool, async (tx) => {
      const counted: Relaunch[] = [];
      // In one order: another look may count the same ones now.
      for (const one of lost.toSorted((a, b) => (a.instance.name < b.instance.name ? -1 : 1)))
        if (await this.count(tx, one.instance, one.attempt, `${token}/${service}`)) counted.push(one);
      const [instance, ...others] = counted.map((one) => one.instance.name);
      if (instance === undefined) return [];
      await this.parts.intake.acceptRepair(tx, {
        ...{ token, appId, appName, service, instance },
        ...(others.length > 0 && { alsoInstances: others }),
      });
      await this.parts.outbox.add(
        tx,
        counted.flatMap(({ instance: { report }, event }) => [
          outgoing(instanceReported, this.reported(report, 'draining', whyRepaired(event.data))),
          this.message({ ...event, data: { ...event.data, repair: token } }),
        ]),
      );
      return counted;
    });
  }

  /** It goes on serving, so nothing is reported of it yet. */
  async move(
    instance: NodeInstance,
    { attempt, yields }: { readonly attempt: number; readonly yields?: true },
    event: RepairEvent,
  ): Promise<boolean> {
    const { name, report, moves } = instance;
    const { appId, appName, service } = report;
    const token = `repair-${randomBytes(8).toString('hex')}-${attempt}`;
    return transaction(this.parts.pool, async (tx) => {
      const { rowCount } = await tx.query(
        `INSERT INTO moves AS known (instance, attempts, last_at, task_id) VALUES ($1, $2, $3, $4)
         ON CONFLICT (instance) DO UPDATE SET attempts = EXCLUDED.attempts, last_at = EXCLUDED.last_at,
           task_id = EXCLUDED.task_id
           WHERE known.last_at <= to_timestamp($5::float8 / 1000) + interval '1 ms'`,
        [name, attempt, this.now(), `${token}/${service}`, moves?.lastAt ?? 0],
      );
      if (rowCount !== 1) return false;
      await this.parts.intake.acceptRepair(tx, {
        token,
        appId,
        appName,
        service,
        instance: name,
        moves: true,
        ...(yields && { yields }),
      });
      await this.parts.outbox.add(tx, [this.message({ ...event, data: { ...event.data, repair: token } })]);
      return true;
    });
  }

  async tellHolding(node: string, holding: readonly Holding[] | undefined): Promise<void> {
    await transaction(this.parts.pool, async (tx) => {
      const { rows } = await tx.query<{ since: Date | null }>(
        `UPDATE node_checks SET holding = $2 WHERE node = $1 AND holding IS DISTINCT FROM $2::jsonb
         RETURNING unreachable_since AS since`,
        [node, holding === undefined ? null : JSON.stringify(holding)],
      );
      const [row] = rows;
      if (row === undefined) return;
      const state = row.since === null ? ('ready' as const) : ('unreachable' as const);
      const report = { node, state, reportedAt: this.now(), holding: [...(holding ?? [])] };
      await this.parts.outbox.add(tx, [outgoing(nodeReported, report)]);
    });
  }

  /** What a task that has not ended was told to start there is waited for. */
  async forgetNode(node: string): Promise<void> {
    await transaction(this.parts.pool, async (tx) => {
      const { rowCount } = await tx.query(
        `DELETE FROM node_logins WHERE node = $1
           AND NOT EXISTS (SELECT FROM instances WHERE node = $1)
           AND NOT EXISTS (SELECT FROM node_requests q JOIN tasks t ON t.id = q.task_id
                           WHERE t.result IS NULL AND q.answer #>> '{node,name}' = $1)`,
        [node],
      );
      if (rowCount === 1) await tx.query('DELETE FROM node_checks WHERE node = $1', [node]);
    });
  }

  async forget(
    { name, report, state, taskId }: NodeInstance,
    how: 'given-up' | 'abandoned' | 'removed',
    event: RepairEvent,
  ): Promise<void> {
    const { pool, instances, giveUpService } = this.parts;
    await transaction(pool, async (tx) => {
      await (how === 'abandoned' ? instances.abandon(tx, [name]) : instances.remove(tx, [name]));
      if (how !== 'removed') await giveUpService(tx, report, taskId);
      // Of an abandoned one this was reported when it was.
      const reports =
        state === 'abandoned'
          ? []
          : [outgoing(instanceReported, this.reported(report, 'failed', whyRepaired(event.data)))];
      await this.parts.outbox.add(tx, [...reports, this.message(event)]);
    });
  }

  async tell(event: RepairEvent): Promise<void> {
    await transaction(this.parts.pool, (tx) => this.parts.outbox.add(tx, [this.message(event)]));
  }

  async reportCrash({ name, report }: NodeInstance, crashing: Crashing | undefined): Promise<void> {
    const now = { ...report, crashing, state: 'running' as const, reportedAt: this.now() };
    await transaction(this.parts.pool, async (tx) => {
      const { rowCount } = await tx.query(
        `UPDATE instances SET report = $2 WHERE name = $1 AND state = 'running'`,
        [name, now],
      );
      if (rowCount === 1) await this.parts.outbox.add(tx, [outgoing(instanceReported, now)]);
    });
  }

  async reportRestart({ name, report }: NodeInstance): Promise<void> {
    const at = this.now();
    await transaction(this.parts.pool, async (tx) => {
      const { rowCount } = await tx.query(
        `SELECT FROM instances WHERE name = $1 AND state = 'running' FOR SHARE`,
        [name],
      );
      const restarted = { ...report, restarted: { at }, state: 'running' as const, reportedAt: at };
      if (rowCount === 1) await this.parts.outbox.add(tx, [outgoing(instanceReported, restarted)]);
    });
  }

  /** Only one step on from what was read: of two replicas that saw the same, one counts. */
  private async count(
    tx: Transaction,
    { name, attempts }: NodeInstance,
    attempt: number,
    taskId?: string,
  ): Promise<boolean> {
    const { rowCount } = await tx.query(
      `INSERT INTO repairs AS known (instance, attempts, last_at, task_id, unplaced) VALUES ($1, $2, $3, $4, $6)
       ON CONFLICT (instance) DO UPDATE SET attempts = EXCLUDED.attempts, last_at = EXCLUDED.last_at,
         task_id = EXCLUDED.task_id, unplaced = EXCLUDED.unplaced
         WHERE known.last_at <= to_timestamp($5::float8 / 1000) + interval '1 ms'`,
      [name, attempt, this.now(), taskId, attempts?.lastAt ?? 0, attempts?.uncounted ?? 0],
    );
    return rowCount === 1;
  }

  private reported(report: InstanceReport, state: InstanceReport['state'], reason?: string): InstanceReport {
    return reportAgain({ report }, { state, reason }, this.parts.clock.now());
  }

  private message({ taskId, appId, service, node, event, data }: RepairEvent): OutboxMessage {
    const token = taskId.slice(0, taskId.lastIndexOf('/'));
    const { replica } = this.parts;
    return outgoing(deploymentProgressed, {
      ...{ token, appId, service, event, version: 0, at: this.now(), node, replica, data: { ...data } },
    });
  }

  private now(): string {
    return this.parts.clock.now().toISOString();
  }
}

/** Far longer than attempts to bring an instance back are remembered. */
const KEPT = { table: 'repairs', column: 'last_at', keepMs: 86_400_000 };

const KEPT_MOVES = { ...KEPT, table: 'moves' };

/** Removes what was tried long ago; how much. */
export const purgeRepairs = async (pool: Pool): Promise<number> =>
  (await deleteOld(pool, KEPT)) + (await deleteOld(pool, KEPT_MOVES));
