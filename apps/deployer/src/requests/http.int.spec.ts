import 'reflect-metadata';
import { once } from 'node:events';
import { type DynamicModule, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Secret } from '#libs/config';
import { AUDIT, type AuditEntry, TOKENS } from '#libs/http';
import { until } from '#libs/testing';
import { SubmissionsController } from './http.js';
import { type Submissions, SUBMISSIONS } from './ports.js';

@Module({})
class Root {}

const audited: AuditEntry[] = [];
let waiting: AbortSignal | undefined;
const submissions: Submissions = {
  deployment: () => Promise.resolve({ isOther: false }),
  scale: () => Promise.resolve({ isOther: false }),
  async reply(_token, _withinMs, signal) {
    waiting = signal;
    await once(signal, 'abort');
    return undefined;
  },
};

let app: NestFastifyApplication;
beforeAll(async () => {
  const root: DynamicModule = {
    module: Root,
    controllers: [SubmissionsController],
    providers: [
      { provide: SUBMISSIONS, useValue: submissions },
      { provide: TOKENS, useValue: { admin: new Secret('admin') } },
      { provide: AUDIT, useValue: (entry: AuditEntry) => audited.push(entry) },
    ],
  };
  app = await NestFactory.create<NestFastifyApplication>(root, new FastifyAdapter(), { logger: false });
  await app.listen(0, '127.0.0.1');
});
afterAll(() => app.close());

it('a client that goes away ends its wait for the reply', async () => {
  const client = new AbortController();
  const answer = fetch(`${await app.getUrl()}/v1/requests`, {
    method: 'POST',
    headers: { authorization: 'Bearer admin', 'content-type': 'application/json', prefer: 'wait=60' },
    body: JSON.stringify({ mode: 'stop', appId: 'shop', appName: 'Shop', services: ['web'] }),
    signal: client.signal,
  });
  await until('the wait to begin', () => waiting !== undefined);
  expect(waiting?.aborted).toBe(false);
  client.abort();
  await expect(answer).rejects.toThrow();
  await until('the wait to end', () => waiting?.aborted === true);
  expect(audited).toMatchObject([{ principal: 'api-token', route: '/v1/requests', outcome: 'cut-off' }]);
});
