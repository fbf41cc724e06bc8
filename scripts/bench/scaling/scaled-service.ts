import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { scalingPolicySchema, type WrittenScalingPolicy } from '#libs/contracts';
import { LoadedService } from '../../demo/loaded-service.js';
import type { EngineHost } from '../../one-machine/engine-host.js';
import type { OneMachine } from '../../one-machine/start.js';
import type { ServiceShape } from '../../sim/scaling/service.js';
import type { SlipwayUser } from '../slipway-user.js';
import { queueService } from './queue-service.js';

/** What services are deployed on, measured with and read from. */
export interface RealSide {
  readonly env: Readonly<Record<string, string>>;
  readonly user: SlipwayUser;
  readonly database: pg.Pool;
  /** The engines of its nodes. */
  readonly hosts: readonly EngineHost[];
  readonly signal: AbortSignal;
}

/** A change of the count that was decided. Times in milliseconds since 1970. */
export interface RealChange {
  readonly at: number;
  readonly from: number;
  readonly to: number;
}

const LONGEST_MS = 60_000;
const EACH_MS = 50;

/** The database as an administrator sees it. */
export function databaseOf(machine: OneMachine): pg.Pool {
  const database = new pg.Pool({ connectionString: machine.env['DATABASE_URL'], max: 4 });
  database.on('error', () => undefined);
  return database;
}

/** One service of a shape, behind the gateway of a platform on this machine. */
export class ScaledService {
  private readonly loaded: LoadedService;

  private constructor(
    private readonly side: RealSide,
    readonly name: string,
  ) {
    this.loaded = new LoadedService({ env: side.env, appId: 'scaled', service: name });
  }

  /** Deploys it: `config` is laid over its config.json. */
  static async deploy(
    side: RealSide,
    name: string,
    shape: ServiceShape,
    config: object = {},
  ): Promise<ScaledService> {
    await side.user.pushService('scaled', name, queueService(shape, config));
    await side.user.ask('build-and-run', 'scaled', { services: [name] });
    return new ScaledService(side, name);
  }

  get host(): string {
    return `${this.name}.scaled.localhost`;
  }

  get port(): number {
    return Number(new URL(String(this.side.env['SLIPWAY_TRAFFIC_URL'])).port);
  }

  scaleBy(policy: WrittenScalingPolicy): Promise<void> {
    return this.loaded.scaleBy(scalingPolicySchema.parse(policy));
  }

  /** Brought to so many instances by its bounds, which hold at once, or as it is idle. */
  async hold(count: number): Promise<void> {
    const bounds = count === 0 ? { min: 0, max: 1, idleMs: 1_000 } : { min: count, max: count };
    await this.scaleBy({ ...bounds, targets: { concurrency: 1_000 } });
    await this.until(`${count} instances of ${this.name}`, async () => {
      const { running, wanted } = await this.counts();
      return running === count && wanted === count && !(await this.isChanging());
    });
  }

  /** Until the gateway has requests for it carried to so many instances. */
  async untilCarried(count: number): Promise<void> {
    const isCarried = async (): Promise<boolean> => (await this.loaded.instances()).length === count;
    await this.until(`the gateway to carry to ${count} instances of ${this.name}`, isCarried);
  }

  /** As the registry has it. */
  async counts(): Promise<{ readonly wanted: number; readonly running: number }> {
    const { rows } = await this.side.database.query<{ wanted: number; running: number }>(
      `SELECT wanted, running FROM registry.services WHERE app_id = 'scaled' AND service = $1`,
      [this.name],
    );
    return rows[0] ?? { wanted: 0, running: 0 };
  }

  /** By digest, as its instances run it. */
  async image(): Promise<string> {
    const { rows } = await this.side.database.query<{ image: string }>(
      `SELECT image FROM registry.instances WHERE app_id = 'scaled' AND service = $1 LIMIT 1`,
      [this.name],
    );
    if (rows[0] === undefined) throw new Error(`${this.name} has no instance`);
    return rows[0].image;
  }

  /** Something of it is being started, stopped or queued for that. */
  private async isChanging(): Promise<boolean> {
    const { rowCount } = await this.side.database.query(
      `SELECT FROM deployer.work WHERE state <> 'done' AND key LIKE 'scaled/' || $1 || '%'`,
      [this.name],
    );
    return rowCount !== 0;
  }

  async changesSince(at: number): Promise<readonly RealChange[]> {
    const { rows } = await this.side.database.query<RealChange>(
      `SELECT (extract(epoch FROM decided_at) * 1000)::float8 AS at, from_count AS "from", to_count AS "to"
       FROM load_balancer.scaling_decisions
       WHERE app_id = 'scaled' AND service = $1 AND from_count <> to_count AND decided_at >= $2 ORDER BY decided_at`,
      [this.name, new Date(at)],
    );
    return rows;
  }

  async stop(): Promise<void> {
    await this.side.user.ask('stop', 'scaled', { services: [this.name] });
  }

  async until(what: string, holds: () => Promise<boolean>): Promise<void> {
    for (const deadline = performance.now() + LONGEST_MS; !(await holds()); await delay(EACH_MS)) {
      this.side.signal.throwIfAborted();
      if (performance.now() > deadline) throw new Error(`waited ${LONGEST_MS} ms for ${what}`);
    }
  }
}
