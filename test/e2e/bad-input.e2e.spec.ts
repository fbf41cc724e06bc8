import { randomUUID } from 'node:crypto';
import AdmZip from 'adm-zip';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DeploymentReply } from '#libs/contracts';
import { uniqueName, until } from '#libs/testing';
import { inWhole, isWhole } from '../short-form.js';
import { Client, greeter, zipOf } from './client.js';
import { builderImages, containersOf, deadLetter, reservationsOf } from './world.js';

/** Left out of the short form: cases that need a build or a start, and whose causes unit tests name. */
const whole = inWhole('e2e');

const client = new Client();
beforeAll(() => client.connect());
afterAll(() => client.close());

interface Case {
  /** The zip; none is uploaded when left out. */
  readonly archive?: Buffer | Readonly<Record<string, string>> | (() => Buffer);
  readonly code: string;
  /** In the message. */
  readonly says: RegExp;
  /** In the log's tail, where there is a log. */
  readonly logs?: RegExp;
  /** Left out of the short form. */
  readonly isLong?: true;
}

/** A zip whose only fault is an entry's name, which makers of zips refuse to write. */
function traversal(): Buffer {
  const zip = new AdmZip(zipOf({ ...greeter('x'), 'xx/xx/etc/passwd': 'root' }));
  return Buffer.from(zip.toBuffer().toString('latin1').replaceAll('xx/xx/etc', '../../etc'), 'latin1');
}

const MIB = 1024 * 1024;
const bomb = (): Buffer => zipOf({ ...greeter('x'), 'zeros.bin': '\0'.repeat(300 * MIB) });
const config = (changes: object) => ({ ...greeter('x'), ...greeter('x', changes) });

