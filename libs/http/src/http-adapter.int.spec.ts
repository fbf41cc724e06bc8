import 'reflect-metadata';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { until } from '#libs/testing';
import { createHttpAdapter, setUpHttp } from './index.js';

/** Calls that wait until they are let go. */
const waiting: (() => void)[] = [];

@Controller()
class SlowController {
  @Get('slow')
  slow(): Promise<string> {
    return new Promise((resolve) => waiting.push(() => resolve('done')));
  }
}

@Module({ controllers: [SlowController] })
class SlowModule {}

async function start(): Promise<NestFastifyApplication> {
  const app = await NestFactory.create<NestFastifyApplication>(SlowModule, createHttpAdapter(), {
    ...{ logger: false, bodyParser: false },
  });
  setUpHttp(app, { error: () => undefined });
  await app.listen(0, '127.0.0.1');
  return app;
}

let app: NestFastifyApplication;
beforeAll(async () => {
  app = await start();
});
afterAll(() => app.close());

const open = async (to: NestFastifyApplication) =>
  connect({ host: '127.0.0.1', port: Number(new URL(await to.getUrl()).port) });

/** What comes back on a connection of its own. */
async function sent(bytes: string): Promise<{ readonly head: string; readonly body: object }> {
  const socket = await open(app);
  socket.write(bytes);
  const [head = '', body = ''] = (await text(socket)).split('\r\n\r\n');
  return { head, body: JSON.parse(body) as object };
}

const SLOW = 'GET /slow HTTP/1.1\r\nhost: x\r\n\r\n';
const END = 'host: x\r\nconnection: close\r\n\r\n';

it.each([
  ['a bad percent sign', `GET /v1/%zz HTTP/1.1\r\n${END}`, 400, 'REQUEST_INVALID'],
  ['a method that is none', `FOO / HTTP/1.1\r\n${END}`, 400, 'REQUEST_INVALID'],
  ['no HTTP', 'hello\r\n\r\n', 400, 'REQUEST_INVALID'],
  ['an address that is too long', `GET /${'a'.repeat(20_000)} HTTP/1.1\r\n${END}`, 431, 'REQUEST_INVALID'],
  [
    'a header that is too long',
    `GET / HTTP/1.1\r\nx: ${'a'.repeat(20_000)}\r\n${END}`,
    431,
    'REQUEST_INVALID',
  ],
  ['a method that no route has', `PURGE /slow HTTP/1.1\r\n${END}`, 404, 'ROUTE_UNKNOWN'],
  ['a method of WebDAV', `PROPFIND /slow HTTP/1.1\r\n${END}`, 404, 'ROUTE_UNKNOWN'],
  ['an address of 10,000 characters', `GET /${'a'.repeat(10_000)} HTTP/1.1\r\n${END}`, 404, 'ROUTE_UNKNOWN'],
])('an error of the server itself had a form of its own: %s', async (_, bytes, status, code) => {
  const { head, body } = await sent(bytes);
  expect(head).toContain(`HTTP/1.1 ${status} `);
  expect(head.toLowerCase()).toContain('content-type: application/json; charset=utf-8');
  expect(body).toEqual({ code, message: expect.any(String), hint: expect.any(String) });
});

it('and so had the refusal of a call that comes while the app ends', async () => {
  const ending = await start();
  const server = ending.getHttpAdapter().getInstance().server;
  const socket = await open(ending);
  const answer = text(socket);
  socket.write(SLOW);
  await until('the first call', () => waiting.length === 1);
  const closed = ending.close();
  await until('the end to begin', () => !server.listening);
  socket.write(SLOW);
  waiting[0]?.();
  await closed;
  expect(await answer).toMatch(
    /HTTP\/1.1 200 [^]*done.*HTTP\/1.1 503 [^]*\{"code":"UNAVAILABLE","message":"/,
  );
});
