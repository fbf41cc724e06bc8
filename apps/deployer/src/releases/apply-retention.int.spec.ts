import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { instanceReported } from '#libs/contracts';
import { transaction, WorkQueue, type Pool } from '#libs/postgres';
import { createRegistry, RegistryHttp } from '#libs/registry';
import { pushTestImage, requireEnv, uniqueName, type TestDatabase } from '#libs/testing';
import { OwnRegistryImages } from './adapters/registry-images.js';
import { PostgresReleaseRecords } from './adapters/release-records.js';
import * as rows from './adapters/release-rows.js';
import { deleteInstances, insertInstance } from '../rollout/adapters/instance-rows.js';
import type { Release } from '../task/domain/task.events.js';
import type { TaskState } from '../task/domain/task.state.js';
import { createDeployerDatabase } from '../task/database.testing.js';
import { applyRetention, type RetentionResult } from './apply-retention.js';

const DAY = 86_400_000;
const login = { username: requireEnv('REGISTRY_USERNAME'), password: requireEnv('REGISTRY_PASSWORD') };
const access = {
  url: requireEnv('REGISTRY_URL'),
  ca: readFileSync(requireEnv('REGISTRY_CA_FILE'), 'utf8'),
};
const registry = await createRegistry({ ...access, ...login });
const http = new RegistryHttp({ ...access, credentials: () => Promise.resolve(login) });
const work = new WorkQueue();

let database: TestDatabase;
let pool: Pool;
let appId: string;
beforeAll(async () => {
  database = await createDeployerDatabase();
  ({ pool } = database);
});
afterAll(() => database.drop());
beforeEach(async () => {
  appId = uniqueName('kept');
  await pool.query('TRUNCATE releases, current_releases, instances, work CASCADE');
});

const repository = (): string => registry.repository(appId, 'web');
const state = () => ({ appId, service: 'web' }) as TaskState;
const age = (days: number): Date => new Date(Date.now() - days * DAY);

/** Built, pushed and recorded, that many days ago. */
async function built(days: number, { good = false } = {}): Promise<Release> {
  const digest = await pushTestImage(http, { repository: repository(), tag: `t${days}`, created: age(days) });
  const image = `${registry.host}/${repository()}@${digest}`;
  const release = { id: `${appId}-${days}`, sourceDigest: `source-${days}`, image } as Release;
  await transaction(pool, (tx) => rows.insertRelease(tx, state(), release));
  await pool.query('UPDATE releases SET created_at = $2, last_healthy_at = $3 WHERE id = $1', [
    ...[release.id, age(days)],
    good ? age(days) : null,
  ]);
  return release;
}

async function runs({ id: release }: Release, instance: string): Promise<void> {
  const report = { ...instanceReported.example, appId, service: 'web', release, instance };
  const stop = { signal: 'SIGTERM', graceMs: 1 };
  await transaction(pool, (tx) => insertInstance(tx, 'task', { report, stop }));
}

const failures: unknown[] = [];

/** One run, with no grace unless a test wants some: it retires and deletes at once. */
async function retain(
  more: { readonly graceMs?: number; readonly registry?: typeof registry } = {},
): Promise<RetentionResult> {
  const images = new OwnRegistryImages(more.registry ?? registry);
  const clock = { now: () => new Date() };
  const onFailure = (_image: string, error: unknown): void => void failures.push(error);
  const ports = { releases: new PostgresReleaseRecords(pool), images, clock, onFailure };
  const limits = { keep: 1, keepPerService: 10, maxAgeMs: 30 * DAY, graceMs: more.graceMs ?? 0 };
  return applyRetention(ports, limits, new AbortController().signal);
}

async function tags(): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const { name } of registry.tags(repository())) names.push(name);
  return names.sort();
}

async function known(release: Release): Promise<boolean> {
  return (await rows.releaseByDigest(pool, appId, 'web', release.sourceDigest)) !== undefined;
}

