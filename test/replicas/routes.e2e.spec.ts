import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ServiceRoutes } from '#libs/contracts';
import { requireEnv, uniqueName, until } from '#libs/testing';
import { Client, greeter } from '../e2e/client.js';
import { answerOf, slipway } from '../e2e/command.js';
import { askGateway } from '../e2e/gateway.js';
import { inWhole } from './in-whole.js';

// Left out of the short form: routes.int has it for any claims.

const client = new Client();
beforeAll(() => client.connect());
afterAll(() => client.close());

const port = (): string => new URL(requireEnv('SLIPWAY_TRAFFIC_URL')).port;

/** A service that answers with its name, the path that it sees, and what the gateway says of the path before it. */
const teller = (says: string, config: object): Record<string, string> => ({
  ...greeter(says, { health: { path: '/health' }, ...config }),
  'server.js': `require('node:http').createServer(({ url, headers }, answer) =>
    answer.end(${JSON.stringify(says)} + ' ' + url + ' ' + headers['x-forwarded-prefix'] + ' ' + headers['x-tenant']),
  ).listen(process.env.PORT);`,
});

async function deploy(appId: string, service: string, config: object) {
  await client.push(appId, service, teller(service, config));
  const reply = await client.ask({ mode: 'build-and-run', appId, services: [service] });
  return { ok: reply.status, ...reply.services[0] };
}
const answers = (host: string, path: string, body: string): Promise<unknown> =>
  until(`${host}${path} to answer ${body}`, async () => (await askGateway(host, path)).body === body);
const routesOf = async (appId: string, service: string): Promise<ServiceRoutes | undefined> =>
  (answerOf((await slipway('routes', appId, service, '--json')).out) as ServiceRoutes[])[0];

describe('services of an application', () => {
  it('share a host by their paths, and each reply says where its service is reached', async () => {
    const appId = uniqueName('routed');
    const host = `${appId}.example.test`;
    const web = await deploy(appId, 'web', { routes: [{ host }, { host: `*.${host}` }] });
    expect(web).toMatchObject({ ok: true, endpoint: { url: `http://${host}:${port()}` } });
    const api = { host, path: '/api', strip: true, headers: { 'X-Tenant': 'shop' } };
    expect(await deploy(appId, 'api', { routes: [api] })).toMatchObject({
      ...{ ok: true, endpoint: { url: `http://${host}:${port()}/api` } },
    });
    await answers(host, '/apix?q', 'web /apix?q undefined undefined');
    await answers(host, '/api/v1?q', 'api /v1?q /api shop');
    await answers(`other.${host}`, '/api', 'web /api undefined undefined');
    await answers(`api.${appId}.localhost`, '/api/v1', 'api /api/v1 undefined undefined');
    const opened = await slipway('open', appId, 'api', '--print');
    expect(opened).toMatchObject({ code: 0, out: `http://${host}:${port()}/api\n` });
    expect((await slipway('status', appId)).out).toContain(` http://${host}:${port()}/api\n`);

    // A deployment without it takes the route away.
    expect(await deploy(appId, 'api', {})).toMatchObject({
      endpoint: { url: `http://api.${appId}.localhost:${port()}` },
    });
    await answers(host, '/api/v1', 'web /api/v1 undefined undefined');
    await client.ask({ mode: 'stop', appId, services: ['web', 'api'] });
    await until('the route to stay', async () => (await askGateway(host)).status === 503);
  });
});

inWhole.describe('a route that another application has', () => {
  it('is refused, in a plan, too, and nothing changes; its owner gives it up by the command', async () => {
    const [owner, other] = [uniqueName('owner'), uniqueName('other')];
    const host = `${owner}.example.test`;
    expect((await deploy(owner, 'web', { routes: [{ host }] })).ok).toBe(true);
    await answers(host, '/', 'web / undefined undefined');
    const taking = { routes: [{ host, path: '/mine' }] };
    await client.push(other, 'web', teller('web', taking));
    const token = await client.send({ mode: 'build-and-run', appId: other, services: ['web'] });
    const [refused] = (await client.reply(token)).services;
    expect(client.eventsOf(token)).not.toContain('ImageBuilt');
    expect(refused).toMatchObject({ status: 'failed', error: { code: 'ROUTE_TAKEN' } });
    expect(refused?.error?.message).toContain(`${owner}/web has ${host}/`);
    const planned = await client.ask({ mode: 'run', appId: owner, services: ['web'], dryRun: true });
    expect(planned).toMatchObject({ status: true });
    const plan = await client.ask({ mode: 'build-and-run', appId: other, services: ['web'], dryRun: true });
    expect(plan.services[0]?.error?.code).toBe('ROUTE_TAKEN');
    await answers(host, '/mine', 'web /mine undefined undefined');

    const removed = await slipway('routes', 'remove', owner, 'web', host);
    expect(removed.code, removed.err).toBe(0);
    await until('the route to be gone', async () => (await askGateway(host)).status === 404);
    expect((await deploy(other, 'web', taking)).ok).toBe(true);
    await answers(host, '/mine', 'web /mine undefined undefined');
    // What the command took away stays so when the owner is deployed again: it declares what it declared before.
    const again = await deploy(owner, 'web', { routes: [{ host }], env: { AGAIN: '1' } });
    expect(again).toMatchObject({ ok: true, endpoint: { url: `http://web.${owner}.localhost:${port()}` } });
    expect(again.notes?.join()).toContain('Its routes were set over the API and stay');
    expect(await routesOf(owner, 'web')).toMatchObject({ routes: [], declared: [{ host }], setBy: 'api' });
    expect((await slipway('routes', 'reset', owner, 'web')).err).toContain('ROUTE_TAKEN');
    for (const appId of [owner, other]) await client.ask({ mode: 'stop', appId, services: ['web'] });
  });
});
