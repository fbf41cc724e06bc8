import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requireEnv, uniqueName, until } from '#libs/testing';
import { inWhole } from '../short-form.js';
import { Client, greeter, olderForm } from './client.js';
import { bodyAt } from './gateway.js';
import { containersOf, registryRows, reservationsOf } from './world.js';

/** Left out of the short form: what api, rollout and the sources show of other deployments. */
const whole = inWhole('e2e');

const client = new Client();
beforeAll(() => client.connect());
afterAll(() => client.close());

const textAt = async (url: string | undefined): Promise<string> => (await fetch(String(url))).text();

describe('build-and-run', () => {
  it('runs a service from its zip and says where', async () => {
    const appId = uniqueName('first');
    await client.push(appId, 'app-server', greeter('hello'));
    const reply = await client.ask({ mode: 'build-and-run', appId, services: ['app-server'] });
    expect(reply).toMatchObject({
      status: true,
      failed: [],
      services: [{ name: 'app-server', status: 'running' }],
    });
    const [service] = reply.services;
    const { port } = new URL(requireEnv('SLIPWAY_TRAFFIC_URL'));
    expect(reply.endpoint?.url).toBe(`http://${appId}.localhost:${port}`);
    expect(service?.endpoint).toEqual({ url: reply.endpoint?.url });
    expect(await bodyAt(reply.endpoint?.url)).toBe('hello');
    expect(await textAt(service?.instances[0]?.url)).toBe('hello');
    for (const phase of ['fetch', 'build', 'push', 'place', 'pull', 'start', 'healthy'])
      expect(service?.phases[phase], phase).toBeTypeOf('number');
    await client.ask({ mode: 'stop', appId, services: ['app-server'] });
  });

  it('answers a token that comes twice once in content, and does the work once', async () => {
    const appId = uniqueName('twice');
    await client.push(appId, 'web', greeter('once'));
    const token = `e2e-${randomUUID()}`;
    const request = { token, mode: 'build-and-run', appId, appName: 'Twice', services: ['web'] };
    await client.publish(request);
    await client.publish(request);
    const first = await client.reply(token);
    await client.publish(request);
    const replies = await until('a second reply', () => {
      const found = client.replies.filter(({ data }) => data.token === token);
      return found.length > 1 ? found : undefined;
    });
    expect(replies.map(({ data }) => data)).toEqual(replies.map(() => first));
    expect(await containersOf(appId)).toHaveLength(1);
    expect(client.eventsOf(token).filter((event) => event === 'ImageBuilt')).toHaveLength(1);
    await client.ask({ mode: 'stop', appId, services: ['web'] });
  });

  it('does not build an unchanged source again, always builds a changed one, and replaces what ran', async () => {
    const appId = uniqueName('again');
    const run = () => client.ask({ mode: 'build-and-run', appId, services: ['web'] });
    await client.push(appId, 'web', greeter('one'));
    const one = await run();
    const same = await run();
    expect(same.services[0]?.release).toBe(one.services[0]?.release);
    expect(same.services[0]?.phases).not.toHaveProperty('build');
    await client.push(appId, 'web', greeter('two'));
    const two = await run();
    expect(two.services[0]?.release).not.toBe(one.services[0]?.release);
    expect(two.services[0]?.phases).toHaveProperty('build');
    expect(await textAt(two.services[0]?.instances[0]?.url)).toBe('two');
    expect(await containersOf(appId)).toHaveLength(1);
    await client.ask({ mode: 'stop', appId, services: ['web'] });
  });

  whole.it('runs as many replicas as config.json says, on different nodes', async () => {
    const appId = uniqueName('spread');
    await client.push(appId, 'web', greeter('three', { replicas: 3 }));
    const reply = await client.ask({ mode: 'build-and-run', appId, services: ['web'] });
    const instances = reply.services[0]?.instances ?? [];
    expect(new Set(instances.map((instance) => instance.node)).size).toBe(3);
    await client.ask({ mode: 'stop', appId, services: ['web'] });
    expect(await containersOf(appId)).toEqual([]);
  });

  it('deploys an archive of the older six-string form unchanged', async () => {
    const appId = uniqueName('older');
    await client.push(appId, 'app-server', olderForm({ 'hello.txt': 'as ever' }));
    const reply = await client.ask({ mode: 'build-and-run', appId, services: ['app-server'] });
    expect(reply.services[0]?.error).toBeUndefined();
    expect(await bodyAt(`${reply.endpoint?.url}/hello.txt`)).toBe('as ever');
    await client.ask({ mode: 'stop', appId, services: ['app-server'] });
  });

  whole.it("builds by the source's own Dockerfile", async () => {
    const appId = uniqueName('own');
    const files = greeter('mine', { runtime: 'dockerfile', command: undefined });
    const dockerfile = 'FROM slipway/node:24\nCOPY server.js /\nUSER 10001\nCMD ["node", "/server.js"]\n';
    await client.push(appId, 'web', { ...files, Dockerfile: dockerfile });
    const reply = await client.ask({ mode: 'build-and-run', appId, services: ['web'] });
    expect(await textAt(reply.services[0]?.instances[0]?.url)).toBe('mine');
    await client.ask({ mode: 'stop', appId, services: ['web'] });
  });
});

