import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Docker from 'dockerode';
import type pg from 'pg';
import { requireEnv } from '#libs/testing';
import { containersOf } from '../e2e/world.js';

/** Everything of one application that a deployment can leave anywhere. */
export interface Left {
  /** Names of its containers that run, by the engines of the nodes. */
  readonly running: readonly string[];
  /** Names and states of those that do not. */
  readonly notRunning: readonly string[];
  /** Names of what the registry says is running, and what it says else that is not over. */
  readonly registry: readonly string[];
  /** Names and states of the deployer's own rows. */
  readonly known: readonly string[];
  /** States of the reservations that hold capacity. */
  readonly reservations: readonly string[];
  /** Labelled images on the builder. */
  readonly images: readonly string[];
  /** Work that has not ended, or is held by somebody. */
  readonly work: readonly string[];
  /** What its instances answer. */
  readonly says: readonly string[];
}

/** Not before it is asked for: some suites start their own builder. */
const builder = (): Docker => new Docker({ socketPath: new URL(requireEnv('BUILDER_HOST')).pathname });

async function strings(pool: pg.Pool, sql: string, value: string): Promise<readonly string[]> {
  const { rows } = await pool.query<{ text: string }>(sql, [value]);
  return rows.map(({ text }) => text).sort();
}

const textAt = (url: string): Promise<string> =>
  fetch(url, { signal: AbortSignal.timeout(3_000) }).then(
    (answer) => answer.text(),
    (error: unknown) => String(error),
  );

export async function whatIsLeft(pool: pg.Pool, appId: string): Promise<Left> {
  const [containers, registry, known, reservations, images, work, urls] = await Promise.all([
    containersOf(appId),
    strings(
      pool,
      `SELECT name || CASE state WHEN 'running' THEN '' ELSE ' ' || state END AS text FROM registry.instances
       WHERE app_id = $1 AND state IN ('running', 'draining')`,
      appId,
    ),
    strings(
      pool,
      `SELECT name || CASE state WHEN 'running' THEN '' ELSE ' ' || state END AS text FROM deployer.instances WHERE app_id = $1`,
      appId,
    ),
    strings(
      pool,
      `SELECT state AS text FROM load_balancer.reservations WHERE app_id = $1 AND state IN ('promised', 'bound')`,
      appId,
    ),
    builder().listImages({ filters: { label: [`slipway.app=${appId}`] } }),
    strings(
      pool,
      `SELECT id || ' ' || state AS text FROM deployer.work WHERE key LIKE $1 || '/%' AND (state <> 'done' OR owner IS NOT NULL)`,
      appId,
    ),
    strings(pool, `SELECT report ->> 'url' AS text FROM deployer.instances WHERE app_id = $1`, appId),
  ]);
  return {
    running: containers
      .filter(({ state }) => state === 'running')
      .map(({ name }) => name)
      .sort(),
    notRunning: containers
      .filter(({ state }) => state !== 'running')
      .map(({ name, state }) => `${name} ${state}`),
    registry,
    known,
    reservations,
    images: images.map(({ Id }) => Id),
    work,
    says: await Promise.all(urls.map(textAt)),
  };
}

/** All who know of instances say the same, what runs has its reservation, and there is nothing else. */
export function isTrue(left: Left): boolean {
  const { running, registry, known, reservations } = left;
  const same = [registry, known].every((names) => names.join() === running.join());
  const nothingElse = left.notRunning.length + left.images.length + left.work.length === 0;
  return same && nothingElse && reservations.join() === running.map(() => 'bound').join();
}

/** Folders of sources that this process unpacked and that are still there. */
export async function sourceFoldersOf(pid: number): Promise<readonly string[]> {
  const folders = await readdir(join(tmpdir(), 'slipway-deployer')).catch(() => []);
  return folders.filter((folder) => folder.includes(`-${pid}-`));
}
