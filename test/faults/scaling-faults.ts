import { Redis } from 'ioredis';
import { setTimeout as delay } from 'node:timers/promises';
import { requireEnv } from '#libs/testing';
import type { Watcher } from '../../scripts/soak/fleet.js';
import type { Installation } from './installation.js';

/** A part that is lost in the middle of a scaling, and is whole again when `strike` resolves. */
export interface LostPart {
  readonly name: string;
  /** `app` is the application that is scaled. */
  strike(installation: Installation, appId: string): Promise<void>;
}

/** Longer than the lease of a service, and than figures count. */
const AWAY_MS = 5_000;

/** The replica that has something in hand, by the id of its process as its name ends. */
async function pidOf({ database }: Installation, sql: string, appId: string): Promise<number | undefined> {
  const { rows } = await database.query<{ holder: string }>(sql, [appId]);
  const [, pid] = /-(\d+)(?:-[0-9a-f-]{36})?$/.exec(rows[0]?.holder ?? '') ?? [];
  return pid === undefined ? undefined : Number(pid);
}

const killed =
  (app: Watcher, placeOf: (installation: Installation, appId: string) => Promise<number>) =>
  async (installation: Installation, appId: string): Promise<void> => {
    const { revive } = await installation.kill(app, await placeOf(installation, appId));
    await delay(AWAY_MS);
    await revive();
  };

/** The load balancer that decides for the service. */
async function decidingPlace(installation: Installation, appId: string): Promise<number> {
  const sql = 'SELECT holder FROM load_balancer.scaling_leases WHERE app_id = $1 AND until > now()';
  const place = installation.pidsOf('load-balancer').indexOf((await pidOf(installation, sql, appId)) ?? -1);
  if (place < 0) throw new Error(`no load balancer decides for ${appId}`);
  return place;
}

/** The deployer that scales the service, or any while none does. */
async function killDeployer(installation: Installation, appId: string): Promise<void> {
  const sql = `SELECT owner AS holder FROM deployer.work WHERE state = 'running' AND key LIKE $1 || '/%'`;
  const pid = await pidOf(installation, sql, appId);
  await installation.replaceDeployer(pid ?? (installation.deployers[0] as number));
}

async function loseRedis(installation: Installation): Promise<void> {
  const redis = new Redis(requireEnv('REDIS_URL'));
  await redis.flushall();
  redis.disconnect();
  const server = installation.server('Redis');
  await server.kill();
  await delay(AWAY_MS);
  await server.start();
}

/** All brokers at once: nothing is asked, answered or reported meanwhile. */
async function loseKafka(installation: Installation): Promise<void> {
  const brokers = [1, 2, 3].map((id) => installation.server(`Kafka ${id}`));
  await Promise.all(brokers.map((broker) => broker.kill()));
  await delay(AWAY_MS);
  await Promise.all(brokers.map((broker) => broker.start()));
}

const first = (): Promise<number> => Promise.resolve(0);

export const lostParts: readonly LostPart[] = [
  { name: 'the load balancer that decides', strike: killed('load-balancer', decidingPlace) },
  { name: 'the deployer at work', strike: killDeployer },
  { name: 'a node manager', strike: killed('node-manager', first) },
  { name: 'the gateway', strike: killed('gateway', first) },
  { name: 'Redis', strike: loseRedis },
  { name: 'Kafka', strike: loseKafka },
];
