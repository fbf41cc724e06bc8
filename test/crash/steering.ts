import pg from 'pg';
import { type Claim, type Pool, WorkQueue } from '#libs/postgres';
import { requireEnv, testNodes } from '#libs/testing';
import { listenOn, type Stranger } from '../e2e/stranger.js';

/** Second instances of tasks with this in their token are refused a node and never asked one for, so that what was replaced comes back. */
export const REFUSED_MARK = 'crash-revert';

/** First instances of tasks with this in their token are placed at a port that something else listens at. */
export const ELSEWHERE_MARK = 'crash-elsewhere';

/** Outside the range of the nodes. */
const STRANGERS_PORT = 19_999;

/**
 * Triggers that keep a task for the replica that is to die: what is steered is never due, so no other claims it before
 * its lease runs out. When it would be due is noted instead. They run as the deployer's role.
 */
const TRIGGERS = `
  CREATE SCHEMA IF NOT EXISTS crash_suite;
  CREATE TABLE IF NOT EXISTS crash_suite.steered (task_id text PRIMARY KEY, due_at timestamptz NOT NULL DEFAULT 'infinity');
  -- Where the first instances of tasks with such tokens are placed, whatever the load balancer thinks.
  CREATE TABLE IF NOT EXISTS crash_suite.first_places (mark text PRIMARY KEY, node text, port integer NOT NULL);
  INSERT INTO crash_suite.first_places VALUES ('${ELSEWHERE_MARK}', NULL, ${STRANGERS_PORT});
  GRANT USAGE ON SCHEMA crash_suite TO PUBLIC;
  GRANT SELECT, UPDATE ON crash_suite.steered TO PUBLIC;
  GRANT SELECT ON crash_suite.first_places TO PUBLIC;
  CREATE OR REPLACE FUNCTION crash_suite.keep() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF NEW.state NOT IN ('queued', 'ready', 'waiting')
       OR NOT EXISTS (SELECT FROM crash_suite.steered WHERE task_id = NEW.id) THEN RETURN NEW; END IF;
    -- What was kept from being due already says nothing of when it would be.
    IF NEW.state = 'ready' THEN
      UPDATE crash_suite.steered SET due_at = clock_timestamp() WHERE task_id = NEW.id;
    ELSIF NEW.due_at <> 'infinity' THEN
      UPDATE crash_suite.steered SET due_at = NEW.due_at WHERE task_id = NEW.id;
    END IF;
    IF NEW.state = 'ready' THEN NEW.state := 'waiting'; END IF;
    NEW.due_at := 'infinity';
    RETURN NEW;
  END $$;
  CREATE OR REPLACE FUNCTION crash_suite.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF NEW.access_token LIKE '${REFUSED_MARK}%:1'
    THEN NEW.answer := jsonb_build_object('accessToken', NEW.access_token, 'refusals',
      '[{"node": "all", "reason": "the test wants it so"}]'::jsonb); END IF;
    NEW.answer := coalesce(NEW.answer, (
      SELECT jsonb_build_object('accessToken', NEW.access_token, 'refusals', '[]'::jsonb, 'node',
        login || jsonb_build_object('sealedLogin', '', 'port', port, 'score', 50))
      FROM crash_suite.first_places p
      JOIN deployer.node_logins l ON l.node = coalesce(p.node, (SELECT min(node) FROM deployer.node_logins))
      WHERE NEW.access_token LIKE mark || '%:0'));
    RETURN NEW;
  END $$;
  CREATE OR REPLACE FUNCTION crash_suite.withhold() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF NEW.topic = 'node.requests' AND (NEW.data ->> 'accessToken' LIKE '${REFUSED_MARK}%:1'
      OR EXISTS (SELECT FROM crash_suite.first_places WHERE NEW.data ->> 'accessToken' LIKE mark || '%:0'))
    THEN RETURN NULL; END IF;
    RETURN NEW;
  END $$;
  CREATE OR REPLACE TRIGGER crash_suite_keep BEFORE INSERT OR UPDATE ON deployer.work
    FOR EACH ROW EXECUTE FUNCTION crash_suite.keep();
  CREATE OR REPLACE TRIGGER crash_suite_refuse BEFORE INSERT ON deployer.node_requests
    FOR EACH ROW EXECUTE FUNCTION crash_suite.refuse();
  CREATE OR REPLACE TRIGGER crash_suite_withhold BEFORE INSERT ON deployer.outbox
    FOR EACH ROW EXECUTE FUNCTION crash_suite.withhold();`;