const cases: Readonly<Record<string, Case>> = {
  'no such blob': { code: 'SOURCE_NOT_FOUND', says: /--web\.zip/ },
  'a corrupt zip': {
    archive: Buffer.from('PK\u0003\u0004 and nothing more'),
    code: 'ARCHIVE_CORRUPT',
    says: /cannot be read/,
  },
  'a path that leads out': { archive: traversal(), code: 'ARCHIVE_UNSAFE', says: /\.\.\/\.\.\/etc\/passwd/ },
  'a zip bomb': { isLong: true, archive: bomb, code: 'ARCHIVE_TOO_LARGE', says: /zeros\.bin/ },
  'no config.json': { archive: { 'server.js': '' }, code: 'CONFIG_MISSING', says: /config\.json/ },
  'a config.json that is no JSON': {
    archive: { 'config.json': '{' },
    code: 'CONFIG_INVALID',
    says: /not valid JSON/,
  },
  'wrong fields in config.json': {
    archive: config({ port: 'http', replicas: 0 }),
    code: 'CONFIG_INVALID',
    says: /port: expected number.*replicas: expected at least 1/,
  },
  'a version that no base image has': {
    archive: config({ version: '3' }),
    code: 'RUNTIME_UNKNOWN',
    says: /no base image has this version of node/,
  },
  'a failing install': {
    isLong: true,
    archive: {
      ...config({ runtime: 'python', command: ['x'] }),
      'requirements.txt': 'no-such-package-of-slipway==9',
    },
    code: 'BUILD_FAILED',
    says: /^There is no package no-such-package-of-slipway==9, .*`pip install /,
    logs: /no-such-package-of-slipway/,
  },
  'a build whose tool is not installed': {
    isLong: true,
    archive: {
      ...config({ build: 'npm run build' }),
      'package.json': '{"name":"bad","version":"1.0.0","scripts":{"build":"vite build"}}',
    },
    code: 'BUILD_FAILED',
    says: /^The program vite is not in the image\. `npm run build` failed with exit code 127\. It was built as: node, by config\.json/,
    logs: /vite: not found/,
  },
  'a container that exits': {
    archive: { ...config({}), 'server.js': 'console.error("out of luck"); process.exit(3);' },
    code: 'CONTAINER_EXITED',
    says: /code 3/,
    logs: /out of luck/,
  },
  // Either made its task repeat until its deadline.
  'a NUL in the log of a container': {
    isLong: true,
    archive: { ...config({}), 'server.js': 'console.error("out of\\0 luck"); process.exit(3);' },
    code: 'CONTAINER_EXITED',
    says: /code 3/,
    logs: /out of luck/,
  },
  'a NUL in config.json': {
    archive: config({ env: { GREETING: 'a\0' } }),
    code: 'CONFIG_INVALID',
    says: /env\.GREETING: expected text without NUL/,
  },
  'a log whose reply no broker would take': {
    isLong: true,
    archive: {
      ...config({}),
      'server.js':
        'for (let n = 0; n < 60; n += 1) console.error("x".repeat(50_000)); console.error("out of luck"); process.exitCode = 3;',
    },
    code: 'CONTAINER_EXITED',
    says: /code 3/,
    logs: /bytes before this are left out\)[^]*out of luck/,
  },
  'a port that never opens': {
    isLong: true,
    archive: {
      ...config({ health: { path: '/', startupMs: 2_000 } }),
      'server.js': 'console.log("deaf"); setInterval(() => 0, 1e6);',
    },
    code: 'HEALTH_TIMEOUT',
    says: /within 2000 ms.*Probe http/,
    logs: /deaf/,
  },
  'more than any node has': {
    archive: config({ resources: { cpu: 200, memoryMiB: 64 }, placement: { waitMs: 1_000 } }),
    code: 'NO_NODE',
    says: /node-1: not enough CPU: needed 200/,
  },
};

const chosen = Object.entries(cases).filter(([, { isLong = false }]) => !isLong || isWhole('e2e'));

async function nothingIsLeft(appId: string): Promise<void> {
  expect(await containersOf(appId), 'containers').toEqual([]);
  expect(
    (await builderImages()).filter((tag) => tag.includes(`/${appId}/`)),
    'images',
  ).toEqual([]);
  await until('the reservations to be free', async () =>
    (await reservationsOf(appId)).every((state) => state === 'released'),
  );
}

describe('bad input ends in a reply that says what to do, and leaves nothing behind', () => {
  it.each(chosen)('%s', async (_, { archive, code, says, logs }) => {
    const appId = uniqueName('bad');
    const zip = typeof archive === 'function' ? archive() : archive;
    if (Buffer.isBuffer(zip)) await client.pushBlob(`${appId}--web.zip`, zip);
    else if (zip !== undefined) await client.push(appId, 'web', zip);
    const reply = await client.ask({ mode: 'build-and-run', appId, services: ['web'] });
    expect(reply).toMatchObject({
      status: false,
      failed: ['web'],
      services: [{ status: 'failed', instances: [] }],
    });
    const error = reply.services[0]?.error;
    expect(error?.code, JSON.stringify(error)).toBe(code);
    expect(error?.message, error?.logTail).toMatch(says);
    expect(error?.hint.length).toBeGreaterThan(20);
    if (logs !== undefined) expect(error?.logTail).toMatch(logs);
    await nothingIsLeft(appId);
  });

  it('one bad service of a request does not keep the others from running', async () => {
    const appId = uniqueName('half');
    await client.push(appId, 'good', greeter('still here'));
    const reply = await client.ask({ mode: 'build-and-run', appId, services: ['missing', 'good'] });
    expect(reply).toMatchObject({ status: false, failed: ['missing'] });
    const url = reply.services.find((service) => service.name === 'good')?.instances[0]?.url;
    expect(await (await fetch(String(url))).text()).toBe('still here');
    await client.ask({ mode: 'stop', appId, services: ['good'] });
  });

  whole.it('a failed redeploy leaves the old instance serving', async () => {
    const appId = uniqueName('kept');
    await client.push(appId, 'web', greeter('old'));
    const first = await client.ask({ mode: 'build-and-run', appId, services: ['web'] });
    await client.push(appId, 'web', { ...greeter('new'), 'server.js': 'process.exit(1)' });
    const second = await client.ask({ mode: 'build-and-run', appId, services: ['web'] });
    expect(second.services[0]?.error?.code).toBe('CONTAINER_EXITED');
    expect(await (await fetch(String(first.services[0]?.instances[0]?.url))).text()).toBe('old');
    expect(await containersOf(appId)).toHaveLength(1);
    await client.ask({ mode: 'stop', appId, services: ['web'] });
  });
});

describe('a message that is no request', () => {
  const token = (): string => `e2e-${randomUUID()}`;
  const answered = async (body: { readonly token: string }): Promise<DeploymentReply> => {
    await client.publish(body);
    return client.reply(body.token);
  };

  it('is answered where its token can be read, with the field that is wrong', async () => {
    const reply = await answered(
      Object.assign({ token: token() }, { mode: 'fly', appId: 'a', appName: 'A', services: ['web'] }),
    );
    expect(reply).toMatchObject({ status: false, failed: ['web'], error: { code: 'REQUEST_INVALID' } });
    expect(reply.error?.message).toContain('mode');
  });

  it('is refused when it asks to be answered on a topic of its choice', async () => {
    const request = { mode: 'stop', appId: 'a', appName: 'A', services: ['web'], replyTo: 'node.requests' };
    const reply = await answered(Object.assign({ token: token() }, request));
    expect(reply).toMatchObject({ status: false, failed: ['web'], error: { code: 'REPLY_TOPIC_REFUSED' } });
  });

  it('goes to the dead letters with the reason, and the next request works', async () => {
    const mark = token();
    await client.publish(`{ not JSON, ${mark}`);
    const appId = uniqueName('next');
    expect(await client.ask({ mode: 'stop', appId, services: ['web'] })).toMatchObject({ status: true });
    const letter = await until('the dead letter', () => deadLetter(mark));
    expect(letter.headers['slipway-dead-letter-reason']).toContain('not valid JSON');
  });
});
