import type { DeploymentProgress } from '#libs/contracts';
import type { EventStore, Pool, StoredEvent } from '#libs/postgres';
import type { TaskEvent } from '../../task/domain/task.events.js';
import { foldTask } from '../../task/domain/task.state.js';
import { published } from '../../task/domain/published.js';

/** `open` while something is to be done, `cancelling` once it is to end, then how it ended. */
const REQUEST = `json_strip_nulls(json_build_object('token', r.token, 'kind', r.kind,
  'state', CASE WHEN r.reply IS NOT NULL THEN CASE WHEN (r.reply ->> 'status')::boolean THEN 'succeeded' ELSE 'failed' END
    WHEN r.cancelled_at IS NOT NULL THEN 'cancelling' ELSE 'open' END,
  'receivedAt', r.received_at, 'cancelledAt', r.cancelled_at, 'request', r.request,
  'openServices', (SELECT json_agg(t.service ORDER BY t.position) FROM tasks t WHERE t.token = r.token AND t.result IS NULL),
  'reply', r.reply))`;

/** What became of requests: the request, how far it is, its reply, every step. */
export class RequestRecord {
  constructor(
    private readonly pool: Pool,
    private readonly events: EventStore,
  ) {}

  async request(token: string): Promise<object | undefined> {
    const { rows } = await this.pool.query<{ item: object }>(
      `SELECT ${REQUEST} AS item FROM requests r WHERE r.token = $1`,
      [token],
    );
    return rows[0]?.item;
  }

  /** Every stored event of every task in the order of time, as `deployment.events` tells it. */
  async history(token: string): Promise<readonly DeploymentProgress[] | undefined> {
    const { rows } = await this.pool.query<{ id: string | null }>(
      'SELECT t.id FROM requests r LEFT JOIN tasks t USING (token) WHERE r.token = $1 ORDER BY t.position',
      [token],
    );
    if (rows.length === 0) return undefined;
    const ids = rows.flatMap(({ id }) => id ?? []);
    const streams = await Promise.all(ids.map((id) => this.events.read(this.pool, id)));
    return streams.flatMap(told).sort((a, b) => a.at.localeCompare(b.at));
  }
}

function told(stored: readonly StoredEvent[]): readonly DeploymentProgress[] {
  const events = stored.map(({ type, data }) => ({ type, data }) as TaskEvent);
  if (events.length === 0) return [];
  const task = foldTask(events.slice(0, 1));
  return stored.map(({ type, data, version, at, replica }) =>
    published(task, { type, data } as TaskEvent, { version, at: at.toISOString(), replica }),
  );
}