/** Steers tasks of the platform's database to a replica of the test's choice. */
export class Steering {
  private strangers: readonly Stranger[] = [];
  readonly pool = new pg.Pool({ connectionString: requireEnv('DATABASE_URL'), max: 8 });

  async install(): Promise<void> {
    await this.pool.query(TRIGGERS);
    const nodes = await testNodes();
    this.strangers = await Promise.all(nodes.map(({ name }) => listenOn(name, STRANGERS_PORT)));
  }

  async keep(taskId: string): Promise<void> {
    await this.pool.query('INSERT INTO crash_suite.steered VALUES ($1)', [taskId]);
  }

  /** The first instance of a task whose token begins with this is placed there. */
  async placeFirst(
    mark: string,
    { node, port }: { readonly node: string; readonly port: number },
  ): Promise<void> {
    await this.pool.query('INSERT INTO crash_suite.first_places VALUES ($1, $2, $3)', [mark, node, port]);
  }

  /** Where the first instance of a task was placed. */
  async placeOf(taskId: string): Promise<{ readonly node: string; readonly port: number }> {
    const { rows } = await this.pool.query<{ node: string; port: number }>(
      `SELECT data #>> '{node,name}' AS node, (data #>> '{node,port}')::integer AS port
       FROM deployer.events WHERE stream = $1 AND type = 'NodeAssigned' ORDER BY version LIMIT 1`,
      [taskId],
    );
    const [place] = rows;
    if (place === undefined) throw new Error(`${taskId} has no place`);
    return place;
  }

  /** Whoever claims it first has it from now on. */
  async letGo(taskId: string): Promise<void> {
    await this.pool.query('DELETE FROM crash_suite.steered WHERE task_id = $1', [taskId]);
    await this.pool.query(
      `UPDATE deployer.work SET due_at = now() WHERE id = $1 AND state IN ('queued', 'ready', 'waiting')`,
      [taskId],
    );
  }

  async remove(): Promise<void> {
    await Promise.all(this.strangers.map((stranger) => stranger.leave()));
    await this.pool.query(`DROP SCHEMA crash_suite CASCADE`);
    await this.pool.end();
  }
}

/** The work of one replica that claims one task, also when it is kept from all others. */
export class SteeredWork extends WorkQueue {
  constructor(private readonly taskId: string) {
    super();
  }

  override async claim(
    pool: Pool,
    { owner, leaseMs }: { readonly owner: string; readonly leaseMs: number },
  ): Promise<Claim | undefined> {
    const { rows } = await pool.query<{ id: string; key: string; fence: string; lease_until: Date }>(
      `WITH due AS (
         UPDATE crash_suite.steered SET due_at = 'infinity'
         WHERE task_id = $3 AND due_at <= clock_timestamp() RETURNING task_id)
       UPDATE work SET state = 'running', owner = $1, fence = fence + 1,
              lease_until = clock_timestamp() + $2 * interval '1 ms'
       FROM due WHERE id = due.task_id AND state IN ('queued', 'waiting')
       RETURNING id, key, fence, lease_until`,
      [owner, leaseMs, this.taskId],
    );
    const [row] = rows;
    return row && { id: row.id, key: row.key, fence: BigInt(row.fence), leaseUntil: row.lease_until };
  }
}
