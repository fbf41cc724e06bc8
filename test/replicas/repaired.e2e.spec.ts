import { afterAll, beforeAll, expect, it } from 'vitest';
import type { InstanceAddress } from '#libs/contracts';
import { uniqueName, until } from '#libs/testing';
import { Client, greeter } from '../e2e/client.js';
import { containersOf, onNode, query } from '../e2e/world.js';

const client = new Client();
beforeAll(() => client.connect());
afterAll(() => client.close());

const LATER = { timeoutMs: 60_000 };

async function deploy(appId: string): Promise<InstanceAddress> {
  await client.push(appId, 'web', greeter('here'));
  const reply = await client.ask({ mode: 'build-and-run', appId, services: ['web'] });
  const [first] = reply.services[0]?.instances ?? [];
  if (first === undefined) throw new Error(JSON.stringify(reply));
  return first;
}
const stop = (appId: string) => client.ask({ mode: 'stop', appId, services: ['web'] });

async function nextLook(node: string): Promise<number> {
  const sql = 'SELECT extract(epoch FROM due_at)::float8 AS due FROM deployer.node_checks WHERE node = $1';
  return (await query<{ due: number }>(sql, [node]))[0]?.due ?? 0;
}
/** Resolves when the reconciler has looked at the node twice from now on. */
async function looks(node: string): Promise<void> {
  for (let n = 0; n < 2; n += 1) {
    const before = await nextLook(node);
    await until('the next look', async () => (await nextLook(node)) > before, LATER);
  }
}

it('an instance that was killed through the engine, which then leaves it, is started where it is', async () => {
  const appId = uniqueName('killed');
  const { node, container, url } = await deploy(appId);
  await onNode(node, 'docker', 'kill', container);
  const says = (): Promise<string | undefined> =>
    fetch(String(url)).then(
      (answer) => answer.text(),
      () => undefined,
    );
  await until('it to answer', async () => (await says()) === 'here', LATER);
  expect((await containersOf(appId)).map(({ id }) => id)).toEqual([container]);
  await until('the event', () =>
    client.events.some(({ data }) => data.event === 'InstanceRestarted' && data.appId === appId),
  );
  await stop(appId);
});

it('containers of which nothing is known are removed when they are ours, and never when they are not', async () => {
  const appId = uniqueName('owner');
  const { node, container } = await deploy(appId);
  const docker = (...words: readonly string[]): Promise<string> => onNode(node, 'docker', ...words);
  const [known] = (await containersOf(appId)).filter(({ id }) => id === container);
  const create = (name: string, labels: Readonly<Record<string, string>>): Promise<string> =>
    docker(
      ...['create', '--name', uniqueName(name)],
      ...Object.entries(labels).flatMap(([label, value]) => ['--label', `${label}=${value}`]),
      String(known?.image),
    );
  const ours = { ...known?.labels, 'slipway.task': `${uniqueName('gone')}/web` };
  const orphan = await create('orphan', ours);
  const strangers = [
    await create('stranger', {}),
    await create('other', { ...ours, 'slipway.installation': 'another' }),
    await create('halfway', { 'slipway.app': appId, 'slipway.task': 'gone/web' }),
  ];
  const ids = async (): Promise<readonly string[]> =>
    (await docker('ps', '--all', '--no-trunc', '--format', '{{.ID}}')).split('\n');
  await until('the orphan to be gone', async () => !(await ids()).includes(orphan), LATER);
  await looks(node);
  expect(await ids()).toEqual(expect.arrayContaining([...strangers, container]));
  await docker('rm', '-f', ...strangers);
  await stop(appId);
});
