import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DeploymentReply, ScaleReply } from '#libs/contracts';
import { uniqueName } from '#libs/testing';
import { inWhole } from '../short-form.js';
import { Client, greeter } from './client.js';
import { exiting } from './services.js';
import { containersOf, exactly, leftOf, onNode, registryRows, settled } from './world.js';

/** Left out of the short form: what unit tests of the plan show, too, and one request more or less would not. */
const whole = inWhole('e2e');

const client = new Client();
beforeAll(() => client.connect());
afterAll(() => client.close());

const WEB = { services: ['web'] } as const;
const ask = (mode: string, appId: string, more: object = {}): Promise<DeploymentReply> =>
  client.ask({ mode, appId, ...WEB, ...more });
const textAt = async (url: string | undefined): Promise<string> => (await fetch(String(url))).text();

/** Deploys one release after another; the id of each. */
async function deployed(appId: string, ...says: readonly string[]): Promise<readonly string[]> {
  const releases: string[] = [];
  for (const text of says) {
    await client.push(appId, 'web', greeter(text));
    const [service] = (await ask('build-and-run', appId)).services;
    expect(service?.error).toBeUndefined();
    releases.push(String(service?.release));
  }
  return releases;
}

const instancesOf = (reply: DeploymentReply | undefined) => reply?.services[0]?.instances ?? [];

describe('rollback', { concurrent: true }, () => {
  it('to the last good release, and to a named one', async () => {
    const appId = uniqueName('back');
    const [one, two] = await deployed(appId, 'one', 'two');
    // Never served, so it is none to go back to.
    await client.push(appId, 'web', exiting());
    expect((await ask('build-and-run', appId)).services[0]?.status).toBe('failed');
    const [forward] = (await ask('run', appId, { dryRun: true })).services;
    expect(forward).toMatchObject({
      status: 'planned',
      notes: [expect.stringContaining(`${two} serves now`)],
    });

    const toLast = await ask('rollback', appId);
    expect(toLast.services[0]).toMatchObject({ status: 'running', release: one });
    expect(await textAt(instancesOf(toLast)[0]?.url)).toBe('one');
    const named = await ask('rollback', appId, { services: [{ name: 'web', release: two }] });
    expect(named.services[0]).toMatchObject({ status: 'running', release: two });
    expect(await textAt(instancesOf(named)[0]?.url)).toBe('two');
    expect(await settled(appId, 1)).toEqual(exactly(1));

    const back = await ask('rollback', appId, { services: [{ name: 'web', release: one }] });
    expect(back.services[0]?.notes).toBeUndefined();
    const [stays] = (await ask('run', appId, { dryRun: true })).services;
    expect(stays).toMatchObject({ status: 'planned', plan: [] });
    expect(stays?.notes).toBeUndefined();
    const again = await ask('rollback', appId, { services: [{ name: 'web', release: two }] });

    const unknown = await ask('rollback', appId, { services: [{ name: 'web', release: 'no-such' }] });
    expect(unknown.services[0]?.error?.code).toBe('RELEASE_NOT_FOUND');
    expect(await textAt(instancesOf(again)[0]?.url)).toBe('two');
    await ask('stop', appId);
  });

  whole.it(
    'run after a rollback and a stop started the release that was never healthy: it runs what was stopped',
    async () => {
      const appId = uniqueName('backed');
      const [one] = await deployed(appId, 'one', 'two');
      await client.push(appId, 'web', exiting());
      expect((await ask('build-and-run', appId)).services[0]?.status).toBe('failed');
      await ask('rollback', appId, { services: [{ name: 'web', release: one }] });
      await ask('stop', appId);
      const [planned] = (await ask('run', appId, { dryRun: true })).services;
      expect(planned).toMatchObject({ release: one, plan: [{ action: 'start' }] });
      expect(planned?.notes).toBeUndefined();
      const [ran] = (await ask('run', appId)).services;
      expect(ran).toMatchObject({ status: 'running', release: one });
      expect(await textAt(ran?.instances[0]?.url)).toBe('one');

      await client.push(appId, 'web', greeter('three'));
      await ask('build', appId);
      expect(await textAt(instancesOf(await ask('run', appId))[0]?.url)).toBe('three');
      await ask('stop', appId);
    },
  );

  whole.it('with nothing to roll back to says so and changes nothing', async () => {
    const appId = uniqueName('first');
    await deployed(appId, 'only');
    const [service] = (await ask('rollback', appId)).services;
    expect(service).toMatchObject({ status: 'failed', error: { code: 'RELEASE_NOT_FOUND' } });
    expect(service?.error?.message).toContain('to roll back to');
    expect(service?.serving?.instances).toHaveLength(1);
    expect(await settled(appId, 1)).toEqual(exactly(1));
    await ask('stop', appId);
  });
});

