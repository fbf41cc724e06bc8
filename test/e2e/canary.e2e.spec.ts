import { afterAll, beforeAll, expect, it } from 'vitest';
import { requireEnv, uniqueName, until } from '#libs/testing';
import { Stream } from '../../apps/gateway/src/data-plane/haproxy.testing.js';
import { Client, greeter } from './client.js';
import { slipway } from './command.js';
import { askGateway } from './gateway.js';
import { registryRows, settled } from './world.js';

const client = new Client();
beforeAll(() => client.connect());
afterAll(() => client.close());

const REQUESTS = 1_000;
const port = (): number => Number(new URL(requireEnv('SLIPWAY_TRAFFIC_URL')).port);

async function asked(mode: string, appId: string, says: string): Promise<string> {
  await client.push(appId, 'web', greeter(says));
  const reply = await client.ask({ mode, appId, services: ['web'] });
  expect(reply, JSON.stringify(reply)).toMatchObject({ status: true });
  return String(reply.services[0]?.release);
}

it(
  'a release gets a fifth of the requests, then all of them, and none fails',
  { timeout: 90_000 },
  async () => {
    const appId = uniqueName('canary');
    const host = `web.${appId}.localhost`;
    await asked('build-and-run', appId, 'one');
    const release = await asked('build', appId, 'two');
    await until('it to be carried', async () => (await askGateway(host)).status === 200);
    const stream = new Stream({ port: port(), host }, 8);

    const unknown = await slipway('traffic', appId, 'web', '--release', 'none=20');
    expect([unknown.code, unknown.out + unknown.err]).toEqual([1, expect.stringContaining(release)]);
    const tried = await slipway(
      'traffic',
      appId,
      'web',
      '--release',
      `${release}=20`,
      '--reason',
      'is it well?',
    );
    expect(tried.code, tried.out + tried.err).toBe(0);
    expect(tried.out).toContain(`20 percent of the requests go to release ${release}, by 1 instance`);
    await until('the release to answer', () => stream.answers.get('two'));
    const [before, all] = [stream.answers.get('two') ?? 0, stream.count];
    await stream.on(REQUESTS);
    const share = ((stream.answers.get('two') ?? 0) - before) / (stream.count - all);
    console.log(`${Math.round(share * 1_000) / 10} percent of ${stream.count - all} requests`);
    // Four times the standard deviation.
    expect(Math.abs(share - 0.2)).toBeLessThan(0.051);

    const [status, spec, traffic] = await Promise.all([
      slipway('status', appId),
      slipway('spec', appId, 'web'),
      slipway('traffic', appId, 'web'),
    ]);
    expect(status.out).toContain(`20 % of the requests go to release ${release} (canary)`);
    expect(spec.out).toMatch(
      /2\/2 running; 20 % of the requests[^]*canary +running +1 .* 20 % .*is it well\?/,
    );
    expect(traffic.out).toContain(`canary: 20 % of the requests go to release ${release}`);

    const promoted = await slipway('traffic', appId, 'web', '--release', `${release}=100`);
    expect(promoted.code, promoted.out + promoted.err).toBe(0);
    expect(promoted.out).toContain('The canary ends');
    await settled(appId, 1);
    await until('nothing else to be carried', async () => {
      const seen = stream.answers.get('one');
      await stream.on(50);
      return stream.answers.get('one') === seen;
    });
    await stream.stop();
    expect(stream.failures).toEqual([]);
    const runs = (await registryRows(appId)).filter(({ state }) => state === 'running');
    expect(runs).toHaveLength(1);
    await client.ask({ mode: 'stop', appId, services: ['web'] });
  },
);
