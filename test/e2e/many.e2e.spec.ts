import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { uniqueName } from '#libs/testing';
import { Client, greeter } from './client.js';
import { exactly, settled } from './world.js';

const client = new Client();
beforeAll(() => client.connect());
afterAll(() => client.close());

const SERVICES = Array.from({ length: 20 }, (_, n) => `service-${n + 1}`);

describe('a request with 20 services', () => {
  it('runs all of them', async () => {
    const appId = uniqueName('many');
    await Promise.all(SERVICES.map((name) => client.push(appId, name, greeter(name))));
    const reply = await client.ask({ mode: 'build-and-run', appId, services: SERVICES });
    expect(reply.services.map(({ name, error }) => [name, error])).toEqual(
      SERVICES.map((name) => [name, undefined]),
    );
    expect(await settled(appId, 20)).toEqual(exactly(20));
    const said = reply.services.map(async ({ instances }) => (await fetch(String(instances[0]?.url))).text());
    expect(await Promise.all(said)).toEqual(SERVICES);

    await client.ask({ mode: 'stop', appId, services: SERVICES });
    expect(await settled(appId, 0)).toEqual(exactly(0));
  });
});
