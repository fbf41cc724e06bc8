import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { promisify } from 'node:util';
import { until } from '#libs/testing';
import { isTrue, whatIsLeft } from '../crash/world.js';
import type { Installation } from './installation.js';

const run = promisify(execFile);
const SETTLED_MS = 60_000;

/** Rows that are there while something is under way, and no longer. */
const UNDER_WAY = `SELECT 'work ' || id || ' ' || state AS what FROM deployer.work WHERE state <> 'done' OR owner IS NOT NULL
  UNION ALL SELECT 'deployer outbox ' || topic FROM deployer.outbox
  UNION ALL SELECT 'load balancer outbox ' || topic FROM load_balancer.outbox
  UNION ALL SELECT 'node ' || name || ' ' || state FROM registry.nodes WHERE state <> 'ready'`;

/** Ports that something of a node listens on, besides its sshd. */
async function openPorts({ hosts }: Installation): Promise<readonly string[]> {
  const lists = await Promise.all(
    hosts.map(async (host) => {
      const { stdout } = await run('nsenter', ['-t', String(host.pid()), '-n', 'ss', '-Hltn']);
      const ports = stdout.split('\n').flatMap((line) => /:(\d+)\s/.exec(line)?.[1] ?? []);
      return ports.filter((port) => port !== '22').map((port) => `port ${port} of ${host.name}`);
    }),
  );
  return [...new Set(lists.flat())];
}

async function underWay(installation: Installation): Promise<readonly string[]> {
  const { rows } = await installation.database.query<{ what: string }>(UNDER_WAY);
  const folders = await readdir(installation.workDirectory).catch(() => []);
  return [...rows.map(({ what }) => what), ...folders.map((folder) => `folder ${folder}`)];
}

async function untrue({ database }: Installation, apps: readonly string[]): Promise<readonly string[]> {
  const lefts = await Promise.all(apps.map((appId) => whatIsLeft(database, appId)));
  return lefts.filter((left) => !isTrue(left)).map((left) => JSON.stringify(left));
}

async function leftOf(installation: Installation, apps: readonly string[]): Promise<readonly string[]> {
  const lefts = await Promise.all(apps.map((appId) => whatIsLeft(installation.database, appId)));
  const all = lefts.flatMap((left) =>
    Object.entries(left).flatMap(([where, names]) =>
      (names as readonly string[]).map((name) => `${where} ${name}`),
    ),
  );
  return [...all, ...(await openPorts(installation)), ...(await underWay(installation))];
}

/** Looks until there is nothing, or for a minute; what there is then. */
async function untilNothing(
  what: string,
  look: () => Promise<readonly string[]>,
): Promise<readonly string[]> {
  let seen: readonly string[] = [];
  const nothing = async (): Promise<boolean> => {
    // A node may not answer yet.
    seen = await look().catch((error: unknown) => [String(error)]);
    return seen.length === 0;
  };
  await until(what, nothing, { timeoutMs: SETTLED_MS }).catch(() => undefined);
  return seen;
}

/** What all who know of the applications do not say alike, once everything has come to rest. */
export const disagreements = (on: Installation, apps: readonly string[]): Promise<readonly string[]> =>
  untilNothing('all to say the same', async () => [...(await untrue(on, apps)), ...(await underWay(on))]);

/** What is left of applications that were stopped, anywhere. */
export const leftOvers = (on: Installation, apps: readonly string[]): Promise<readonly string[]> =>
  untilNothing('nothing to be left', () => leftOf(on, apps));
