import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { appNames } from '#libs/app-roles';
import { requireEnv, spawnApp, uniqueName, until, untilReady } from '#libs/testing';
import { Client } from '../e2e/client.js';

const client = new Client();
const db = new pg.Client({ connectionString: requireEnv('DATABASE_URL') });
beforeAll(async () => {
  await client.connect();
  await db.connect();
});
afterAll(async () => {
  await db.end();
  await client.close();
});

const APPS = ['deployer', 'load_balancer', 'registry'] as const;
const name = uniqueName('old');

const inserts: readonly string[] = [
  ...APPS.map(
    (schema) => `INSERT INTO ${schema}.inbox (consumer, message_id, handled_at) VALUES ('c', $1, $2)`,
  ),
  `INSERT INTO deployer.work (id, key, state, finished_at) VALUES ($1, $1, 'done', $2)`,
  `INSERT INTO load_balancer.reservations
     (access_token, app_id, service, node, port, score, cpu, memory_mib, state, expires_at, updated_at)
   VALUES ($1, 'shop', 'web', 'gone', 1, 0, 0, 0, 'released', $2, $2)`,
  `INSERT INTO registry.instance_records (name, state, app_id, app_name, service, release, image, node, ip, port, url,
     container, access_token, cpu, memory_mib, started_at, reported_at)
   VALUES ($1, 'stopped', 'shop', 'shop', 'web', 'r', 'i', 'gone', 'ip', 1, 'url', 'c', 't', 0, 0, $2, $2)`,
];
const LEFT = `
  SELECT message_id AS name FROM deployer.inbox UNION ALL SELECT message_id FROM load_balancer.inbox
  UNION ALL SELECT message_id FROM registry.inbox UNION ALL SELECT id FROM deployer.work
  UNION ALL SELECT access_token FROM load_balancer.reservations UNION ALL SELECT name FROM registry.instance_records`;

async function insert(id: string, daysAgo: number): Promise<void> {
  const at = new Date(Date.now() - daysAgo * 86_400_000);
  for (const sql of inserts) await db.query(sql, [id, at]);
}
async function left(id: string): Promise<number> {
  const { rows } = await db.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM (${LEFT}) AS l WHERE name = $1`,
    [id],
  );
  return rows[0]?.n ?? -1;
}

it('every app deletes what is older than two weeks, keeps the rest, and still knows every token', async () => {
  const token = uniqueName('token');
  const request = { token, mode: 'stop', appId: uniqueName('known'), appName: 'Known', services: ['web'] };
  const replies = () => client.replies.filter(({ data }) => data.token === token).map(({ data }) => data);
  await client.publish(request);
  const answered = await client.reply(token);
  await db.query(`UPDATE deployer.work SET finished_at = now() - interval '15 days' WHERE id = $1`, [
    `${token}/web`,
  ]);
  await insert(`${name}-15`, 15);
  await insert(`${name}-13`, 13);
  const replica = spawnApp('standalone', process.env);
  await untilReady(replica, appNames.length);
  await until('what is old to go', async () => (await left(`${name}-15`)) === 0);
  expect(await left(`${name}-13`)).toBe(inserts.length);
  await until('the work to go', async () => (await left(`${token}/web`)) === 0);
  await client.publish(request);
  await until('the same answer again', () => replies().length === 2);
  expect(replies()[1]).toEqual(answered);
  expect(await left(`${token}/web`)).toBe(0);
  expect((await replica.stop()).code).toBe(0);
});
