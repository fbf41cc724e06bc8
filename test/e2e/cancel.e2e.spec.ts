import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DeploymentReply } from '#libs/contracts';
import { uniqueName, until } from '#libs/testing';
import { inWhole } from '../short-form.js';
import { Client, greeter } from './client.js';
import { slowBuild, unwell } from './services.js';
import { builtOf, exactly, holdPlacing, reservationsOf, settled } from './world.js';

/** Left out of the short form: the place that comes late, and a minute without a word. */
const whole = inWhole('e2e');

const client = new Client();
beforeAll(() => client.connect());
afterAll(() => client.close());

const WEB = { services: ['web'] } as const;
const codesOf = (reply: DeploymentReply) => reply.services.map(({ error }) => error?.code);

let sleeps = 5_000 + Math.floor(Math.random() * 1_000_000);
/** Seconds that no other build sleeps: its process is found by them. */
const uniqueSleep = (): number => (sleeps += 1);

async function sleeping(seconds: number): Promise<boolean> {
  const found = promisify(execFile)('pgrep', ['-f', `^sleep ${seconds}$`]);
  return found.then(
    () => true,
    () => false,
  );
}

/** A request whose build sleeps by now. */
async function building(appId: string, seconds: number, request: object = WEB): Promise<string> {
  await client.push(appId, 'web', slowBuild(appId, seconds));
  const token = await client.send({ mode: 'build-and-run', appId, ...request });
  await until('the build to sleep', () => sleeping(seconds), { timeoutMs: 60_000 });
  return token;
}

async function expectNothingLeft(appId: string): Promise<void> {
  expect(await settled(appId, 0)).toEqual(exactly(0));
  await until('folders and images to be gone', async () => (await builtOf(appId)).length === 0).catch(
    () => undefined,
  );
  expect(await builtOf(appId)).toEqual([]);
}

/** Cancels; the reply of what was cancelled, which must come within 3 s. */
async function cancelled(appId: string, token: string): Promise<DeploymentReply> {
  const before = performance.now();
  expect(await client.cancel(appId, token)).toMatchObject({ status: true });
  const reply = await client.reply(token);
  expect(performance.now() - before).toBeLessThan(3_000);
  expect(reply.status).toBe(false);
  return reply;
}

describe('a cancel', { concurrent: true }, () => {
  it('during a build ends the build, and what waits for it', async () => {
    const appId = uniqueName('halted');
    const seconds = uniqueSleep();
    await client.push(appId, 'front', greeter(appId));
    const services = ['web', { name: 'front', dependsOn: ['web'] }];
    const token = await building(appId, seconds, { services });
    expect(codesOf(await cancelled(appId, token))).toEqual(['CANCELLED', 'CANCELLED']);
    await until('the build to have ended', async () => !(await sleeping(seconds)));
    await expectNothingLeft(appId);
    const again = await client.cancel(appId, token);
    expect(again).toMatchObject({ status: false, error: { code: 'REQUEST_ENDED' } });
  });

  it('while a new instance is not healthy yet removes it, and leaves the old one serving', async () => {
    const appId = uniqueName('unwell');
    await client.push(appId, 'web', greeter('old'));
    const before = await client.ask({ mode: 'build-and-run', appId, ...WEB });
    await client.push(appId, 'web', unwell(60_000));
    const token = await client.send({ mode: 'build-and-run', appId, ...WEB });
    await client.event(token, 'InstanceStarted');
    const reply = await cancelled(appId, token);
    expect(codesOf(reply)).toEqual(['CANCELLED']);
    expect(reply.services[0]?.serving?.instances).toEqual(before.services[0]?.instances);
    expect(await settled(appId, 1)).toEqual(exactly(1));
    await client.ask({ mode: 'stop', appId, ...WEB });
  });

  whole.it('while a node is waited for gives back the place that is promised after it', async () => {
    const appId = uniqueName('placeless');
    // So small that it is placed at once, whatever else runs on the nodes: one that waits for room gets no place.
    await client.push(appId, 'web', greeter('built', { resources: { cpu: 0.01, memoryMiB: 8 } }));
    await client.ask({ mode: 'build', appId, ...WEB });
    const letGo = await holdPlacing();
    try {
      const token = await client.send({ mode: 'run', appId, ...WEB });
      await client.event(token, 'NodeRequested');
      expect(codesOf(await cancelled(appId, token))).toEqual(['CANCELLED']);
    } finally {
      await letGo();
    }
    await until('the place to be given back', async () => (await reservationsOf(appId)).includes('released'));
    await expectNothingLeft(appId);
  });

  it('of a request that is not known is refused', async () => {
    const reply = await client.cancel(uniqueName('nobody'), uniqueName('token'));
    expect(reply).toMatchObject({ status: false, error: { code: 'REQUEST_UNKNOWN' } });
  });
});

describe('a deadline', { concurrent: true }, () => {
  it('of the request ends a long build within 2 s, and leaves nothing over', async () => {
    const appId = uniqueName('late');
    const seconds = uniqueSleep();
    // Late enough for a busy machine to have begun, before the build counts as one that says nothing.
    const token = await building(appId, seconds, { ...WEB, deadlineMs: 14_000 });
    const { data } = await client.event(token, 'TaskAccepted');
    const reply = await client.reply(token);
    const late = Date.now() - Date.parse(String(data['deadlineAt']));
    expect(codesOf(reply)).toEqual(['DEADLINE_EXCEEDED']);
    expect(late).toBeGreaterThanOrEqual(0);
    expect(late).toBeLessThan(2_000);
    await until('the build to have ended', async () => !(await sleeping(seconds)));
    await expectNothingLeft(appId);
  });

  whole.it('of the build ends one that says nothing, and leaves nothing over', async () => {
    const appId = uniqueName('silent');
    const seconds = uniqueSleep();
    const token = await building(appId, seconds);
    const [service] = (await client.reply(token)).services;
    expect(service?.error?.code).toBe('BUILD_TIMEOUT');
    expect(service?.error?.hint).toContain('DEPLOYER_BUILD_IDLE_MS');
    await until('the build to have ended', async () => !(await sleeping(seconds)));
    await expectNothingLeft(appId);
  });
});
