import type { ServiceRoute, ServiceRoutes as ShownRoutes } from '#libs/contracts';
import { ApiError, type Placed } from '#libs/http';
import { jsonTime, type Outbox, type Pool, together, transaction, type Transaction } from '#libs/postgres';
import { authorOfTask } from '../../services/domain/spec-author.js';
import { unknownService } from '../../services/unknown-service.http.js';
import { sidesOf } from '../../task/domain/step-writes.js';
import { StepError } from '../../task/domain/task-error.js';
import type { Clock, Step, StepWriter } from '../../task/ports.js';
import { type GatewayAddress, urlsOf } from '../domain/gateway-address.js';
import type { OfService } from '../domain/route-conflicts.js';
import {
  begun,
  type Declared,
  ended,
  isPublishedAlike,
  type ReachedBy,
  type ServiceRoutes,
  set,
  takenBack,
} from '../domain/service-routes.js';
import type { Author, DeclaredBy, RouteClaims, RouteFilter, RouteRecord, Unless } from '../ports.js';
import { lockClaims, routesMessage, storedRoutes, storeRoutes, whyTaken } from './route-rows.js';

interface RoutesParts {
  readonly pool: Pool;
  readonly outbox: Outbox;
  readonly clock: Clock;
  /** Undefined where none is known: addresses of services are below `localhost` then, as the gateway's default says. */
  readonly gateway?: GatewayAddress;
}

const DEFAULT_DOMAIN = 'localhost';

/** Routes in Postgres, as tasks, people and the registry know them. */
export class PostgresRoutes implements RouteClaims, RouteRecord, StepWriter {
  constructor(private readonly parts: RoutesParts) {}

  async claim(of: DeclaredBy, declares: Declared): Promise<ReachedBy> {
    return transaction(this.parts.pool, async (tx) => {
      const [, now] = await together(lockClaims(tx), storedRoutes(tx, of));
      const next = begun(now, declares, of.token);
      const problem = await whyTaken(tx, of, next, this.domain);
      if (problem !== undefined) throw new StepError(problem);
      if (!of.isDry) await this.store(tx, of, now, next, of);
      const { routes, declared, setBy, traffic } = next.pending?.after ?? next;
      return { routes, declared, setBy, traffic };
    });
  }

  /** A deployment that ends only gives places up, so it waits for nobody who takes some. */
  async write(tx: Transaction, { state, writes }: Step): Promise<void> {
    for (const { outcome } of sidesOf(writes, 'end-routes')) {
      const now = await storedRoutes(tx, state);
      const next = ended(now, state.token, outcome);
      if (next !== undefined) await this.store(tx, state, now, next, authorOfTask(state));
    }
  }

  async list(
    { appId, service }: RouteFilter,
    most: number,
    [afterApp, afterService]: readonly string[] = [],
  ): Promise<readonly Placed<ShownRoutes>[]> {
    const { rows } = await this.parts.pool.query<ShownRow>(
      `${SHOWN} WHERE ($1::text IS NULL OR s.app_id = $1) AND ($2::text IS NULL OR s.service = $2)
         AND ($3::text IS NULL OR (s.app_id, s.service) > ($3, $4))
       ORDER BY s.app_id, s.service LIMIT $5`,
      [appId, service, afterApp, afterService, most],
    );
    return rows.map((row) => ({ item: this.shown(row), place: [row.appId, row.service] }));
  }

  async of({ appId, service }: OfService): Promise<ShownRoutes | undefined> {
    return (await this.list({ appId, service }, 1))[0]?.item;
  }

  set(of: OfService, routes: readonly ServiceRoute[], by: Author, unless: Unless): Promise<ShownRoutes> {
    return this.change(of, by, unless, (now) => set(now, routes));
  }

  takeBack(of: OfService, by: Author, unless: Unless): Promise<ShownRoutes> {
    return this.change(of, by, unless, takenBack);
  }

  private async change(
    of: OfService,
    by: Author,
    unless: Unless,
    changed: (now: ServiceRoutes | undefined) => ServiceRoutes,
  ): Promise<ShownRoutes> {
    return transaction(this.parts.pool, async (tx) => {
      const [, now] = await together(lockClaims(tx), storedRoutes(tx, of));
      const before = await this.row(tx, of);
      unless(this.shown(before));
      const next = changed(now);
      if (before.port === null && next.routes.length > 0) throw workerRefused(of);
      const problem = await whyTaken(tx, of, next, this.domain);
      if (problem !== undefined) throw new ApiError({ status: 409, ...problem });
      await this.store(tx, of, now, next, by);
      return this.shown(await this.row(tx, of));
    });
  }

  private async row(tx: Transaction, of: OfService): Promise<ShownRow> {
    const { rows } = await tx.query<ShownRow>(`${SHOWN} WHERE s.app_id = $1 AND s.service = $2`, [
      ...[of.appId, of.service],
    ]);
    const [row] = rows;
    if (row === undefined) throw unknownService(of);
    return row;
  }

  private async store(
    tx: Transaction,
    { appId, service }: OfService,
    now: ServiceRoutes | undefined,
    next: ServiceRoutes,
    { principal, verified }: Author,
  ): Promise<void> {
    const by = { principal, verified, at: this.parts.clock.now() };
    const of = { appId, service };
    const messages = isPublishedAlike(now, next) ? [] : [routesMessage(of, next, by)];
    await together(storeRoutes(tx, of, next, by), this.parts.outbox.add(tx, messages));
  }

  private get domain(): string {
    return this.parts.gateway?.domain ?? DEFAULT_DOMAIN;
  }

  private shown({ appId, service, port, state, changed }: ShownRow): ShownRoutes {
    const { routes = [], declared = [], setBy = 'config.json', traffic = {} } = state ?? {};
    const { gateway } = this.parts;
    const urls = gateway === undefined || port === null ? [] : urlsOf({ appId, service }, routes, gateway);
    return {
      ...{ appId, service, ...(urls[0] !== undefined && { url: urls[0] }), urls: [...urls] },
      ...{ routes: routes.map(copied), declared: declared.map(copied), setBy, traffic },
      ...(changed !== null && { changed }),
    };
  }
}

const copied = (route: ServiceRoute): ServiceRoute => ({ ...route });

interface ShownRow extends OfService {
  /** Null of a worker, and of a service whose first deployment failed. */
  readonly port: number | null;
  readonly state: ServiceRoutes | null;
  readonly changed: { readonly at: string; readonly principal: string; readonly verified: boolean } | null;
}

const SHOWN = `SELECT s.app_id AS "appId", s.service, (l.release -> 'config' ->> 'port')::integer AS port, r.state,
    CASE WHEN r.app_id IS NOT NULL THEN json_build_object('at', ${jsonTime('r.changed_at')},
      'principal', r.principal, 'verified', r.verified) END AS changed
  FROM specs s LEFT JOIN service_routes r USING (app_id, service) LEFT JOIN releases l ON l.id = s.release_id`;

const workerRefused = ({ appId, service }: OfService): ApiError =>
  new ApiError({
    status: 400,
    code: 'INPUT_INVALID',
    message: `routes: ${appId}/${service} has no port, so nobody can connect to it.`,
    hint: 'Give config.json a port, and deploy the service first.',
  });
