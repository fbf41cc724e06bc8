import type { DeploymentProgress, RequestDetails, RequestLine } from '#libs/contracts';
import type { Placed } from '#libs/http';
import { type EventStore, jsonTime, type Pool, type StoredEvent } from '#libs/postgres';
import type { TaskEvent } from '../../task/domain/task.events.js';
import { foldTask } from '../../task/domain/task.state.js';
import { published } from '../../task/domain/published.js';
import type { Reply } from '../ports.js';

/** `open` while something is to be done, `cancelling` once it is to end, then how it ended. */
const STATE = `CASE WHEN r.reply IS NOT NULL THEN CASE WHEN (r.reply ->> 'status')::boolean THEN 'succeeded' ELSE 'failed' END
    WHEN r.cancelled_at IS NOT NULL THEN 'cancelling' ELSE 'open' END`;
const LINE = `'token', r.token, 'kind', r.kind, 'state', ${STATE},
  'receivedAt', ${jsonTime('r.received_at')}, 'cancelledAt', ${jsonTime('r.cancelled_at')}`;
const REQUEST = `json_strip_nulls(json_build_object(${LINE}, 'request', r.request,
  'openServices', (SELECT json_agg(t.service ORDER BY t.position) FROM tasks t WHERE t.token = r.token AND t.result IS NULL),
  'reply', r.reply))`;

const MICROSECONDS = `(extract(epoch FROM r.received_at) * 1000000)::bigint::text`;

/** What became of requests: the request, how far it is, its reply, every step. */
export class RequestRecord {
  constructor(
    private readonly pool: Pool,
    private readonly events: EventStore,
  ) {}

  /** Those of an application, the newest first, after this place. */
  async list(
    { appId, state }: { readonly appId: string; readonly state?: RequestLine['state'] },
    most: number,
    [receivedAt, token]: readonly string[] = [],
  ): Promise<readonly Placed<RequestLine>[]> {
    // Cursors hold whole microseconds: a Date would cut them to milliseconds, and any number is a valid time.
    const { rows } = await this.pool.query<Placed<RequestLine>>(
      `SELECT json_strip_nulls(json_build_object(${LINE})) AS item, json_build_array(${MICROSECONDS}, r.token) AS place
       FROM requests r WHERE r.request ->> 'appId' = $1 AND ($2::text IS NULL OR ${STATE} = $2)
         AND ($3::bigint IS NULL OR (r.received_at, r.token) < (timestamptz 'epoch' + $3 * interval '1 microsecond', $4))
       ORDER BY r.received_at DESC, r.token DESC LIMIT $5`,
      [appId, state, receivedAt, token, most],
    );
    return rows;
  }

  async reply(token: string): Promise<Reply | undefined> {
    const { rows } = await this.pool.query<{ reply: Reply | null }>(
      'SELECT reply FROM requests WHERE token = $1',
      [token],
    );
    return rows[0]?.reply ?? undefined;
  }

  async request(token: string): Promise<RequestDetails | undefined> {
    const { rows } = await this.pool.query<{ item: RequestDetails }>(
      `SELECT ${REQUEST} AS item FROM requests r WHERE r.token = $1`,
      [token],
    );
    return rows[0]?.item;
  }

  /** Every stored event of every task in the order of time, as `deployment.events` tells it. */
  async history(token: string): Promise<DeploymentProgress[] | undefined> {
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
