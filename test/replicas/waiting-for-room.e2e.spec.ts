import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { DeploymentReply } from '#libs/contracts';
import { testNodes, uniqueName, until } from '#libs/testing';
import { Client, greeter } from '../e2e/client.js';
import { answerOf, slipway } from '../e2e/command.js';
import { nodeStates, query } from '../e2e/world.js';
import { inWhole } from './in-whole.js';

const client = new Client();
const [only, ...others] = (await testNodes()).map(({ name }) => name);
beforeAll(() => client.connect());
afterAll(() => client.close());
/** More than half of what the one node that takes instances may give: two do not fit. */
let cpu: number;
beforeEach(async () => {
  for (const node of others) await slipway('node', 'cordon', node);
  const [node] = await query<{ free: number }>(
    `SELECT allocatable_cpus - coalesce((SELECT sum(cpu) FROM load_balancer.reservations r
       WHERE r.node = n.name AND state IN ('promised', 'bound')), 0) AS free FROM registry.nodes n WHERE name = $1`,
    [only],
  );
  cpu = Math.floor(Number(node?.free) * 60) / 100;
}, 60_000);
afterEach(async () => {
  for (const node of others) await slipway('node', 'uncordon', node);
  await until('all nodes to be ready', async () => (await nodeStates()).every((state) => state === 'ready'), {
    timeoutMs: 90_000,
  });
}, 120_000);

const push = (appId: string, config: object = {}): Promise<void> =>
  client.push(appId, 'web', greeter(appId, { resources: { cpu, memoryMiB: 64 }, ...config }));
const deployment = (appId: string) => ({ mode: 'build-and-run', appId, services: ['web'] });
const deploy = (appId: string): Promise<DeploymentReply> => client.ask(deployment(appId));
const stop = (appId: string) => client.ask({ mode: 'stop', appId, services: ['web'] });
const statusOf = ({ services: [web] }: DeploymentReply) => [web?.status, web?.error?.code];
const waitingTokens = async (): Promise<readonly string[]> =>
  (
    await query<{ token: string }>('SELECT access_token AS token FROM load_balancer.waiting_requests', [])
  ).map(({ token }) => token);

describe('a deployment that no node has room for', () => {
  it('waits and shows it, goes on when room is freed, and one with a higher priority goes first', async () => {
    const [first, second, urgent] = ['first', 'second', 'urgent'].map(uniqueName) as [string, string, string];
    await push(first);
    expect(statusOf(await deploy(first))).toEqual(['running', undefined]);
    await push(second);
    const waits = await client.send(deployment(second));
    const told = await client.event(waits, 'RoomAwaited');
    expect(told.data['missing']).toContainEqual(
      expect.stringMatching(`^cpu: needs ${cpu} cores, best free [\\d.]+ on ${only} [(]rules out 1 node[)]$`),
    );
    const status = await slipway('status', second);
    expect(status.out).toContain(`${second} web is waiting for room: `);
    expect(status.out).toContain(`cpu: needs ${cpu} cores, best free`);
    const known = answerOf((await slipway('status', second, '--json')).out) as { waiting: object[] }[];
    expect(known[0]?.waiting).toMatchObject([{ appId: second, priority: 0, token: waits }]);
    await push(urgent, { priority: 10 });
    const goesFirst = await client.send(deployment(urgent));
    await client.event(goesFirst, 'RoomAwaited');
    await stop(first);
    expect(statusOf(await client.reply(goesFirst))).toEqual(['running', undefined]);
    expect(await waitingTokens()).toEqual([`${waits}:web:0`]);
    await stop(urgent);
    expect(statusOf(await client.reply(waits))).toEqual(['running', undefined]);
    expect((await slipway('status', second)).out).not.toContain('waiting for room');
    await stop(second);
  });

  inWhole.it('fails at its deadline with the reason of each node, and a cancel ends the wait', async () => {
    const [first, late, cancelled] = ['first', 'late', 'cancelled'].map(uniqueName) as [
      string,
      string,
      string,
    ];
    await push(first);
    expect(statusOf(await deploy(first))).toEqual(['running', undefined]);
    await push(late, { placement: { waitMs: 2_000 } });
    const { services } = await deploy(late);
    expect(services[0]).toMatchObject({ status: 'failed', error: { code: 'NO_NODE' } });
    expect(services[0]?.error?.message).toMatch(
      new RegExp(
        `^No node fits web[.] It waited \\d s for room[.] ${only}: not enough CPU: needed ${cpu}, used `,
      ),
    );
    await push(cancelled);
    const token = await client.send(deployment(cancelled));
    await client.event(token, 'RoomAwaited');
    await client.cancel(cancelled, token);
    expect(statusOf(await client.reply(token))).toEqual(['failed', 'CANCELLED']);
    await until('it to leave the line', async () => (await waitingTokens()).length === 0);
    await stop(first);
  });
});