describe('scaling', { concurrent: true }, () => {
  it('by more, by fewer, to none and back, and without one instance', async () => {
    const appId = uniqueName('scaled');
    await deployed(appId, 'one');
    const scale = (wish: object): Promise<ScaleReply> => client.scale({ appId, service: 'web', ...wish });
    const counts = async (wish: object): Promise<number> => {
      const reply = await scale(wish);
      expect(reply.service?.error).toBeUndefined();
      return reply.service?.instances.length ?? -1;
    };
    expect(await counts({ by: 2 })).toBe(3);
    expect(await settled(appId, 3)).toEqual(exactly(3));
    expect(await counts({ by: -1 })).toBe(2);
    const rows = (await registryRows(appId)).filter(({ state }) => state === 'running');
    const leaving = String(rows[0]?.name);
    expect(await counts({ instance: leaving })).toBe(1);
    expect((await settled(appId, 1)).containers).toBe(1);
    expect((await containersOf(appId)).map(({ name }) => name)).not.toContain(leaving);
    expect(await scale({ to: 0 })).toMatchObject({ status: true, service: { status: 'scaled-to-0' } });
    expect(await settled(appId, 0)).toEqual(exactly(0));
    expect(await counts({ to: 1 })).toBe(1);
    await ask('stop', appId);
  });

  whole.it('from none after a rollback starts what served last, not the newest', async () => {
    const appId = uniqueName('again');
    const [one] = await deployed(appId, 'one', 'two');
    await ask('rollback', appId);
    await client.scale({ appId, service: 'web', to: 0 });
    const { service } = await client.scale({ appId, service: 'web', to: 1 });
    expect(service).toMatchObject({ status: 'running', release: one });
    await ask('stop', appId);
  });

  whole.it('without an instance that is not there is refused by its name', async () => {
    const appId = uniqueName('nobody');
    await deployed(appId, 'one');
    const { status, service } = await client.scale({ appId, service: 'web', instance: 'nobody-7' });
    expect(status).toBe(false);
    expect(service?.error).toMatchObject({ code: 'INSTANCE_NOT_FOUND' });
    expect(service?.error?.message).toContain('nobody-7');
    expect(await settled(appId, 1)).toEqual(exactly(1));
    await ask('stop', appId);
  });
});

describe('a dry run', { concurrent: true }, () => {
  it('says what would be done, and does nothing', async () => {
    const appId = uniqueName('dry');
    const dry = async (mode: string, more: object = {}) =>
      (await ask(mode, appId, { dryRun: true, ...more })).services[0];
    await client.push(appId, 'web', greeter('one', { replicas: 2 }));
    const plan = [{ action: 'build' }, { action: 'start' }, { action: 'start' }];
    expect(await dry('build-and-run')).toMatchObject({ status: 'planned', plan });
    expect(await leftOf(appId)).toEqual(exactly(0));
    const never = await dry('run');
    expect(never?.error?.code).toBe('RELEASE_NOT_FOUND');

    await ask('build-and-run', appId);
    const before = await containersOf(appId);
    expect(await dry('build-and-run')).toMatchObject({ status: 'planned', plan: [] });
    await client.push(appId, 'web', greeter('two', { replicas: 1 }));
    const changed = await dry('build-and-run');
    expect(changed?.plan?.map(({ action }) => action)).toEqual(['build', 'replace', 'stop']);
    expect((await dry('build'))?.plan).toEqual([{ action: 'build' }]);
    expect((await dry('stop'))?.plan?.map(({ action }) => action)).toEqual(['stop', 'stop']);
    expect((await dry('run', { restart: true }))?.plan?.map(({ action }) => action)).toEqual([
      'replace',
      'replace',
    ]);
    expect(await containersOf(appId)).toEqual(before);
    // Had a dry run built or chosen a release, this would be it.
    const [ran] = (await ask('run', appId)).services;
    expect(await textAt(ran?.instances[0]?.url)).toBe('one');
    expect(await settled(appId, 2)).toEqual(exactly(2));
    await ask('stop', appId);
  });
});

