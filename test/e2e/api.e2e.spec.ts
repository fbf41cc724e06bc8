import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { appNames, httpUrlVariable } from '#libs/app-roles';
import { requireEnv, testNodes, uniqueName, until } from '#libs/testing';
import { Client, greeter } from './client.js';

const client = new Client();
beforeAll(() => client.connect());
afterAll(() => client.close());

const apps = appNames.map((app) => [app, requireEnv(httpUrlVariable(app))] as const);

async function read<T>(path: string): Promise<T> {
  const headers = { authorization: `Bearer ${requireEnv('SLIPWAY_READ_TOKEN')}` };
  const response = await fetch(`${requireEnv('SLIPWAY_API_URL')}/v1/${path}`, { headers });
  expect(response.status, path).toBe(200);
  return (await response.json()) as T;
}

/** A sample line: a name, labels in braces, a number; then maybe a time. Prometheus' text format 0.0.4. */
const SAMPLE =
  /^[a-zA-Z_:][\w:]*(\{([a-zA-Z_]\w*="([^"\\\n]|\\[\\"n])*",?)*\})? (NaN|[+-]?Inf|[+-]?[\d.]+(e[+-]?\d+)?)( -?\d+)?$/i;
const COMMENT =
  /^# (HELP [a-zA-Z_:][\w:]* .*|TYPE [a-zA-Z_:][\w:]* (counter|gauge|histogram|summary|untyped))$/;

describe.each(apps)('%s', (app, url) => {
  it('lives and is ready', async () => {
    expect(await (await fetch(`${url}/health`)).json()).toEqual({ status: 'ok' });
    const ready = await fetch(`${url}/ready`);
    const own = app === 'gateway' ? { haproxy: 'ok', certificates: 'ok', registry: 'ok' } : { kafka: 'ok' };
    const checks = { postgres: 'ok', ...own };
    expect([ready.status, await ready.json()]).toEqual([200, { ready: true, checks }]);
  });

  it('has metrics that Prometheus can read, each labelled with the app', async () => {
    const response = await fetch(`${url}/metrics`);
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    const text = await response.text();
    expect(text.endsWith('\n')).toBe(true);
    const lines = text.split('\n').filter((line) => line !== '');
    const samples = lines.filter((line) => !line.startsWith('#'));
    expect(samples.length).toBeGreaterThan(20);
    expect(samples.filter((line) => !SAMPLE.test(line))).toEqual([]);
    expect(lines.filter((line) => line.startsWith('#') && !COMMENT.test(line))).toEqual([]);
    expect(samples.filter((line) => !line.includes(`app="${app}"`))).toEqual([]);
  });

  it('answers an unknown route with a code and a hint', async () => {
    const response = await fetch(`${url}/v0/nothing`);
    expect([response.status, await response.json()]).toEqual([
      404,
      { code: 'ROUTE_UNKNOWN', message: 'Cannot GET /v0/nothing', hint: expect.any(String) },
    ]);
  });
});

describe('the registry by HTTP', () => {
  it('lists the nodes, without their logins', async () => {
    const { items: nodes } = await read<{ items: { name: string }[] }>('nodes?limit=500');
    for (const { name, address, hostKeyFingerprint } of await testNodes()) {
      const found = nodes.find((node) => node.name === name);
      expect(found).toMatchObject({ address, hostKeyFingerprint, state: 'ready' });
      // Another file of this stage gives nodes a way through others meanwhile.
      const { jump: _jump, socketPath: _socketPath, ...always } = { ...found } as Record<string, unknown>;
      expect(Object.keys(always).sort()).toEqual([
        ...['address', 'allocatable', 'architecture', 'cpus', 'engineVersion', 'enrolledAt', 'firstPort'],
        ...['hostKeyFingerprint', 'hostKeyType', 'labels', 'lastPort', 'memoryBytes', 'name', 'sshPort'],
        ...['sshUser', 'state', 'stateSince', 'unenforced', 'wish'],
      ]);
    }
  });

  it('shows a deployment from its start to its end', async () => {
    const appId = uniqueName('api');
    await client.push(appId, 'web', greeter('seen'));
    const reply = await client.ask({ mode: 'build-and-run', appId, appName: 'Seen', services: ['web'] });
    const [service] = reply.services;
    const [instance] = service?.instances ?? [];
    const shown = await until('the registry to show it', async () => {
      const path = `instances?appId=${appId}&service=web&state=running`;
      return (await read<{ items: { url: string }[] }>(path)).items[0];
    });
    const { node, ip, port, url, container } = instance ?? {};
    const release = service?.release;
    expect(shown).toMatchObject({
      appId,
      appName: 'Seen',
      service: 'web',
      release,
      node,
      ip,
      port,
      url,
      container,
    });
    expect(shown).toMatchObject({ cpu: 0.05, memoryMiB: 64, state: 'running' });
    expect(await (await fetch(shown.url)).text()).toBe('seen');
    const [row] = await read<object[]>(`services?appId=${appId}`);
    expect(row).toMatchObject({ appId, appName: 'Seen', service: 'web', release, running: 1 });
    // All of that in one call.
    expect(await read(`apps/${appId}/services/web`)).toMatchObject({
      wanted: 1,
      running: 1,
      instances: [shown],
    });
    await client.ask({ mode: 'stop', appId, services: ['web'] });
    await until('the registry to show its end', async () => {
      const [first] = await read<{ running: number }[]>(`services?appId=${appId}`);
      return first?.running === 0;
    });
    expect(await read(`instances?appId=${appId}&state=running`)).toEqual({ items: [] });
    await until('it to be stopped', async () => {
      const { items } = await read<{ items: { state: string }[] }>(`instances?appId=${appId}`);
      return items[0]?.state === 'stopped';
    });
    const { items: events } = await read<{ items: { event: string }[] }>(`instance-events?appId=${appId}`);
    expect(events.map(({ event }) => event)).toEqual(['stopped', 'draining', 'healthy', 'started']);
  });
});
