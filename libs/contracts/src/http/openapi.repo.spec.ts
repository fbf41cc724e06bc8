import { readFileSync } from 'node:fs';
import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, it } from 'vitest';
import { httpApis, openApiDocument } from './openapi.js';

interface Operation {
  readonly parameters: readonly { readonly name: string; readonly in: string }[];
  readonly responses: Readonly<
    Record<string, { readonly headers?: Record<string, object>; content?: object }>
  >;
}

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

  it('says which answers have an ETag, and what If-None-Match does', () => {
    for (const { path, method, answers } of api.routes) {
      const operation = document.paths[path]?.[method.toLowerCase()] as Operation;
      const isTagged = method === 'GET' && answers[200] !== undefined && answers[200].streamed !== true;
      const changesInPlace = method === 'PUT' || method === 'DELETE';
      const headers = operation.parameters.filter((parameter) => parameter.in === 'header');
      expect(
        headers.some(({ name }) => name === 'If-None-Match'),
        path,
      ).toBe(isTagged);
      const hasEtag = operation.responses['200']?.headers?.['ETag'] !== undefined;
      expect(hasEtag, path).toBe(isTagged || changesInPlace);
      expect(operation.responses['304'] !== undefined, path).toBe(isTagged);
      expect(operation.responses['304']?.content, path).toBeUndefined();
    }
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
