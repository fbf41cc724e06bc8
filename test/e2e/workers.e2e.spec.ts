import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { uniqueName, until } from '#libs/testing';
import { inWhole } from '../short-form.js';
import { Client } from './client.js';
import { answerOf, slipway } from './command.js';
import { worker } from './services.js';
import { containersOf, exactly, onNode, registryRows, settled } from './world.js';

/** Left out of the short form: modes in which a worker is like any other service. */
const whole = inWhole('e2e');

const client = new Client();
beforeAll(() => client.connect());
afterAll(() => client.close());

const inspect = (node: string, container: string, format: string): Promise<string> =>
  onNode(node, 'docker', 'inspect', '-f', format, container);

describe('case 21: a worker without a port was CONFIG_INVALID', () => {
  const appId = uniqueName('worker');
  afterAll(() => client.ask({ mode: 'stop', appId, services: ['jobs'] }));

  it('it runs, publishes nothing, and has no address anywhere', async () => {
    await client.push(appId, 'jobs', worker('one'));
    const reply = await client.ask({ mode: 'build-and-run', appId, services: ['jobs'] });
    const [service] = reply.services;
    expect(service).toMatchObject({ status: 'running' });
    const [instance] = service?.instances ?? [];
    expect(instance).not.toHaveProperty('url');
    expect(instance).not.toHaveProperty('port');
    expect(service?.phases['healthy']).toBeGreaterThanOrEqual(1_000);
    const { node = '', container = '' } = instance ?? {};
    expect(await inspect(node, container, '{{json .HostConfig.PortBindings}}')).toMatch(/^(null|\{\})$/);
    expect(await inspect(node, container, '{{json .Config.Env}}')).not.toContain('PORT=');
    expect((await slipway('status', appId)).out).toMatch(/jobs +running +node-\d+ +- /);
    const listed = await until('the registry to know it', async () => {
      const [line] = answerOf((await slipway('status', appId, '--json')).out) as { instances: object[] }[];
      return line?.instances[0];
    });
    expect(listed).not.toHaveProperty('url');
  });

  whole.it('it is scaled, replaced and rolled back like any other service', async () => {
    const scaled = await client.scale({ appId, service: 'jobs', to: 2 });
    expect(scaled.service?.instances).toHaveLength(2);
    await client.push(appId, 'jobs', worker('two'));
    const replaced = await client.ask({ mode: 'build-and-run', appId, services: ['jobs'] });
    expect(replaced.services[0]).toMatchObject({ status: 'running' });
    expect(replaced.services[0]?.notes?.join()).toContain('It is a worker');
    const back = await slipway('rollback', appId, 'jobs');
    expect(back.code, back.err).toBe(0);
    expect(await settled(appId, 2)).toEqual(exactly(2));
    const [row] = await registryRows(appId);
    expect([row?.port, row?.url]).toEqual([null, null]);
  });

  whole.it('one that ends within its stability window fails, with its code and its last words', async () => {
    const ending = uniqueName('ending');
    const script = "console.log('no queue'); setTimeout(() => process.exit(4), 300);";
    await client.push(ending, 'jobs', worker('', { health: { stableMs: 10_000 } }, script));
    const reply = await client.ask({ mode: 'build-and-run', appId: ending, services: ['jobs'] });
    expect(reply.services[0]?.error).toMatchObject({ code: 'CONTAINER_EXITED' });
    expect(reply.services[0]?.error?.message).toContain('code 4');
    expect(reply.services[0]?.error?.logTail).toContain('no queue');
    expect(await containersOf(ending)).toEqual([]);
  });
});
