import { readFileSync } from 'node:fs';
import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, it } from 'vitest';
import { deployerRoutes } from './deployer.js';
import { httpApis, openApiDocument } from './openapi.js';

const root = new URL('../../../../', import.meta.url);

describe.each(Object.entries(httpApis))('docs/openapi/%s.json', (app, api) => {
  const document = openApiDocument(api);

  it('is what `npm run generate` writes', () => {
    const onDisk = readFileSync(new URL(`docs/openapi/${app}.json`, root), 'utf8');
    expect(onDisk).toBe(`${JSON.stringify(document, null, 2)}\n`);
  });

  it('is valid OpenAPI 3.1', async () => {
    const validator = new Validator();
    const { valid, errors } = await validator.validate(structuredClone(JSON.parse(JSON.stringify(document))));
    expect(errors ?? []).toEqual([]);
    expect([valid, validator.version]).toEqual([true, '3.1']);
  });

  it('names each operation once, and each parameter of its path', () => {
    const ids = api.routes.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { path, params } of api.routes) {
      const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      expect(Object.keys(params?.shape ?? {}).sort(), path).toEqual(named.sort());
    }
  });

  it('lets a reader change nothing', () => {
    const open = api.routes.filter(({ method, role }) => method !== 'GET' && role !== 'admin');
    expect(open).toEqual([]);
  });
});

describe('the body of POST /v1/requests', () => {
  const { body } = deployerRoutes.sendRequest;
  const request = { mode: 'run', appId: 'shop', appName: 'Shop', services: ['web'] };

  it('is that of the message, with the services written out', () => {
    expect(body.parse({ ...request, token: 't' })).toEqual({
      ...{ ...request, token: 't', services: [{ name: 'web' }] },
    });
  });

  it('gets a token of its own each time that it has none', () => {
    const tokens = [1, 2].map(() => body.parse(request).token);
    expect(tokens[0]).toMatch(/^http-[0-9a-f-]{36}$/);
    expect(tokens[0]).not.toBe(tokens[1]);
  });

  it('is checked across its fields, as the message is', () => {
    const wrong = body.safeParse({ ...request, services: [{ name: 'web', dependsOn: ['gone'] }] });
    expect(wrong.error?.issues.map(({ path }) => path)).toEqual([['services']]);
  });
});
