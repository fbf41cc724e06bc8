import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DeploymentReply } from '#libs/contracts';
import { uniqueName, until } from '#libs/testing';
import { inWhole } from '../short-form.js';
import { Client, greeter } from './client.js';
import { slipway } from './command.js';
import { slowBuild, unwell } from './services.js';
import { containersOf, exactly, onNode, query, registryRows, settled } from './world.js';

/** Left out of the short form: what the properties of the spec show for any order of changes. */
const whole = inWhole('e2e');

/** Nodes are looked at every 10 s. */
const RECONCILED_MS = 60_000;
const client = new Client();
beforeAll(() => client.connect());
afterAll(() => client.close());

const ask = (mode: string, appId: string, more: object = {}): Promise<DeploymentReply> =>
  client.ask({ mode, appId, services: ['web'], ...more });
const count = (reply: DeploymentReply): number => reply.services[0]?.instances.length ?? -1;

async function deploy(appId: string, text: string, config: object = {}, more: object = {}) {
  await client.push(appId, 'web', greeter(text, config));
  return ask('build-and-run', appId, more);
}

interface Spec {
  readonly running: number;
  readonly history: readonly {
    readonly spec: { readonly state: string; readonly count: number; readonly declaredCount: number };
    readonly change?: string;
    readonly principal: string;
    readonly token: string;
  }[];
}

async function specOf(appId: string): Promise<Spec> {
  const { code, out } = await slipway('spec', appId, 'web', '--json');
  expect(code).toBe(0);
  return JSON.parse(out) as Spec;
}

