import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { uniqueName } from '#libs/testing';
import { inWhole } from '../short-form.js';
import { Client, greeter } from './client.js';
import { slipway } from './command.js';
import { answering } from './services.js';
import { containersOf, exactly, registryRows, settled } from './world.js';

/** Left out of the short form: what the plan does with volumes in other modes. */
const whole = inWhole('e2e');

const client = new Client();
beforeAll(() => client.connect());
afterAll(() => client.close());

const volumes = [{ name: 'data', path: '/app/data' }];

/** Adds its name to a file in its volume at each start, and answers with what stands there. */
const keeping = (name: string, config: object = {}): Record<string, string> => ({
  ...greeter('', { volumes, ...config }),
  'server.js': `const fs = require('node:fs');
fs.appendFileSync('data/names', ${JSON.stringify(`${name} `)});
${answering("answer.end(fs.readFileSync('data/names', 'utf8'))")}`,
});

describe('a service with a volume', () => {
  const appId = uniqueName('volumes');
  afterAll(() => client.ask({ mode: 'stop', appId, services: ['web'] }));

  const deploy = async (files: Readonly<Record<string, string>>) => {
    await client.push(appId, 'web', files);
    return (await client.ask({ mode: 'build-and-run', appId, services: ['web'] })).services[0];
  };
  const told = async (url: string | undefined): Promise<string> => (await fetch(String(url))).text();
  let node: string | undefined;
  let served = '';

  it('keeps its data when it is replaced, on the node where that lies, and is stopped first', async () => {
    const first = await deploy(keeping('one'));
    expect(first?.error).toBeUndefined();
    expect(await told(first?.instances[0]?.url)).toBe('one ');
    const second = await deploy(keeping('two'));
    expect(second?.notes?.join()).toContain('stopped before the new one starts');
    expect(await told(second?.instances[0]?.url)).toBe('one two ');
    node = first?.instances[0]?.node;
    expect(second?.instances[0]?.node).toBe(node);
    expect(await settled(appId, 1)).toEqual(exactly(1));
  });

  it('comes back with its data where the new release is not healthy', async () => {
    const failed = await deploy(keeping('bad', { health: { path: '/', startupMs: 2_000, statuses: [299] } }));
    expect(failed?.error).toMatchObject({ code: 'HEALTH_TIMEOUT' });
    expect(failed?.serving?.instances[0]?.node).toBe(node);
    served = String(failed?.serving?.release);
    expect(await told(failed?.serving?.instances[0]?.url)).toBe('one two bad two ');
  });

  whole.it('runs where its data lies after a stop, too, and as one instance only', async () => {
    await client.ask({ mode: 'stop', appId, services: ['web'] });
    expect(await containersOf(appId)).toEqual([]);
    const again = await slipway('run', appId, 'web', '--release', served);
    expect(again.code, again.err).toBe(0);
    expect((await containersOf(appId)).map(({ state }) => state)).toEqual(['running']);
    const [row] = (await registryRows(appId)).filter(({ state }) => state === 'running');
    expect(row?.node).toBe(node);
    const scaled = await slipway('scale', appId, 'web', '2');
    expect([scaled.code, `${scaled.out}${scaled.err}`]).toEqual([
      1,
      expect.stringContaining('has volumes, so one instance uses them') as string,
    ]);
  });
});