describe('build, run and stop', () => {
  it('builds without running, runs the release later, stops it and says so', async () => {
    const appId = uniqueName('modes');
    await client.push(appId, 'web', greeter('later'));
    const built = await client.ask({ mode: 'build', appId, services: ['web'] });
    expect(built.services[0]).toMatchObject({ status: 'built', instances: [] });
    expect(await containersOf(appId)).toEqual([]);
    const run = await client.ask({ mode: 'run', appId, services: ['web'] });
    expect(run.services[0]).toMatchObject({ status: 'running', release: built.services[0]?.release });
    expect(await textAt(run.services[0]?.instances[0]?.url)).toBe('later');
    const stopped = await client.ask({ mode: 'stop', appId, services: ['web'] });
    expect(stopped.services[0]).toMatchObject({ status: 'stopped', instances: [] });
    expect(await containersOf(appId)).toEqual([]);
  });

  it('stopping what does not run is a success that says so', async () => {
    const reply = await client.ask({ mode: 'stop', appId: uniqueName('never'), services: ['web'] });
    expect(reply).toMatchObject({ status: true, services: [{ status: 'not-running' }] });
  });

  it('says what to do when there is no release to run', async () => {
    const reply = await client.ask({ mode: 'run', appId: uniqueName('never'), services: ['web'] });
    expect(reply.services[0]?.error).toMatchObject({ code: 'RELEASE_NOT_FOUND' });
    expect(reply.services[0]?.error?.hint).toContain('build-and-run');
  });
});

describe('what others read', () => {
  whole.it('keeps the registry true, and gives the reservation back', async () => {
    const appId = uniqueName('registry');
    await client.push(appId, 'web', greeter('known'));
    const reply = await client.ask({ mode: 'build-and-run', appId, services: ['web'] });
    const [instance] = reply.services[0]?.instances ?? [];
    const running = await until('the registry to show it', async () =>
      (await registryRows(appId)).find((row) => row.state === 'running'),
    );
    expect(running).toMatchObject({
      service: 'web',
      node: instance?.node,
      port: instance?.port,
      url: instance?.url,
    });
    await until('the reservation to be bound', async () => (await reservationsOf(appId)).includes('bound'));
    await client.ask({ mode: 'stop', appId, services: ['web'] });
    await until('the registry to show its end', async () =>
      (await registryRows(appId)).every((row) => row.state === 'stopped'),
    );
    await until('the reservation to be free', async () =>
      (await reservationsOf(appId)).every((state) => state === 'released'),
    );
  });

  it('tells every step as a CloudEvent', async () => {
    const appId = uniqueName('steps');
    await client.push(appId, 'web', greeter('steps'));
    const reply = await client.ask({ mode: 'build-and-run', appId, services: ['web'] });
    await until('the last step', () => client.eventsOf(reply.token).includes('TaskSucceeded'));
    const steps = client.eventsOf(reply.token).filter((event) => event !== 'BuildOutput');
    expect(steps).toEqual([
      ...['TaskAccepted', 'SourceFetched', 'ImageBuilt', 'ImagePushed', 'TurnTaken', 'InstancesSurveyed'],
      ...['PlanMade', 'NodeRequested', 'NodeAssigned', 'ImagePulled'],
      ...['InstanceStarted', 'InstanceHealthy', 'TaskSucceeded'],
    ]);
    const { headers } = client.replies.find(({ data }) => data.token === reply.token) ?? { headers: {} };
    expect(headers).toMatchObject({ ce_specversion: '1.0', ce_type: 'slipway.deployment.replied.v1' });
    await client.ask({ mode: 'stop', appId, services: ['web'] });
  });
});
