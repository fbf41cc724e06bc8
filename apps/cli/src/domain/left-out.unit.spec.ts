import { expect, it } from 'vitest';
import { envFilesText, leftOutText, uploadedText } from './left-out.js';

it('what an upload left out was not said: it is, with the reason, in one line', () => {
  const leftOut = [
    { path: '.env', by: 'default' },
    { path: 'dist/', by: '.gitignore' },
    { path: 'node_modules/', by: 'default' },
    { path: 'a\u001b[31m\nb', by: '.gitignore' },
  ] as const;
  expect(uploadedText('shop--web.zip', 1025, leftOut)).toBe(
    'uploaded shop--web.zip (2 KiB); left out by default: .env, node_modules/; by .gitignore: dist/, a b',
  );
  expect(uploadedText('shop--web.zip', 1025, [])).toBe('uploaded shop--web.zip (2 KiB)');
});

it('names five of many and says how many more', () => {
  const leftOut = Array.from({ length: 8 }, (_, n) => ({ path: `${n}.log`, by: '.gitignore' }) as const);
  expect(leftOutText(leftOut)).toBe('left out by .gitignore: 0.log, 1.log, 2.log, 3.log, 4.log, 3 more');
});

it('of an .env file says what follows for a build, and how to bring it back', () => {
  const leftOut = [
    { path: '.env.production', by: 'default' },
    { path: 'api/.env', by: 'default' },
    { path: '.env', by: '.gitignore' },
  ] as const;
  expect(envFilesText(leftOut)).toBe(
    '.env.production is left out, so the build does not see what it sets. Put such values into env of config.json, or bring it back with !.env.production in .slipwayignore.',
  );
  expect(envFilesText([{ path: 'node_modules/', by: 'default' }])).toBeUndefined();
});
