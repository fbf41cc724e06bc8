import 'reflect-metadata';
import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { Body, Controller, Get, HttpCode, Module, Post, UseGuards } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { Secret } from '#libs/config';
import { ApiError, AUDIT, createHttpAdapter, NeedsRole, parseInput, setUpHttp, TokenGuard } from './index.js';
import { testTokens } from './tokens.testing.js';

// Modules that import the function by name see the spy only after the sync.
const compared = vi.spyOn(crypto, 'timingSafeEqual');
syncBuiltinESMExports();

const schema = z.strictObject({
  name: z.string().regex(/^[a-z]+$/, 'expected a-z'),
  port: z.int().default(22),
  login: z.strictObject({ password: z.string().min(8) }).optional(),
  tags: z.array(z.string()).optional(),
});

@Controller('things')
@UseGuards(TokenGuard)
class ThingsController {
  @Get()
  @NeedsRole('read')
  list(): readonly string[] {
    return ['one'];
  }

  @Post()
  @HttpCode(200)
  make(@Body() body: unknown): unknown {
    return parseInput(schema, body);
  }

  @Get('broken')
  @NeedsRole('read')
  broken(): never {
    throw new Error('connect ECONNREFUSED postgres://root:hunter2@10.0.0.1');
  }

  @Get('thrown')
  @NeedsRole('read')
  thrown(): never {
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- what a library may do
    throw 'hunter2';
  }

  @Get('taken')
  @NeedsRole('read')
  taken(): never {
    throw new ApiError({ status: 409, code: 'TAKEN', message: 'It is taken.', hint: 'Take another.' });
  }
}

const logged = vi.fn();

@Module({
  controllers: [ThingsController],
  providers: [testTokens, { provide: AUDIT, useValue: () => undefined }],
})
class ThingsModule {}

let app: NestFastifyApplication;

beforeAll(async () => {
  app = await NestFactory.create<NestFastifyApplication>(ThingsModule, createHttpAdapter(), {
    logger: false,
    bodyParser: false,
  });
  setUpHttp(app, { error: logged });
  await app.init();
});
afterAll(async () => {
  compared.mockRestore();
  syncBuiltinESMExports();
  await app.close();
});
beforeEach(() => {
  logged.mockClear();
  compared.mockClear();
});

interface Call {
  readonly method?: 'GET' | 'POST';
  readonly token?: string;
  readonly payload?: string | object;
  readonly type?: string;
  readonly encoding?: string;
}

async function call(
  url: string,
  { method = 'GET', token = 'admin-token', payload, type, encoding }: Call = {},
): Promise<{ status: number; body: Record<string, string>; text: string }> {
  const headers = {
    ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
    ...(type === undefined ? {} : { 'content-type': type }),
    ...(encoding === undefined ? {} : { 'content-encoding': encoding }),
  };
  const response = await app.inject({ method, url, headers, payload });
  return { status: response.statusCode, body: response.json(), text: response.body };
}

const post = (payload: string | object, type = 'application/json') =>
  call('/things', { method: 'POST', payload, type });

describe('ApiErrorFilter', () => {
  it.each(['/things/broken', '/things/thrown'])(
    'answers an unforeseen error of %s without its insides, and logs it whole',
    async (url) => {
      const { status, body, text } = await call(url);
      expect([status, body['code']]).toEqual([500, 'INTERNAL']);
      expect(text).not.toMatch(/hunter2|ECONNREFUSED|stack|\.ts/);
      expect(logged).toHaveBeenCalledOnce();
    },
  );

  it('answers what the app says as it says it, and logs nothing', async () => {
    const { status, body } = await call('/things/taken');
    expect(status).toBe(409);
    expect(body).toEqual({ code: 'TAKEN', message: 'It is taken.', hint: 'Take another.' });
    expect(logged).not.toHaveBeenCalled();
  });

  it.each([
    ['an unknown route', () => call('/nowhere'), 404, 'ROUTE_UNKNOWN'],
    ['a bad percent sign', () => call('/things/%zz'), 400, 'REQUEST_INVALID'],
    ['a bad percent sign of an unknown route', () => call('/nowhere/%'), 400, 'REQUEST_INVALID'],
    ['a body that is no JSON', () => post('{"password": "hunter2'), 400, 'JSON_INVALID'],
    ['an empty body', () => post(''), 400, 'JSON_INVALID'],
    ['a body with __proto__', () => post('{"__proto__": {"hunter2": 1}}'), 400, 'REQUEST_INVALID'],
    ['a body of another type', () => post('<xml>', 'text/xml'), 415, 'REQUEST_INVALID'],
    ['a form', () => post('name=hunter2', 'application/x-www-form-urlencoded'), 415, 'REQUEST_INVALID'],
    ['plain text', () => post('hunter2', 'text/plain'), 415, 'REQUEST_INVALID'],
    [
      'a body that is too large',
      () => post(JSON.stringify({ name: 'a'.repeat(2 ** 21) })),
      413,
      'REQUEST_INVALID',
    ],
  ] as const)(
    '%s never reaches a controller and is answered in the same form',
    async (_, ask, status, code) => {
      const answer = await ask();
      expect(answer.status, answer.text).toBe(status);
      expect(answer.body).toEqual({ code, message: expect.any(String), hint: expect.any(String) });
      expect(answer.text).not.toContain('hunter2');
    },
  );

  it.each(['gzip', 'foo', 'GZIP, identity'])(
    'a compressed body was read as broken JSON, an unknown encoding ignored: %s is 415',
    async (encoding) => {
      const payload = { name: 'a' };
      const { status, body } = await call('/things', { method: 'POST', payload, encoding });
      expect([status, body['code']]).toEqual([415, 'REQUEST_INVALID']);
      expect(body['hint']).toContain('without a content-encoding');
      expect((await call('/things', { method: 'POST', payload, encoding: 'identity' })).status).toBe(200);
    },
  );

  it('a broken body is answered without its place: it says line and column', async () => {
    const { body } = await post('{"name": "a",\n "port": }');
    expect(body['message']).toBe('The body is not valid JSON at line 2, column 10.');
  });

  it('each refusal has a hint of its own', async () => {
    const large = await post(JSON.stringify({ name: 'a'.repeat(2 ** 21) }));
    expect(large.body['hint']).toBe('Send less: 1 MiB is the most.');
    expect((await post('<xml>', 'text/xml')).body['hint']).toContain('content-type: application/json');
  });

  it('JSON with a charset is JSON', async () => {
    expect((await post({ name: 'a' }, 'application/json; charset=utf-8')).status).toBe(200);
  });
});

