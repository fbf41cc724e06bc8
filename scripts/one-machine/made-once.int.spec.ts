import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { madeOnce } from './made-once.js';

let cache: string;
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'slipway-made-'));
});
afterEach(() => rmSync(cache, { recursive: true }));

/** Its lock is the machine's: another run of this file has others. */
const NAME = `test-made-${process.pid}`;
const made = (make: (path: string) => Promise<unknown>): Promise<string> => madeOnce(NAME, make, cache);

it('two at once make it once, and both get its folder', async () => {
  let times = 0;
  const make = (path: string): Promise<void> => {
    times += 1;
    writeFileSync(join(path, 'program'), '');
    return Promise.resolve();
  };
  const paths = await Promise.all([made(make), made(make)]);
  expect(paths).toEqual([join(cache, NAME), join(cache, NAME)]);
  expect(times).toBe(1);
});

it('a build that was cut short was taken for a whole one: it is made anew, without what was left', async () => {
  const cut = (path: string): Promise<never> => {
    writeFileSync(join(path, 'half'), '');
    return Promise.reject(new Error('cut'));
  };
  await expect(made(cut)).rejects.toThrow('cut');
  expect(existsSync(join(cache, NAME, 'half'))).toBe(true);
  expect(readdirSync(await made(() => Promise.resolve()))).toEqual(['.whole']);
});
