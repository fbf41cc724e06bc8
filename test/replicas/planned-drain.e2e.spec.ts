import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { fleetPlanSchema } from '#libs/contracts';
import { testNodes, uniqueName, until } from '#libs/testing';
import { Client, greeter } from '../e2e/client.js';
import { answerOf, slipway } from '../e2e/command.js';
import { nodeStates, registryRows } from '../e2e/world.js';
import { inWhole } from './in-whole.js';

// Left out of the short form: the drain that was planned; drained-node has one.

const client = new Client();
const nodes = await testNodes();
beforeAll(() => client.connect());
afterAll(() => client.close());
afterEach(async () => {
  for (const { name } of nodes) await slipway('node', 'uncordon', name);
  await until('all nodes to be ready', async () => (await nodeStates()).every((state) => state === 'ready'), {
    timeoutMs: 90_000,
  });
}, 120_000);

async function deploy(appId: string, config: object): Promise<string> {
  await client.push(appId, 'web', greeter('here', config));
  const { services } = await client.ask({ mode: 'build-and-run', appId, services: ['web'] });
  expect(services[0]?.error).toBeUndefined();
  return services[0]?.instances[0]?.node ?? '';
}
const runningOn = async (appId: string): Promise<readonly string[]> =>
  (await registryRows(appId)).filter(({ state }) => state === 'running').map(({ node }) => node);

inWhole.it(
  'a planned drain says where each instance goes and what stays; the drain does just that',
  async () => {
    const [moving, kept] = [uniqueName('moving'), uniqueName('kept')];
    const node = await deploy(moving, {});
    const rule = { placement: { constraints: [`planned=${kept}`] } };
    await slipway('node', 'label', node, `planned=${kept}`);
    expect(await deploy(kept, { ...rule, volumes: [{ name: 'data', path: '/app/data' }] })).toBe(node);

    const planned = await slipway('plan', 'drain', node, '--json');
    expect([planned.code, planned.err]).toEqual([2, '']);
    const plan = fleetPlanSchema.parse(answerOf(planned.out));
    const move = plan.placed.find(({ appId }) => appId === moving);
    expect(move).toMatchObject({ service: 'web', from: node });
    expect(plan.staying).toMatchObject([{ appId: kept, from: node }]);
    expect([plan.unplaced, plan.unknown]).toEqual([[], 0]);
    expect([plan.before.ready, plan.after.ready]).toEqual([3, 2]);
    const shown = await slipway('plan', 'drain', node);
    expect(shown.code).toBe(2);
    expect(shown.out).toMatch(
      new RegExp(`^${move?.instance} +[\\d.]+ cores, \\d+ MiB +${node} +${move?.to} +`, 'm'),
    );
    expect(shown.out).toContain('1 instance would stay, since the volumes lie on the node:');
    expect(shown.out).toContain('nothing was done.');
    expect(shown.out).toContain(`next: slipway node drain ${node} --wait`);
    expect(await runningOn(moving)).toEqual([node]);

    await slipway('node', 'drain', node);
    await until(
      'the instance to be moved',
      async () => {
        const on = await runningOn(moving);
        return on.length === 1 && on[0] !== node;
      },
      { timeoutMs: 90_000 },
    );
    expect(await runningOn(moving)).toEqual([move?.to]);
    expect(await runningOn(kept)).toEqual([node]);
    for (const appId of [moving, kept]) await client.ask({ mode: 'stop', appId, services: ['web'] });
    await slipway('node', 'label', node, 'planned-');
  },
);

it('plans of more nodes, of lost nodes and of new instances say what room there is, with exit codes of plan', async () => {
  const [{ name }] = nodes;
  const added = await slipway('plan', 'add', '--like', name, '--count', '2', '--json');
  expect(added.code).toBe(0);
  expect(answerOf(added.out)).toMatchObject({
    added: ['new-1', 'new-2'],
    after: { nodes: nodes.length + 2 },
  });
  const size = ['--cpu', '0.1', '--memory', '16M'];
  const fits = await slipway('plan', 'place', ...size, '--count', '3');
  expect(fits.code).toBe(2);
  expect(fits.out).toContain('3 instances would start; nothing was done.');
  const large = await slipway('plan', 'place', '--cpu', '200', '--memory', '4G', '--count', '10');
  expect(large.code).toBe(1);
  expect(large.out).toMatch(
    /10 instances of 200 cores, 4096 MiB would find no place\nFILTER .*\ncpu .*needs 200 cores/,
  );
  const nowhere = await slipway('plan', 'place', ...size, '--constraint', 'disk=none');
  expect(nowhere.code).toBe(1);
  expect(nowhere.out).toContain('does not meet the constraint disk=none');
  expect((await slipway('plan', 'remove', name, '--json')).code).not.toBe(1);
  const unknown = await slipway('plan', 'remove', 'nobody', '--json');
  expect(unknown.code).toBe(1);
  expect(answerOf(unknown.out)).toMatchObject({ error: { code: 'NODE_UNKNOWN' } });
  // `plan` says 2 when there are changes, so wrong arguments are 1.
  expect((await slipway('plan', 'place', '--cpu', 'many', '--memory', '4G')).code).toBe(1);
  expect((await slipway('plan', 'place', '--cpu', '1', '--memory', '4')).err).toContain(
    '--memory is "4": expected',
  );
});
