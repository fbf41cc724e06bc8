import { together, type Transaction } from '#libs/postgres';
import { readInstances, readServices, type RegistryInstance } from '#libs/registry-client';
import { serviceKey } from '../../placement/domain/model.js';
import { restingServices, type ShownInstance } from '../domain/movable.js';

/** What is read of services and instances before moves are looked for. */
export interface ReadFacts {
  readonly instances: readonly RegistryInstance[];
  /** By name. */
  readonly shown: ReadonlyMap<string, ShownInstance>;
  /** Nodes of moves that are under way, or ended within the time that loads are means over. */
  readonly movingNodes: ReadonlySet<string>;
  /** How many node requests wait for room. */
  readonly waiting: number;
  /** `serviceKey` of services that run as they are wanted, and of which nothing is under way. */
  readonly resting: ReadonlySet<string>;
  /** `serviceKey` of those of which a move has failed within the quiet time. */
  readonly paused: ReadonlySet<string>;
}

interface ServiceRow {
  readonly appId: string;
  readonly service: string;
}

/** What is being placed, waits for room, or is being moved: each is a service in change. */
const UNDER_WAY = `
  SELECT app_id AS "appId", service FROM reservations WHERE state = 'promised' AND expires_at >= now()
  UNION SELECT request ->> 'appId', request ->> 'service' FROM waiting_requests
  UNION SELECT app_id, service FROM rebalancing_moves WHERE ended_at IS NULL`;

const keysOf = (rows: readonly ServiceRow[]): readonly string[] =>
  rows.map(({ appId, service }) => serviceKey(appId, service));

export async function readFacts(
  tx: Transaction,
  { quietMs, overMs }: { readonly quietMs: number; readonly overMs: number },
): Promise<ReadFacts> {
  const [instances, services, underWay, failed, moving, waiting] = await together(
    readInstances(tx, { isLive: true }),
    readServices(tx),
    tx.query<ServiceRow>(UNDER_WAY),
    tx.query<ServiceRow>(
      `SELECT DISTINCT app_id AS "appId", service FROM rebalancing_moves
       WHERE NOT succeeded AND ended_at > now() - $1 * interval '1 ms'`,
      [quietMs],
    ),
    tx.query<{ from: string; to: string }>(
      `SELECT move ->> 'from' AS "from", move ->> 'to' AS "to" FROM rebalancing_moves
       WHERE ended_at IS NULL OR ended_at > now() - $1 * interval '1 ms'`,
      [overMs],
    ),
    tx.query<{ count: number }>('SELECT count(*)::integer AS count FROM waiting_requests'),
  );
  const shown = instances.map((instance) => [instance.name, shownOf(instance)] as const);
  return {
    instances,
    shown: new Map(shown),
    movingNodes: new Set(moving.rows.flatMap(({ from, to }) => [from, to])),
    waiting: waiting.rows[0]?.count ?? 0,
    resting: restingServices({
      services,
      instances: shown.map(([, instance]) => instance),
      underWay: keysOf(underWay.rows),
    }),
    paused: new Set(keysOf(failed.rows)),
  };
}

const shownOf = ({ appId, service, state, release, startedAt, crashingSince }: RegistryInstance) => ({
  ...{ appId, service, state, release, startedAtMs: startedAt.getTime() },
  isCrashing: crashingSince !== null,
});
