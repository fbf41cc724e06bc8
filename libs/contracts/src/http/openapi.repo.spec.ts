import { readFileSync } from 'node:fs';
import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, it } from 'vitest';
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
