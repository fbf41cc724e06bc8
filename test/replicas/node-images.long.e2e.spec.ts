import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { NodePage } from '#libs/contracts';
import { connectEngine } from '#libs/engine';
import { SshPool } from '#libs/ssh';
import {
  type AppProcess,
  spawnApp,
  sshTargetOf,
  testNodes,
  uniqueName,
  until,
  untilReady,
} from '#libs/testing';
import { Client, greeter } from '../e2e/client.js';
import { answerOf, slipway } from '../e2e/command.js';
import { onNode, query } from '../e2e/world.js';

// Among all stages, node-sweeper.int says which images go, and engine-contract that they do.

const LABEL = 'kept-here';
const client = new Client();
const ssh = new SshPool();
const nodes = await testNodes();
/** All is deployed there: images lie where instances were started. */
const [node] = nodes;
const engine = connectEngine({ ssh, target: sshTargetOf(node) });
beforeAll(async () => {
  await client.connect();
  await slipway('node', 'label', node.name, `images=${LABEL}`);
});
afterAll(async () => {
  await slipway('node', 'label', node.name, 'images-');
  await engine.close();
  await ssh.close();
  await client.close();
});

const started: AppProcess[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((process) => process.stop()));
});

const SOON = { timeoutMs: 60_000 };
const EVERY_MS = 300;

/** One more deployer that looks at the images of nodes again and again. */
async function sweeper(env: NodeJS.ProcessEnv = {}): Promise<AppProcess> {
  const often = { RELEASE_RETENTION_NODES_MS: String(EVERY_MS), DEPLOYER_REPLICA: uniqueName('sweeper') };
  const process_ = spawnApp('deployer', { ...process.env, ...often, ...env });
  started.push(process_);
  await untilReady(process_);
  return process_;
}

/** All nodes are due now: the deployer of the platform may have looked last, and does so seldom. */
const due = () => query('UPDATE deployer.node_sweeps SET due_at = now()', []);

/** Waits until a sweep has begun after this call, and has ended. */
async function untilSwept(): Promise<void> {
  await due();
  for (const { name } of nodes)
    await until(
      `the images of ${name} to be looked at`,
      async () =>
        (await query('SELECT FROM deployer.node_sweeps WHERE node = $1 AND due_at > now()', [name])).length >
        0,
      SOON,
    );
}

/** Deploys one release after another, all on the node; their images, in that order. */
async function deploy(appId: string, ...says: readonly string[]): Promise<readonly string[]> {
  const placement = { constraints: [`images=${LABEL}`] };
  for (const text of says) {
    await client.push(appId, 'web', greeter(text, { placement }));
    const reply = await client.ask({ mode: 'build-and-run', appId, services: ['web'] });
    expect(reply.services[0]?.error).toBeUndefined();
  }
  const rows = await query<{ image: string }>(
    `SELECT release ->> 'image' AS image FROM deployer.releases WHERE app_id = $1 ORDER BY seq`,
    [appId],
  );
  return rows.map(({ image }) => image);
}

const retire = (images: readonly string[]) =>
  query(
    `UPDATE deployer.releases SET retired_at = now() - interval '1 hour' WHERE release ->> 'image' = ANY ($1)`,
    [[...images]],
  );

/** Of these images, those that the node has. */
async function present(images: readonly string[]): Promise<readonly string[]> {
  const found = await Promise.all(images.map((image) => engine.hasImage(image)));
  return images.filter((_, n) => found[n]);
}

async function answers(appId: string): Promise<readonly string[]> {
  const rows = await query<{ url: string }>(
    `SELECT url FROM registry.instances WHERE app_id = $1 AND state = 'running'`,
    [appId],
  );
  return Promise.all(rows.map(async ({ url }) => (await fetch(url)).text()));
}

const stop = (appId: string) => client.ask({ mode: 'stop', appId, services: ['web'] });

it('images of retired releases go from a node, and nothing of a stranger, nor what a container uses', async () => {
  const appId = uniqueName('images');
  const [one = '', two = '', three = '', four = ''] = await deploy(appId, 'one', 'two', 'three', 'four');
  const all = [one, two, three, four];
  expect(await present(all)).toEqual(all);
  const docker = (...args: readonly string[]): Promise<string> => onNode(node.name, 'docker', ...args);
  const stranger = uniqueName('stranger');
  await docker('tag', two, `${stranger}/copy:1`);
  await docker('create', '--name', stranger, three);
  // They have the labels of ours, as everything has that is made of ours.
  const derived = await docker('commit', stranger, `${stranger}/derived:1`);
  const unnamed = await docker('commit', '--message', 'another', stranger);
  const theirs = [`${stranger}/copy:1`, derived, unnamed];
  await retire([one, two, three]);
  await sweeper();
  await until(
    'the image that nobody needs to go',
    async () => {
      await due();
      return !(await present(all)).includes(one);
    },
    SOON,
  );
  await untilSwept();
  expect(await present(all)).toEqual([two, three, four]);
  expect(await present(theirs)).toEqual(theirs);
  expect(await answers(appId)).toEqual(['four']);
  const { events } = answerOf((await slipway('node', 'show', node.name, '--json')).out) as NodePage;
  const removed = events?.find(({ event }) => event === 'images-removed');
  expect(removed?.reason).toMatch(/^\d of retired releases/);
  // What they did not use any more goes then; what they made stays.
  await docker('rm', stranger);
  await docker('rmi', `${stranger}/copy:1`);
  await until(
    'the others to go',
    async () => {
      await due();
      return (await present(all)).length === 1;
    },
    SOON,
  );
  expect(await present(theirs)).toEqual([derived, unnamed]);
  await docker('rmi', derived, unnamed);
  await stop(appId);
});

it('where the disk is too full, images go that nothing runs there; deployments and rollbacks go on meanwhile', async () => {
  const appId = uniqueName('full');
  const [one = '', two = ''] = await deploy(appId, 'one', 'two');
  const { log, httpUrls } = await sweeper({ RELEASE_RETENTION_DISK_PERCENT: '1' });
  const without = (image: string) =>
    until(
      'the image that could be rolled back to to go',
      async () => {
        await due();
        return (await present([image])).length === 0;
      },
      SOON,
    );
  await without(one);
  expect(await answers(appId)).toEqual(['two']);
  await until(
    'the log to say that no more can go',
    () => log().includes('the disk of a node is too full'),
    SOON,
  );
  const metrics = await (await fetch(`${httpUrls()['deployer']}/metrics`)).text();
  expect(metrics).toMatch(/^slipway_deployer_node_images_removed_total\{[^}]*why="disk"[^}]*\} [1-9]/m);
  // Each of these needs images on nodes that are swept all the while.
  const sweeping = new AbortController();
  const swept = (async () => {
    while (!sweeping.signal.aborted) await due();
  })();
  const back = await client.ask({ mode: 'rollback', appId, services: ['web'] });
  expect(back.services[0]).toMatchObject({ status: 'running' });
  expect(await answers(appId)).toEqual(['one']);
  for (const text of ['three', 'four', 'five']) {
    await deploy(appId, text);
    expect(await answers(appId)).toEqual([text]);
  }
  sweeping.abort();
  await swept;
  await without(two);
  await stop(appId);
});