describe('retention', () => {
  it('deletes old images from the registry, and their releases are not found any more', async () => {
    const [old, young] = [await built(40), await built(1)];
    expect(await retain()).toEqual({ retired: 1, deleted: 1, failed: 0 });
    expect(await tags()).toEqual(['t1']);
    expect([await known(old), await known(young)]).toEqual([false, true]);
    expect(await retain()).toEqual({ retired: 0, deleted: 0, failed: 0 });
  });

  it('the current release, what has instances and the last good one stay, however old', async () => {
    const [current, running] = [await built(50), await built(60)];
    await built(70, { good: true });
    await built(80, { good: true });
    await transaction(pool, (tx) => rows.setCurrentRelease(tx, state(), current, 'task'));
    await runs(running, 'web-1');
    await pool.query('UPDATE releases SET last_healthy_at = NULL WHERE id = $1', [running.id]);
    await retain();
    expect(await tags()).toEqual(['t50', 't60', 't70']);
  });

  it('an instance that is healthy makes its release good', async () => {
    const [first] = [await built(90), await built(91)];
    await runs(first, 'web-1');
    await transaction(pool, (tx) => deleteInstances(tx, ['web-1']));
    await retain();
    expect(await tags()).toEqual(['t90']);
  });

  it('touches nothing of a service that is being worked on', async () => {
    await built(40);
    await transaction(pool, (tx) => work.enqueue(tx, { id: 'task', key: `${appId}/web` }));
    expect(await retain()).toEqual({ retired: 0, deleted: 0, failed: 0 });
    expect(await tags()).toEqual(['t40']);
  });

  it('a task that found a release just before it was retired takes it back within the grace', async () => {
    const old = await built(40);
    expect(await retain({ graceMs: DAY })).toEqual({ retired: 1, deleted: 0, failed: 0 });
    await transaction(pool, (tx) => rows.setCurrentRelease(tx, state(), old, 'task'));
    expect(await retain()).toEqual({ retired: 0, deleted: 0, failed: 0 });
    expect(await tags()).toEqual(['t40']);
    expect(await known(old)).toBe(true);
  });

  it('a source whose image was deleted is built again, and its release lives again', async () => {
    const old = await built(40);
    await retain();
    expect(await known(old)).toBe(false);
    const again = await pushTestImage(http, { repository: repository(), tag: 't0', created: age(0) });
    const image = `${registry.host}/${repository()}@${again}`;
    await transaction(pool, (tx) => rows.insertRelease(tx, state(), { ...old, image }));
    expect((await rows.releaseByDigest(pool, appId, 'web', old.sourceDigest))?.image).toBe(image);
    expect(await retain()).toEqual({ retired: 0, deleted: 0, failed: 0 });
    expect(await tags()).toEqual(['t0']);
  });

  it('an image that two releases share goes with the last of them', async () => {
    const old = await built(40);
    const twin = { ...old, id: `${old.id}-twin`, sourceDigest: 'twin' };
    await transaction(pool, (tx) => rows.insertRelease(tx, state(), twin));
    expect(await retain()).toEqual({ retired: 0, deleted: 0, failed: 0 });
    await pool.query('UPDATE releases SET created_at = $1', [age(41)]);
    expect(await retain()).toEqual({ retired: 2, deleted: 1, failed: 0 });
    await expect(registry.digestOf(repository(), 't40')).rejects.toMatchObject({ code: 'IMAGE_NOT_FOUND' });
  });

  it('what somebody else deleted counts as deleted', async () => {
    const { image } = await built(40);
    await registry.deleteImage(repository(), image.slice(image.indexOf('@') + 1));
    expect(await retain()).toEqual({ retired: 1, deleted: 1, failed: 0 });
  });

  it('a registry that is down is asked once, and the next run goes on where it was', async () => {
    await built(40);
    await built(41);
    const down = await createRegistry({ ...access, ca: undefined, ...login });
    expect(await retain({ registry: down })).toEqual({ retired: 2, deleted: 0, failed: 1 });
    expect(failures.splice(0)).toMatchObject([{ code: 'REGISTRY_UNREACHABLE' }]);
    expect(await retain()).toEqual({ retired: 0, deleted: 2, failed: 0 });
  });

  it('images of another registry are left alone', async () => {
    const release = {
      id: `${appId}-x`,
      sourceDigest: 'x',
      image: 'other.example/shop/web@sha256:1',
    } as Release;
    await transaction(pool, (tx) => rows.insertRelease(tx, state(), release));
    await pool.query('UPDATE releases SET created_at = $1', [age(400)]);
    expect(await retain()).toEqual({ retired: 0, deleted: 0, failed: 0 });
    expect(await known(release)).toBe(true);
  });
});
