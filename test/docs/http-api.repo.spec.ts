import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { httpApis } from '#libs/contracts';

const page = readFileSync(join(import.meta.dirname, '../../docs/reference/http-api.md'), 'utf8');
const routes = Object.values(httpApis).flatMap(({ routes: all }) => all.map(({ path }) => path));

/** The page writes `/v1/requests/TOKEN?...` for `/v1/requests/{token}`. */
const asWritten = (path: string): RegExp => new RegExp(`${path.replaceAll(/\{\w+\}/g, '[A-Z]+')}[\`?]`);

it.each(routes)('docs/reference/http-api.md names %s', (path) => {
  expect(page).toMatch(asWritten(path));
});
