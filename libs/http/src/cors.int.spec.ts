import 'reflect-metadata';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterEach, expect, it } from 'vitest';
import { createHttpAdapter, letPagesRead, setUpHttp } from './index.js';

@Controller()
class StatsController {
  @Get('stats')
  stats(): Promise<object> {
    return Promise.resolve([]);
  }
}

@Module({ controllers: [StatsController] })
class StatsModule {}

const PAGE = 'https://dashboard.example.com';
const apps: NestFastifyApplication[] = [];
afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()));
});

/** Calls `/stats` of an app that lets these origins read. */
async function callOf(origins: readonly string[]) {
  const app = await NestFactory.create<NestFastifyApplication>(StatsModule, createHttpAdapter(), {
    ...{ logger: false, bodyParser: false },
  });
  letPagesRead(setUpHttp(app, { error: () => undefined }), origins);
  await app.listen(0, '127.0.0.1');
  apps.push(app);
  const url = `${await app.getUrl()}/stats`;
  return (init: RequestInit) => fetch(url, init);
}
const allowed = ({ headers }: Response): string | null => headers.get('access-control-allow-origin');
const asks = (method: string) => ({
  method: 'OPTIONS',
  headers: {
    ...{ origin: PAGE, 'access-control-request-method': method },
    'access-control-request-headers': 'authorization',
  },
});

it('a page that is named may read, with its token', async () => {
  const call = await callOf([PAGE, 'http://localhost:3000']);
  const asked = await call(asks('GET'));
  expect(asked.status).toBe(204);
  expect(allowed(asked)).toBe(PAGE);
  expect(asked.headers.get('access-control-allow-headers')).toContain('authorization');
  expect(asked.headers.get('access-control-allow-methods')).toBe('GET, HEAD');
  const answer = await call({ headers: { origin: PAGE } });
  expect([answer.status, allowed(answer), answer.headers.get('vary')]).toEqual([200, PAGE, 'Origin']);
});

it('another page may not', async () => {
  const call = await callOf([PAGE]);
  expect(allowed(await call({ headers: { origin: 'https://evil.example.com' } }))).toBeNull();
});

it('no page may where none is named, and any where all are', async () => {
  expect(allowed(await (await callOf([]))({ headers: { origin: PAGE } }))).toBeNull();
  expect(allowed(await (await callOf(['*']))({ headers: { origin: PAGE } }))).toBe('*');
});
