import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const read = (path: string): string => readFileSync(join(import.meta.dirname, '../..', path), 'utf8');

/** The first line of each licence's text, by its SPDX name. */
const TITLES: Readonly<Record<string, string>> = { MIT: 'MIT License' };

it('the licence that package.json names has its text in LICENSE', () => {
  const { license } = JSON.parse(read('package.json')) as { license: string };
  const [title, , copyright] = read('LICENSE').split('\n');
  expect(title).toBe(TITLES[license]);
  expect(copyright).toBe('Copyright (c) 2026 The Slipway authors');
});
