import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DeploymentReply } from '#libs/contracts';
import { uniqueName, until } from '#libs/testing';
import { inWhole } from '../short-form.js';
import { Client, greeter } from './client.js';
import { startControl } from './control.js';
import { controlled, exiting, flapping, shortLived, slow, unwell } from './services.js';
import { Traffic } from './traffic.js';
import { containersOf, exactly, onNode, registryRows, settled } from './world.js';

/** Left out of the short form: further ways of not being healthy, which health has as well. */
const whole = inWhole('e2e');

const client = new Client();
beforeAll(() => client.connect());
afterAll(() => client.close());

const SERVICES = { services: ['web'] } as const;
const deploy = (appId: string): Promise<DeploymentReply> =>
  client.ask({ mode: 'build-and-run', appId, ...SERVICES });
const end = (appId: string): Promise<DeploymentReply> => client.ask({ mode: 'stop', appId, ...SERVICES });

/** When what happened of a request to whom, in the order of the stored events. */
function steps(token: string): { readonly event: string; readonly instance: string; readonly at: number }[] {
  return client.events
    .filter(({ data }) => data.token === token)
    .map(({ data: { event, data, at } }) => ({
      event,
      instance: instanceOf(data),
      at: Date.parse(at),
    }));
}

function instanceOf({ instance }: Readonly<Record<string, unknown>>): string {
  return typeof instance === 'object' && instance !== null && 'name' in instance
    ? String(instance.name)
    : String(instance);
}

describe('the replacement of a running service', { concurrent: true }, () => {
  it('loses no request, never serves with fewer, and stops each instance once the gateway has let go of it', async () => {
    const appId = uniqueName('replaced');
    // So long it would wait for clients that look addresses up themselves, where no gateway is.
    const drainMs = 30_000;
    await client.push(appId, 'web', slow('one', { replicas: 3, stop: { drainMs } }));
    await deploy(appId);
    await settled(appId, 3);
    const traffic = new Traffic(appId);
    await client.push(appId, 'web', slow('two', { replicas: 3, stop: { drainMs } }));
    const token = await client.send({ mode: 'build-and-run', appId, ...SERVICES });
    const reply = await client.reply(token);
    await settled(appId, 3);
    await traffic.stop();
    expect(reply.services[0]?.error).toBeUndefined();
    expect(traffic.failures).toEqual([]);
    expect(traffic.fewest).toBe(3);
    expect([...traffic.answers.keys()]).toEqual(['one', 'two']);

    const all = steps(token);
    const kinds = all.map(({ event }) => event);
    const order = kinds.filter((event) => /^Instance(Started|Healthy|Draining|Stopped)$/.test(event));
    const one = ['InstanceStarted', 'InstanceHealthy', 'InstanceDraining', 'InstanceStopped'];
    expect(order).toEqual([...one, ...one, ...one]);
    for (const drained of all.filter(({ event }) => event === 'InstanceDraining')) {
      const stopped = all.find((s) => s.event === 'InstanceStopped' && s.instance === drained.instance);
      expect(Number(stopped?.at) - drained.at).toBeLessThan(drainMs / 2);
    }
    expect(await settled(appId, 3)).toEqual(exactly(3));
    await end(appId);
  });

  it('is undone when the second of three fails: all three of the old serve, and are kept alive', async () => {
    const appId = uniqueName('undone');
    await client.push(appId, 'web', greeter('one', { replicas: 3 }));
    const first = await deploy(appId);
    const release = first.services[0]?.release;
    const control = await startControl((start) => (start === 2 ? 'exit' : 'serve'));
    try {
      await client.push(appId, 'web', controlled('two', control.url, { replicas: 3 }));
      const reply = await deploy(appId);
      const [service] = reply.services;
      expect(service?.error?.code).toBe('CONTAINER_EXITED');
      expect(service?.error?.message).toContain(
        'The instances that were replaced run the release before again.',
      );
      expect(service?.error?.message).toContain(`Still serving: 3 of release ${release}.`);
      expect(service?.serving).toMatchObject({ release, instances: [{}, {}, {}] });
      expect(await settled(appId, 3)).toEqual(exactly(3));
      for (const { url } of service?.serving?.instances ?? [])
        expect(await (await fetch(String(url))).text()).toBe('one');
      const policies = (): Promise<readonly string[]> =>
        Promise.all(
          (service?.serving?.instances ?? []).map(({ node, container }) =>
            onNode(node, 'docker', 'inspect', '-f', '{{.HostConfig.RestartPolicy.Name}}', container),
          ),
        );
      await until('the engines to keep all three', async () =>
        (await policies()).every((policy) => policy === 'unless-stopped'),
      );
    } finally {
      await control.close();
      await end(appId);
    }
  });
});

const faults = {
  'never becomes healthy': {
    files: unwell(),
    code: 'HEALTH_TIMEOUT',
    says: [/Probe http:\/\/\S+\/ready saw: HTTP 503\./, /runs, restarted 0 times/],
    log: /^not well yet$/m,
  },
  exits: {
    files: exiting(),
    code: 'CONTAINER_EXITED',
    says: [/Probe http:\/\/\S+ saw: \S/, /exited with code 3, restarted \d times/],
    log: /^line 11\n(.*\n){48}line 60\n?$/,
  },
  'exits within the stability window': {
    files: shortLived(),
    code: 'CONTAINER_EXITED',
    says: [/Probe http:\/\/\S+ saw: \S/, /exited with code 7, restarted \d times/],
    log: undefined,
  },
  'flaps within the stability window': {
    files: flapping(),
    code: 'HEALTH_TIMEOUT',
    says: [/Probe http:\/\/\S+ saw: HTTP [25]00\./, /runs, restarted 0 times/],
    log: undefined,
  },
} as const;

describe('a new release that', { concurrent: true }, () => {
  for (const [fault, { files, code, says, log }] of Object.entries(faults))
    (fault.endsWith('within the stability window') ? whole.it : it)(
      `${fault} leaves the old one serving, and the reply says why`,
      async () => {
        const appId = uniqueName('faulty');
        await client.push(appId, 'web', greeter('old'));
        const before = await deploy(appId);
        const release = before.services[0]?.release;
        await client.push(appId, 'web', files);
        const [service] = (await deploy(appId)).services;
        expect(service).toMatchObject({ status: 'failed', error: { code } });
        for (const pattern of says) expect(service?.error?.message).toMatch(pattern);
        expect(service?.error?.message).toContain(`Still serving: 1 of release ${release}.`);
        if (log !== undefined) expect(service?.error?.logTail).toMatch(log);
        expect(service?.serving).toEqual({ release, instances: before.services[0]?.instances });
        expect(await settled(appId, 1)).toEqual(exactly(1));
        const [row] = (await registryRows(appId)).filter(({ state }) => state === 'running');
        expect(await (await fetch(String(row?.url))).text()).toBe('old');
        await end(appId);
        expect(await containersOf(appId)).toEqual([]);
      },
    );
});