describe('dependsOn', { concurrent: true }, () => {
  const services = (of: Readonly<Record<string, readonly string[]>>) =>
    Object.entries(of).map(([name, dependsOn]) => ({ name, dependsOn }));

  it('starts a service only when all that it depends on serve', async () => {
    const appId = uniqueName('order');
    for (const name of ['front', 'middle', 'back']) await client.push(appId, name, greeter(name));
    const token = await client.send({
      mode: 'build-and-run',
      appId,
      services: services({ front: ['middle', 'back'], middle: ['back'], back: [] }),
    });
    expect((await client.reply(token)).status).toBe(true);
    await client.event(token, 'TaskSucceeded', 'front');
    const ends = client.events
      .filter(({ data }) => data.token === token)
      .filter(({ data }) => data.event === 'SourceFetched' || data.event === 'TaskSucceeded')
      .map(({ data }) => `${data.service} ${data.event}`);
    const each = ['SourceFetched', 'TaskSucceeded'];
    expect(ends).toEqual(
      ['back', 'middle', 'front'].flatMap((name) => each.map((event) => `${name} ${event}`)),
    );
    await client.ask({ mode: 'stop', appId, services: ['front', 'middle', 'back'] });
  });

  whole.it('a service whose dependency fails is not begun', async () => {
    const appId = uniqueName('chain');
    await client.push(appId, 'back', exiting());
    for (const name of ['middle', 'front']) await client.push(appId, name, greeter(name));
    const token = await client.send({
      mode: 'build-and-run',
      appId,
      services: services({ front: ['middle'], middle: ['back'], back: [] }),
    });
    const reply = await client.reply(token);
    expect(reply.services.map(({ name, error }) => [name, error?.code])).toEqual([
      ['front', 'DEPENDENCY_FAILED'],
      ['middle', 'DEPENDENCY_FAILED'],
      ['back', 'CONTAINER_EXITED'],
    ]);
    await client.event(token, 'TaskFailed', 'front');
    const fetched = client.events.filter(
      ({ data }) => data.token === token && data.event === 'SourceFetched',
    );
    expect(fetched.map(({ data }) => data.service)).toEqual(['back']);
    expect(await settled(appId, 0)).toEqual(exactly(0));
  });

  it('that goes round in a circle, or names no service of the request, is refused', async () => {
    const appId = uniqueName('circle');
    const refused = async (of: Readonly<Record<string, readonly string[]>>) =>
      (await client.ask({ mode: 'run', appId, services: services(of) })).error;
    const circle = await refused({ front: ['back'], back: ['front'] });
    expect(circle).toMatchObject({ code: 'REQUEST_INVALID' });
    expect(circle?.message).toContain('circle: front, back');
    const unknown = await refused({ front: ['elsewhere'] });
    expect(unknown).toMatchObject({ code: 'REQUEST_INVALID' });
    expect(unknown?.message).toContain('elsewhere');
  });
});

describe('run', { concurrent: true }, () => {
  it('of what runs changes nothing; a restart replaces it; a named release is run', async () => {
    const appId = uniqueName('same');
    const [one, two] = await deployed(appId, 'one', 'two');
    const first = await ask('run', appId);
    const again = await ask('run', appId);
    expect(instancesOf(again)).toEqual(instancesOf(first));
    const restarted = await ask('run', appId, { restart: true });
    expect(restarted.services[0]?.release).toBe(two);
    expect(instancesOf(restarted)[0]?.container).not.toBe(instancesOf(first)[0]?.container);
    const named = await ask('run', appId, { services: [{ name: 'web', release: one }] });
    expect(named.services[0]).toMatchObject({ status: 'running', release: one });
    expect(await textAt(instancesOf(named)[0]?.url)).toBe('one');
    expect(await settled(appId, 1)).toEqual(exactly(1));
    await ask('stop', appId);
  });

  it('starts anew what was removed by hand, and only that', async () => {
    const appId = uniqueName('removed');
    await client.push(appId, 'web', greeter('two of them', { replicas: 2 }));
    const [gone, stays] = instancesOf(await ask('build-and-run', appId));
    await onNode(String(gone?.node), 'docker', 'rm', '-f', String(gone?.container));
    const after = instancesOf(await ask('run', appId));
    expect(after).toHaveLength(2);
    expect(after).toContainEqual(stays);
    expect(after).not.toContainEqual(gone);
    for (const { url } of after) expect(await textAt(url)).toBe('two of them');
    expect(await settled(appId, 2)).toEqual(exactly(2));
    await ask('stop', appId);
  });

  it('a stop of what does not run is a success that says so', async () => {
    const appId = uniqueName('never');
    const reply = await ask('stop', appId);
    expect(reply).toMatchObject({ status: true, services: [{ status: 'not-running', instances: [] }] });
  });
});
