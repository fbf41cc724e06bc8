import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deployerRoutes, deploymentReplied, scaleReplied } from '#libs/contracts';
import { requireEnv, uniqueName } from '#libs/testing';
import { Client, greeter } from './client.js';

const client = new Client();
const appId = uniqueName('sent');
beforeAll(async () => {
  await client.connect();
  await client.push(appId, 'web', greeter('sent by HTTP'));
});
afterAll(async () => {
  await client.ask({ mode: 'stop', appId, services: ['web'] });
  await client.close();
});

const base = requireEnv('SLIPWAY_DEPLOYER_URL');
const ADMIN = requireEnv('SLIPWAY_API_TOKEN');

function send(
  body: unknown,
  { prefer, bearer = ADMIN, path = 'requests' }: { prefer?: string; bearer?: string; path?: string } = {},
): Promise<Response> {
  const headers: Record<string, string> = {
    authorization: `Bearer ${bearer}`,
    'content-type': 'application/json',
  };
  if (prefer !== undefined) headers['prefer'] = prefer;
  return fetch(`${base}/v1/${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
}

async function read(path: string): Promise<unknown> {
  const response = await fetch(`${base}${path}`, { headers: { authorization: `Bearer ${ADMIN}` } });
  expect(response.status, path).toBe(200);
  return response.json();
}

const stop = (request: object = {}) => ({
  ...{ mode: 'stop', appId, appName: 'Sent', services: ['nothing'] },
  ...request,
});

describe('POST /v1/requests', () => {
  it('deploys, and answers with the reply that Kafka has, once it is there', async () => {
    const token = `e2e-${randomUUID()}`;
    const request = { token, mode: 'build-and-run', appId, appName: 'Sent', services: ['web'] };
    const answer = await send(request, { prefer: 'wait=60' });
    expect([answer.status, answer.headers.get('preference-applied')]).toEqual([200, 'wait=60']);
    expect(answer.headers.get('location')).toBe(`/v1/requests/${token}`);
    const reply = deploymentReplied.schema.parse(await answer.json());
    expect(reply).toEqual(await client.reply(token));
    expect(await (await fetch(String(reply.services[0]?.instances[0]?.url))).text()).toBe('sent by HTTP');
  });

  it('makes a token up where there is none, says where the request is, and who sent it', async () => {
    const answer = await send(stop());
    expect([answer.status, answer.headers.get('preference-applied')]).toEqual([202, null]);
    const { token, links } = deployerRoutes.sendRequest.answers[202].schema.parse(await answer.json());
    expect(answer.headers.get('location')).toBe(links.self);
    expect(await client.reply(token)).toMatchObject({ status: true });
    expect(await read(links.self)).toMatchObject({
      token,
      request: { appId, mode: 'stop', principal: 'api-token' },
    });
    const events = ((await read(links.history)) as { event: string }[]).map(({ event }) => event);
    expect([events[0], events.at(-1)]).toEqual(['TaskAccepted', 'TaskSucceeded']);
  });

  it('takes a token in once: the second answer is the first reply, and Kafka has it twice', async () => {
    const token = `e2e-${randomUUID()}`;
    const first = await (await send(stop({ token }), { prefer: 'wait=60' })).json();
    const history = await read(`/v1/requests/${token}/history`);
    const again = await send(stop({ token, services: ['another'] }), { prefer: 'wait=60' });
    expect([again.status, await again.json()]).toEqual([200, first]);
    expect(again.headers.get('slipway-known-token'), 'another body, without a word').toBe('other-body');
    const same = await send(stop({ token }), { prefer: 'wait=60' });
    expect([same.status, same.headers.get('slipway-known-token')]).toEqual([200, null]);
    expect(await read(`/v1/requests/${token}/history`)).toEqual(history);
  });

  it('answers 202 when the reply is not there in time', async () => {
    const answer = await send({ ...stop(), mode: 'build-and-run', services: ['web'] }, { prefer: 'wait=0' });
    expect([answer.status, answer.headers.get('preference-applied')]).toEqual([202, 'wait=0']);
    const { token } = (await answer.json()) as { token: string };
    expect(await client.reply(token)).toMatchObject({ status: true });
  });

  it('a preference that it does not understand is ignored, and not said to be applied', async () => {
    for (const prefer of ['wait', 'wait=abc']) {
      const answer = await send(stop(), { prefer });
      expect([answer.status, answer.headers.get('preference-applied')]).toEqual([202, null]);
    }
  });

  it('a form is taken for a request: it is refused by its type', async () => {
    const headers = { authorization: `Bearer ${ADMIN}` };
    const body = new URLSearchParams({ mode: 'stop', appId, appName: 'Sent', services: 'web' });
    const answer = await fetch(`${base}/v1/requests`, { method: 'POST', headers, body });
    expect([answer.status, await answer.json()]).toMatchObject([415, { code: 'REQUEST_INVALID' }]);
  });

  it('answers a request that is refused by a rule as Kafka does, in its reply', async () => {
    const answer = await send(stop({ replyTo: 'stolen' }), { prefer: 'wait=60' });
    expect([answer.status, await answer.json()]).toMatchObject([
      ...[200, { status: false, error: { code: 'REPLY_TOPIC_REFUSED' } }],
    ]);
  });

  it.each([
    ['a mode that does not exist', { mode: 'hunter2' }, 'mode: '],
    ['a field that is missing', { appName: undefined }, 'appName: expected string'],
    ['a service twice', { services: ['hunter2', 'hunter2'] }, 'services: '],
    ['a token that is none', { token: 'hunter2 hunter2' }, 'token: '],
    ['fields that do not go together', { services: [] }, 'services: '],
    ['a field that is mistyped', { reasn: 'hunter2' }, 'reasn: unknown field'],
    [
      'a principal, which the token proves',
      { principal: 'hunter2' },
      'the token of the call proves who asks',
    ],
    [
      'a source where none is read',
      { services: [{ name: 'web', source: { blob: 'hunter2' } }] },
      'services[0].source: counts only in the modes build, build-and-run',
    ],
    ['a mistyped field of a service', { services: [{ name: 'web', replica: 3 }] }, 'replica: unknown field'],
  ])('refuses %s, by its field and without its value', async (_, wrong, field) => {
    const answer = await send(stop(wrong));
    const text = await answer.text();
    expect([answer.status, (JSON.parse(text) as { code: string }).code]).toEqual([400, 'INPUT_INVALID']);
    expect(text).toContain(field);
    expect(text).not.toContain('hunter2');
  });

  it.each(['requests', 'scale-requests'])('%s needs the role admin', async (path) => {
    const refused = await send(stop(), { bearer: requireEnv('SLIPWAY_READ_TOKEN'), path });
    expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([
      403,
      'ROLE_MISSING',
    ]);
    expect((await send(stop(), { bearer: 'guessed', path })).status).toBe(401);
  });
});

describe('POST /v1/scale-requests', () => {
  it('is answered with the reply of scale.responses', async () => {
    const body = { appId, service: 'nothing', to: 2, reason: 'a test' };
    const answer = await send(body, { prefer: 'wait=60', path: 'scale-requests' });
    const reply = scaleReplied.schema.parse(await answer.json());
    expect([answer.status, reply.status]).toEqual([200, false]);
    expect(await read(String(answer.headers.get('location')))).toMatchObject({
      ...{ kind: 'scale', state: 'failed', request: { ...body, principal: 'api-token' } },
    });
  });
});