describe('parseInput', () => {
  const message = async (payload: object): Promise<string | undefined> => {
    const { status, body } = await post(payload);
    expect([status, body['code']]).toEqual([400, 'INPUT_INVALID']);
    return body['message'];
  };

  it('gives what the schema makes of the input', async () => {
    expect((await post({ name: 'a' })).body).toEqual({ name: 'a', port: 22 });
  });

  it('names every field and what was expected, all at once', async () => {
    expect(await message({ name: 'A B', port: '22', tags: 'x' })).toBe(
      'name: expected a-z; port: expected number, received string; tags: expected array, received string',
    );
  });

  it('says what is missing, what is null, and what is not known', async () => {
    expect(await message({ port: null })).toBe(
      'name: expected string; it is missing; port: expected number, received null',
    );
    expect(await message({ name: 'a', colour: 'red' })).toBe('colour: unknown field; check its spelling');
    expect(await message([])).toBe('body: expected object, received array');
  });
});

describe('a value in a body', () => {
  /** Its own pattern, so that no schema takes it; also broken as JSON. */
  const MARKER = 'Hunter2!';
  const good = { name: 'a', port: 1, login: { password: 'long enough' }, tags: ['x'] };

  it.each([
    ['a field', { ...good, name: MARKER }],
    ['a field of another type', { ...good, port: MARKER }],
    ['a nested field', { ...good, login: { password: MARKER.slice(0, 7), other: MARKER } }],
    ['a field in place of an object', { ...good, login: MARKER }],
    ['a list', { ...good, tags: [{ a: MARKER }] }],
    ['an unknown field', { ...good, token: MARKER }],
    ['the whole body', [MARKER]],
    ['JSON that is broken there', `{"name": ${MARKER}}`],
    ['JSON that is broken after it', `{"name": "${MARKER}" "port": 1}`],
    ['JSON that is cut off', `{"name": "${MARKER}`],
    ['text', MARKER],
  ])('is not repeated in the answer nor logged when it is %s', async (_, payload) => {
    const { status, text } = await post(payload);
    expect(status).toBe(400);
    expect(text).not.toContain(MARKER.slice(0, 7));
    expect(logged).not.toHaveBeenCalled();
  });
});

describe('TokenGuard', () => {
  it.each([
    ['no token', '/things', { token: '' }, 401, 'TOKEN_MISSING'],
    ['a wrong token', '/things', { token: 'wrong' }, 401, 'TOKEN_UNKNOWN'],
    ['a reader who writes', '/things', { token: 'read-token', method: 'POST' }, 403, 'ROLE_MISSING'],
  ] as const)('refuses %s', async (_, url, options, status, code) => {
    const answer = await call(url, options);
    expect([answer.status, answer.body['code']]).toEqual([status, code]);
    expect(answer.body['hint']).toContain('SLIPWAY_API_TOKEN');
  });

  it('lets both tokens read', async () => {
    expect((await call('/things', { token: 'read-token' })).status).toBe(200);
    expect((await call('/things', { token: 'admin-token' })).status).toBe(200);
  });

  it.each(['x', 'admin-tokem', 'a'.repeat(10_000)])(
    'compares a wrong token in constant time, whatever its length: %.12s',
    async (token) => {
      await call('/things', { token });
      const sizes = compared.mock.calls.map((values) => values.map((value) => value.byteLength));
      expect(sizes).toEqual(Array(4).fill([32, 32]));
    },
  );

  it('compares a right token with all that are known, too', async () => {
    await call('/things', { token: 'admin-token' });
    expect(compared).toHaveBeenCalledTimes(4);
  });

  it('lets nobody in by the empty read token of a set-up that has none', () => {
    const guard = new TokenGuard({ admin: new Secret('admin-token') }, () => undefined);
    const context = (authorization: string) =>
      ({
        switchToHttp: () => ({ getRequest: () => ({ method: 'GET', headers: { authorization } }) }),
        getHandler: () => context,
        getClass: () => TokenGuard,
      }) as never;
    for (const token of ['undefined', 'Bearer ', 'Bearer undefined', 'Bearer null'])
      expect(() => guard.canActivate(context(token)), token).toThrow(ApiError);
  });
});
