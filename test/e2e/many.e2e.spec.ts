import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { uniqueName } from '#libs/testing';
import { isWhole } from '../short-form.js';
import { Client, greeter } from './client.js';
import { exactly, settled } from './world.js';

const client = new Client();
beforeAll(() => client.connect());
afterAll(() => client.close());

/** The short form has fewer, which run side by side as well. */
const COUNT = isWhole('e2e') ? 20 : 8;
const SERVICES = Array.from({ length: COUNT }, (_, n) => `service-${n + 1}`);

describe(`a request with ${COUNT} services`, () => {
  it('runs all of them', async () => {
    const appId = uniqueName('many');
    await Promise.all(SERVICES.map((name) => client.push(appId, name, greeter(name))));
    const reply = await client.ask({ mode: 'build-and-run', appId, services: SERVICES });
    expect(reply.services.map(({ name, error }) => [name, error])).toEqual(
      SERVICES.map((name) => [name, undefined]),
    );
    expect(await settled(appId, COUNT)).toEqual(exactly(COUNT));
    const said = reply.services.map(async ({ instances }) => (await fetch(String(instances[0]?.url))).text());
    expect(await Promise.all(said)).toEqual(SERVICES);

    await client.ask({ mode: 'stop', appId, services: SERVICES });
    expect(await settled(appId, 0)).toEqual(exactly(0));
  });
});
