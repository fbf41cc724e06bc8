import 'reflect-metadata';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { defineRoute, type InputOf } from '#libs/contracts';
import {
  AUDIT,
  auditLog,
  Caller,
  createHttpAdapter,
  Input,
  type Principal,
  Serves,
  setUpHttp,
} from './index.js';
import { testTokens } from './tokens.testing.js';

const noteSchema = z
  .strictObject({
    name: z.string().regex(/^[a-z]+$/, 'expected a-z'),
    port: z.int().default(22),
    tags: z.array(z.string()).optional(),
  })
  .refine(({ name, tags = [] }) => !tags.includes(name), {
    path: ['tags'],
    message: 'must not repeat the name',
  });

const notes = {
  read: defineRoute({
    id: 'note',
    method: 'GET',
    path: '/v1/notes/{name}',
    summary: 'A note.',
    role: 'read',
    params: z.strictObject({ name: z.string().max(5) }),
    query: z.strictObject({ times: z.coerce.number('expected a number').default(1) }),
    answers: { 200: { description: 'The note.', schema: z.object({ text: z.string() }) } },
  }),
  list: defineRoute({
    id: 'notes',
    method: 'GET',
    path: '/v1/notes',
    summary: 'The notes.',
    role: 'read',
    answers: { 200: { description: 'The notes.', schema: z.object({ text: z.string() }) } },
  }),
  write: defineRoute({
    id: 'writeNote',
    method: 'POST',
    path: '/v1/notes',
    summary: 'Writes a note.',
    role: 'admin',
    body: noteSchema,
    answers: { 201: { description: 'Who wrote it.', schema: z.object({ by: z.string() }) } },
  }),
};

@Controller()
class PlainController {
  @Get('plain')
  plain(): string {
    return 'plain';
  }
}

@Controller()
class NotesController {
  @Serves(notes.list)
  async list() {
    return { text: 'all' };
  }

  @Serves(notes.read)
  async read(@Input() { params, query }: InputOf<typeof notes.read>) {
    return { text: params.name.repeat(query.times) };
  }

  @Serves(notes.write)
  async write(@Input() { body }: InputOf<typeof notes.write>, @Caller() { name }: Principal) {
    if (body.name === 'broken') throw new Error('hunter2');
    return { by: name };
  }
}

const audited = vi.fn();

@Module({
  controllers: [NotesController, PlainController],
  providers: [testTokens, { provide: AUDIT, useValue: auditLog({ info: audited }) }],
})
class NotesModule {}

let app: NestFastifyApplication;

beforeAll(async () => {
  app = await NestFactory.create<NestFastifyApplication>(NotesModule, createHttpAdapter(), {
    logger: false,
    bodyParser: false,
  });
  setUpHttp(app, { error: () => undefined });
  await app.init();
});
afterAll(() => app.close());
beforeEach(() => audited.mockClear());

interface Call {
  readonly method?: 'GET' | 'POST';
  readonly token?: string;
  readonly payload?: object;
}

async function call(url: string, { method = 'GET', token = 'admin-token', payload }: Call = {}) {
  const headers = { authorization: `Bearer ${token}` };
  const response = await app.inject({ method, url, headers, payload });
  const body: Record<string, string> = response.json();
  return { status: response.statusCode, body, text: response.body };
}

describe('Serves', () => {
  it('serves the route with its parameters and query parsed', async () => {
    const answer = await call('/v1/notes/ab?times=2', { token: 'read-token' });
    expect([answer.status, answer.body]).toEqual([200, { text: 'abab' }]);
  });

  it.each([
    ['a parameter', '/v1/notes/too-long', /^name: expected /],
    ['a parameter of any length', `/v1/notes/${'a'.repeat(2_000)}`, /^name: expected /],
    ['the query', '/v1/notes/ab?times=x', /^times: expected a number$/],
  ])('names what is wrong in %s', async (_, url, message) => {
    const { status, body } = await call(url);
    expect([status, body['code']]).toEqual([400, 'INPUT_INVALID']);
    expect(body['message']).toMatch(message);
  });

  it.each([
    ['with a filter', '/v1/notes/ab?size=2', 'size: unknown query parameter; this route has times'],
    ['beside a wrong one', '/v1/notes/ab?size=2&times=x', 'times: expected a number; size: unknown query'],
    ['without one', '/v1/notes?name=a', 'name: unknown query parameter; this route has none'],
    ['outside the contracts', '/plain?a=1&b=2', 'a: unknown query parameter; this route has none; b: '],
    ['of a name that may be a value', '/plain?a+b', '(not a field name): unknown query parameter'],
  ])('a query parameter that a route %s does not have was ignored', async (_, url, message) => {
    const { status, body } = await call(url);
    expect([status, body['code']]).toEqual([400, 'INPUT_INVALID']);
    expect(body['message']).toContain(message);
  });

  it('refuses nobody by the query before it knows who asks', async () => {
    expect((await call('/v1/notes?name=a', { token: 'guessed' })).status).toBe(401);
    const written = await call('/v1/notes?name=a', { method: 'POST', payload: { name: 'a' } });
    expect(written.body['message']).toContain('name: unknown query parameter');
  });

  it('repeats no value of a body', async () => {
    const payload = { name: 'HUNTER2', port: 'hunter2', tags: ['ok', 'hunter2', 7] };
    const { status, body, text } = await call('/v1/notes', { method: 'POST', payload });
    expect([status, body['code']]).toEqual([400, 'INPUT_INVALID']);
    for (const field of ['name: ', 'port: ', 'tags[2]: ']) expect(body['message']).toContain(field);
    expect(text).not.toMatch(/hunter2/i);
  });

  it('says of a body what is missing, and what does not go together', async () => {
    const message = async (payload: object) =>
      (await call('/v1/notes', { method: 'POST', payload })).body['message'];
    expect(await message({})).toMatch(/^name: expected string/);
    expect(await message({ name: 'a', tags: ['a'] })).toBe('tags: must not repeat the name');
  });
});

