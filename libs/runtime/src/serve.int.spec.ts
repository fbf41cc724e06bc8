import 'reflect-metadata';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Get, Module } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '#libs/config';
import { instanceReported } from '#libs/contracts';
import { Consumer, createKafka, SILENT } from '#libs/kafka';
import { createTestDatabase, requireEnv, type TestDatabase, uniqueName, until } from '#libs/testing';
import { Handles, openRuntime, type Runtime, runtimeConfigSchema, serve } from './index.js';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

const brokers = requireEnv('KAFKA_BROKERS');

function open(app: string, env: NodeJS.ProcessEnv = {}): Promise<Runtime> {
  const given = { KAFKA_BROKERS: brokers, DATABASE_URL: database.url, LOG_LEVEL: 'error', ...env };
  const config = loadConfig(runtimeConfigSchema, given);
  return openRuntime({ app, replica: app, schema: 'runtime_test', migrations: [], config });
}

/** Calls that wait until they are let go. */
const waiting: ((text: string) => void)[] = [];

@Consumer()
class SlowController {
  @Get('slow')
  slow(): Promise<string> {
    return new Promise((resolve) => waiting.push(resolve));
  }

  @Handles(instanceReported)
  report(): Promise<void> {
    return Promise.resolve();
  }
}

@Module({ controllers: [SlowController] })
class SlowModule {}

const module = { module: SlowModule };

async function membersOf(group: string): Promise<number> {
  const admin = createKafka({ brokers: brokers.split(','), clientId: 'test', logger: SILENT }).admin();
  await admin.connect();
  try {
    return (await admin.describeGroups([group])).groups[0]?.members.length ?? 0;
  } finally {
    await admin.disconnect();
  }
}

describe('an app that is told to end', () => {
  it('is not ready any more, answers while it drains, and lets calls in flight finish', async () => {
    const name = uniqueName('ending');
    let drained = (): void => undefined;
    const order: string[] = [];
    const app = await serve(await open(name), {
      ...{ module, port: 0 },
      drain: async () => {
        await new Promise<void>((resolve) => (drained = resolve));
        order.push('drained');
      },
      release: () => Promise.resolve(void order.push('released')),
    });
    expect((await fetch(`${app.httpUrl}/ready`)).status).toBe(200);
    expect(await membersOf(`slipway.${name}.${instanceReported.topic}`)).toBe(1);
    const slow = fetch(`${app.httpUrl}/slow`).then((response) => response.text());
    await until('the call to be in flight', () => waiting.length > 0);
    const closed = app.close().then(() => order.push('closed'));
    const ready = await fetch(`${app.httpUrl}/ready`);
    expect([ready.status, await ready.json()]).toEqual([
      503,
      { ready: false, checks: { kafka: 'ok', postgres: 'ok', process: 'the process is ending' } },
    ]);
    expect((await fetch(`${app.httpUrl}/health`)).status).toBe(200);
    drained();
    await until('new calls to be refused', () =>
      fetch(`${app.httpUrl}/health`, { headers: { connection: 'close' } }).then(
        (response) => !response.ok,
        () => true,
      ),
    );
    expect(order).toEqual(['drained']);
    waiting.splice(0).forEach((answer) => answer('in time'));
    expect(await slow).toBe('in time');
    await closed;
    expect(order).toEqual(['drained', 'released', 'closed']);
    expect(await membersOf(`slipway.${name}.${instanceReported.topic}`)).toBe(0);
  });

  it('closes all the rest when one part does not close', async () => {
    const name = uniqueName('ending');
    const runtime = await open(name);
    const drain = (): Promise<void> => Promise.reject(new Error('would not drain'));
    const app = await serve(runtime, { module, port: 0, drain });
    await expect(app.close()).rejects.toThrow('would not drain');
    expect(await membersOf(`slipway.${name}.${instanceReported.topic}`)).toBe(0);
    expect(runtime.pool.ended).toBe(true);
  });
});

describe('an app that cannot start', () => {
  it('leaves its consumer group, or every other replica would wait until its session expires', async () => {
    const name = uniqueName('taken');
    const blocker = createServer().listen(0, '127.0.0.1');
    await until('the port', () => blocker.listening);
    const runtime = await open(name);
    const { port } = blocker.address() as AddressInfo;
    await expect(serve(runtime, { module, port })).rejects.toThrow('EADDRINUSE');
    expect(await membersOf(`slipway.${name}.${instanceReported.topic}`)).toBe(0);
    expect(runtime.pool.ended).toBe(true);
    blocker.close();
  });

  it('names the variable of the database that does not answer, and shows no password', async () => {
    const failed = open('x', { DATABASE_URL: 'postgres://u:hunter2@localhost:1/x' });
    await expect(failed).rejects.toThrow(/^Cannot connect to DATABASE_URL: .*ECONNREFUSED/);
    await expect(failed).rejects.not.toThrow('hunter2');
  });

  it('topics that the brokers do not create were told as brokers that do not answer', async () => {
    const KAFKA_PREFIX = `${uniqueName('nine')}.`;
    const failed = open('x', { KAFKA_PREFIX, KAFKA_REPLICATION_FACTOR: '9' });
    await expect(failed).rejects.toThrow(/^Cannot create topics:\n {2}nine\S+: .*replication/i);
  });

  it.each([
    ['KAFKA_BROKERS', 'localhost', 'host:port'],
    ['KAFKA_BROKERS', ',', 'host:port'],
    ['DATABASE_URL', 'mysql://hunter2@x/y', 'postgres://'],
    ['LOG_LEVEL', 'loud', '"debug"'],
  ])('refuses %s=%s before it connects to anything', (name, value, expected) => {
    const env = { KAFKA_BROKERS: brokers, DATABASE_URL: database.url, [name]: value };
    expect(() => loadConfig(runtimeConfigSchema, env)).toThrow(`${name} is`);
    expect(() => loadConfig(runtimeConfigSchema, env)).toThrow(expected);
    expect(() => loadConfig(runtimeConfigSchema, env)).not.toThrow('hunter2');
  });
});
