import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requireEnv, uniqueName, until } from '#libs/testing';
import { Client } from './client.js';
import { RunningCommand, slipway } from './command.js';
import { talking } from './services.js';

const client = new Client();
const appId = uniqueName('talking');
let urls: readonly string[];
let names: readonly string[];
beforeAll(async () => {
  await client.connect();
  await client.push(appId, 'web', talking({ replicas: 2 }));
  const reply = await client.ask({ mode: 'build-and-run', appId, services: ['web'] });
  urls = reply.services[0]?.instances.map(({ url }) => String(url)) ?? [];
  const listed = (await (await get('')).json()) as { instance: string; state: string }[];
  expect(listed.map(({ state }) => state)).toEqual(['running', 'running']);
  names = listed.map(({ instance }) => instance);
});
afterAll(async () => {
  await client.ask({ mode: 'stop', appId, services: ['web'] });
  await client.close();
});

const get = (path: string, service = 'web', signal?: AbortSignal, method = 'GET'): Promise<Response> =>
  fetch(`${requireEnv('SLIPWAY_DEPLOYER_URL')}/v1/apps/${appId}/services/${service}/instances${path}`, {
    headers: { authorization: `Bearer ${requireEnv('SLIPWAY_READ_TOKEN')}` },
    ...{ signal, method },
  });

describe('the log of an instance', () => {
  it('is shown, with the name of each where there are several', async () => {
    const all = await slipway('logs', appId, 'web');
    expect(all).toMatchObject({ code: 0, err: '' });
    expect(all.out.trimEnd().split('\n').sort()).toEqual(names.map((name) => `${name}  here I am`));
    const one = await slipway('logs', appId, 'web', '--instance', String(names[0]), '--tail', '1');
    expect(one).toMatchObject({ code: 0, out: 'here I am\n' });
    expect((await slipway('logs', appId, 'web', '--tail', '0')).out).toBe('');
  });

  it('is followed from all its machines until Ctrl-C', async () => {
    const following = new RunningCommand(['logs', appId, 'web', '-f', '--tail', '0', '--json']);
    await following.says('Following');
    const mark = uniqueName('mark');
    const said = () =>
      following.out
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as { instance: string; line: string });
    // It reads along some time after it says so.
    await until('both to be read', async () => {
      await Promise.all(urls.map((url) => fetch(`${url}/${mark}`)));
      return new Set(said().map(({ instance }) => instance)).size === 2;
    });
    const { code, err } = await following.interrupt();
    expect({ code, err }).toEqual({ code: 0, err: 'Following; Ctrl-C ends it.\n' });
    expect(new Set(said().map(({ instance }) => instance))).toEqual(new Set(names));
    expect(new Set(said().map(({ line }) => line))).toEqual(new Set([`asked for /${mark}`]));
  });

  it('of what there is not says so: a service, an instance, an option of builds', async () => {
    const service = await slipway('logs', appId, 'other');
    expect(service).toMatchObject({ code: 1, out: '' });
    expect(service.err).toMatch(/^SERVICE_UNKNOWN {2}There is no service .*\/other\.\nhint: /);
    const instance = await slipway('logs', appId, 'web', '--instance', 'nobody-7');
    expect(instance.code).toBe(1);
    expect(instance.err).toMatch(/^INSTANCE_NOT_FOUND {2}.*nobody-7\.\nhint: /);
    const elsewhere = await get(`/${names[0]}/logs`, 'other');
    expect([elsewhere.status, ((await elsewhere.json()) as { code: string }).code]).toEqual([
      404,
      'INSTANCE_NOT_FOUND',
    ]);
    const wrong = await get(`/${names[0]}/logs?tail=many`);
    expect([wrong.status, ((await wrong.json()) as { code: string }).code]).toEqual([400, 'INPUT_INVALID']);
  });

  it('that is followed kept a HEAD open for ever: it ends with the headers', async () => {
    const answer = await get(`/${names[0]}/logs?follow=true`, 'web', AbortSignal.timeout(10_000), 'HEAD');
    expect([answer.status, await answer.text()]).toEqual([200, '']);
    expect(answer.headers.get('content-type')).toContain('text/plain');
  });

  it('followed by too many is refused until one goes', async () => {
    const gone = new AbortController();
    const follow = () => get(`/${names[0]}/logs?follow=true&tail=0`, 'web', gone.signal);
    const statuses = await Promise.all(Array.from({ length: 17 }, async () => (await follow()).status));
    expect(statuses.filter((status) => status === 200).length).toBeLessThanOrEqual(16);
    expect(statuses).toContain(503);
    gone.abort();
    const again = new AbortController();
    await until('a place to be free', async () => {
      const { status } = await get(`/${names[0]}/logs?follow=true&tail=0`, 'web', again.signal);
      return status === 200;
    });
    again.abort();
  });

  it('that is followed ends with the instance', async () => {
    const following = new RunningCommand(['logs', appId, 'web', '--instance', String(names[0]), '-f']);
    await following.says('here I am');
    await client.ask({ mode: 'stop', appId, services: ['web'] });
    expect((await following.ended).code).toBe(0);
    const none = await slipway('logs', appId, 'web');
    expect(none.code).toBe(1);
    expect(none.err).toMatch(/^NOT_RUNNING .*\nhint: .*\nnext: slipway run /);
  });
});