describe('the principal of a call', () => {
  it.each([
    ['admin-token', 201, { by: 'api-token' }],
    ['token-of-the-ci', 201, { by: 'ci' }],
    ['read-token', 403, { code: 'ROLE_MISSING' }],
    ['token-of-the-page', 403, { code: 'ROLE_MISSING' }],
  ])('%s: %d', async (token, status, body) => {
    const answer = await call('/v1/notes', { method: 'POST', token, payload: { name: 'a' } });
    expect(answer.status).toBe(status);
    expect(answer.body).toMatchObject(body);
  });
});

describe('the audit log', () => {
  it.each([
    ['admin-token', { name: 'a' }, { principal: 'api-token', role: 'admin', status: 201, outcome: 'done' }],
    ['token-of-the-ci', { name: 'A' }, { principal: 'ci', role: 'admin', status: 400, outcome: 'refused' }],
    ['read-token', { name: 'a' }, { principal: 'read-token', role: 'read', status: 403, outcome: 'refused' }],
    ['guessed', { name: 'a' }, { status: 401, outcome: 'refused' }],
    [
      'admin-token',
      { name: 'broken' },
      { principal: 'api-token', role: 'admin', status: 500, outcome: 'failed' },
    ],
  ])('has the call of %s with %j once, without its body and its token', async (token, payload, entry) => {
    await call('/v1/notes', { method: 'POST', token, payload });
    await vi.waitFor(() => expect(audited).toHaveBeenCalledOnce());
    const audit = { ...entry, method: 'POST', route: '/v1/notes' };
    expect(audited).toHaveBeenCalledWith({ audit }, 'audit');
  });

  it('has nothing of a call that only reads', async () => {
    await call('/v1/notes/ab');
    await call('/v1/notes/ab', { token: 'guessed' });
    await call('/v1/notes', { method: 'POST', payload: { name: 'a' } });
    await vi.waitFor(() => expect(audited).toHaveBeenCalledOnce());
  });
});

describe('an ETag', () => {
  const read = (url: string, known?: string) => {
    const authorization = 'Bearer read-token';
    const headers = known === undefined ? { authorization } : { authorization, 'if-none-match': known };
    return app.inject({ url, headers });
  };

  it('is the same for the same answer, and 304 without a body where it is known', async () => {
    const first = await read('/v1/notes/ab');
    const etag = String(first.headers['etag']);
    expect(etag).toMatch(/^"[\w-]{43}"$/);
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const again = await read('/v1/notes/ab', known);
      expect([again.statusCode, again.body, again.headers['etag']], known).toEqual([304, '', etag]);
    }
  });

  it('of another answer gives the whole answer', async () => {
    const etag = String((await read('/v1/notes/ab')).headers['etag']);
    const other = await read('/v1/notes/cd', etag);
    expect([other.statusCode, other.json()]).toEqual([200, { text: 'cd' }]);
    expect(other.headers['etag']).not.toBe(etag);
  });

  it('a HEAD had none: it is answered as a GET is, without the body', async () => {
    const headers = { authorization: 'Bearer read-token' };
    const get = await read('/v1/notes/ab');
    const head = await app.inject({ method: 'HEAD', url: '/v1/notes/ab', headers });
    expect([head.statusCode, head.body]).toEqual([200, '']);
    for (const name of ['etag', 'content-type', 'content-length'])
      expect(head.headers[name], name).toBe(get.headers[name]);
    const known = { ...headers, 'if-none-match': String(get.headers['etag']) };
    const again = await app.inject({ method: 'HEAD', url: '/v1/notes/ab', headers: known });
    expect([again.statusCode, again.body, again.headers['etag']]).toEqual([304, '', get.headers['etag']]);
  });

  it('is on no error', async () => {
    const wrong = await read('/v1/notes/too-long', '*');
    expect([wrong.statusCode, wrong.headers['etag']]).toEqual([400, undefined]);
  });
});