describe('what is wanted of a service', { concurrent: true }, () => {
  whole.it(
    'a request that changes nothing is overwritten as made from what ran: it is not, and 0 stays running',
    async () => {
      const appId = uniqueName('unchanged');
      await deploy(appId, 'one');
      await client.scale({ appId, service: 'web', to: 2, reason: 'the sale begins' });
      await ask('build-and-run', appId);
      await ask('run', appId);
      const scaled = await specOf(appId);
      expect(scaled.history[0]?.spec).toMatchObject({
        state: 'running',
        count: 2,
        changes: { count: { by: 'scale' } },
      });
      await client.scale({ appId, service: 'web', to: 0 });
      await ask('build-and-run', appId);
      const { history } = await specOf(appId);
      expect(history[0]?.spec).toMatchObject({
        state: 'running',
        count: 0,
        changes: { count: { by: 'scale' } },
      });
      expect(history.filter(({ principal }) => principal === 'slipway')).toEqual([]);
      expect((await client.scale({ appId, service: 'web', by: 1 })).service?.instances).toHaveLength(1);
      await ask('stop', appId);
    },
  );

  it('a deploy undoes the scaling: it does not; each change leaves what it does not ask for', async () => {
    const appId = uniqueName('wanted');
    expect(count(await deploy(appId, 'one'))).toBe(1);
    const scaled = await client.scale({ appId, service: 'web', to: 3, reason: 'the sale begins' });
    expect(scaled.service?.instances).toHaveLength(3);

    const deployed = await deploy(appId, 'two');
    expect(count(deployed)).toBe(3);
    expect(deployed.services[0]?.notes).toEqual(
      expect.arrayContaining([
        expect.stringMatching(
          /^3 wanted since `scale` at .*config\.json declares no replicas, which means 1\./,
        ),
      ]),
    );
    expect(count(await ask('rollback', appId))).toBe(3);

    const [first] = await containersOf(appId);
    const [row] = (await registryRows(appId)).filter(({ name }) => name === first?.name);
    await onNode(String(row?.node), 'docker', 'rm', '-f', String(first?.name));
    const isReplaced = async (): Promise<boolean> => {
      const containers = await containersOf(appId);
      return containers.length === 3 && containers.every(({ name }) => name !== first?.name);
    };
    await until('the reconciler to start another', isReplaced, { timeoutMs: RECONCILED_MS });
    const hasEnded = async (): Promise<boolean> => {
      const sql = `SELECT t.id FROM deployer.tasks t JOIN deployer.requests r USING (token)
        WHERE r.request ->> 'appId' = $1 AND t.result IS NULL`;
      return (await query(sql, [appId])).length === 0;
    };
    await until('its request to end', hasEnded, { timeoutMs: RECONCILED_MS });

    expect(count(await ask('stop', appId))).toBe(0);
    expect(await settled(appId, 0)).toEqual(exactly(0));
    const stopped = await specOf(appId);
    expect([stopped.running, stopped.history[0]?.spec]).toMatchObject([0, { state: 'stopped', count: 3 }]);
    expect(count(await ask('run', appId))).toBe(3);
    expect(count(await deploy(appId, 'three'))).toBe(3);
    expect(await settled(appId, 3)).toEqual(exactly(3));

    const { history, running } = await specOf(appId);
    expect(running).toBe(3);
    expect(history[0]?.spec).toMatchObject({ state: 'running', count: 3, declaredCount: 1 });
    expect((await slipway('spec', appId, 'web')).out).toContain('the sale begins');
    await ask('stop', appId);
  });

  whole.it('a count that config.json declares anew, or that the request names, is taken', async () => {
    const appId = uniqueName('declared');
    await deploy(appId, 'one');
    await client.scale({ appId, service: 'web', to: 2 });
    const declared = await deploy(appId, 'two', { replicas: 3 });
    expect(count(declared)).toBe(3);
    expect(declared.services[0]?.notes?.join()).toContain('count: 2 -> 3, as config.json declares');
    const services = [{ name: 'web', replicas: 1 }];
    expect(count(await ask('run', appId, { services }))).toBe(1);
    expect(count(await ask('run', appId))).toBe(1);
    await ask('stop', appId);
  });

  whole.it('a deployment that fails leaves what was wanted before', async () => {
    const appId = uniqueName('unwanted');
    const good = (await deploy(appId, 'one')).services[0]?.release;
    await client.push(appId, 'web', unwell());
    expect((await ask('build-and-run', appId)).status).toBe(false);
    const { history } = await specOf(appId);
    expect(history[0]?.spec).toMatchObject({ state: 'running', release: good, count: 1 });
    expect(history[0]).toMatchObject({ change: 'build-and-run failed', principal: 'slipway' });
    expect(history.map(({ change }) => change)).toEqual([
      ...['build-and-run failed', 'build-and-run', 'build-and-run'],
    ]);
    await ask('stop', appId);
  });

  whole.it('a service that is stopped is scaled without starting it', async () => {
    const appId = uniqueName('asleep');
    await deploy(appId, 'one');
    await ask('stop', appId);
    const { service } = await client.scale({ appId, service: 'web', to: 2 });
    expect(service).toMatchObject({ status: 'stopped', instances: [] });
    expect(service?.notes?.join()).toContain('is stopped, so nothing is started now');
    const again = await client.scale({ appId, service: 'web', to: 2 });
    expect(again.service?.notes?.join()).toContain('was 2 already');
    expect((await specOf(appId)).history.map(({ change }) => change)).toEqual([
      ...['scale', 'stop', 'build-and-run'],
    ]);
    expect(count(await ask('run', appId))).toBe(2);
    await ask('stop', appId);
    expect((await ask('stop', appId)).services[0]?.notes?.join()).toContain('was stopped already');
  });

  it('scaling waits for no build, and the build goes on with the count that is wanted then', async () => {
    const appId = uniqueName('building');
    await deploy(appId, 'one');
    await client.push(appId, 'web', slowBuild('two', 12));
    const token = await client.send({ mode: 'build-and-run', appId, services: ['web'] });
    await client.event(token, 'SourceFetched', 'web');
    const { service } = await client.scale({ appId, service: 'web', to: 2 });
    expect(service?.instances).toHaveLength(2);
    expect(client.events.some(({ data }) => data.token === token && data.event === 'ImageBuilt')).toBe(false);
    expect(count(await client.reply(token))).toBe(2);
    expect(await settled(appId, 2)).toEqual(exactly(2));
    await ask('stop', appId);
  });

  whole.it('a stop that comes while a deployment builds is not undone by it', async () => {
    const appId = uniqueName('stopped');
    await deploy(appId, 'one');
    await client.push(appId, 'web', slowBuild('two', 8));
    const token = await client.send({ mode: 'build-and-run', appId, services: ['web'] });
    await client.event(token, 'SourceFetched', 'web');
    expect((await ask('stop', appId)).status).toBe(true);
    const reply = await client.reply(token);
    expect(reply.services[0]).toMatchObject({ status: 'stopped', instances: [] });
    expect(reply.services[0]?.notes?.join()).toContain('was stopped after this was asked for');
    expect(await settled(appId, 0)).toEqual(exactly(0));
  });
});
