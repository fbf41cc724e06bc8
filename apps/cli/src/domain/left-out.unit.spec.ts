import { expect, it } from 'vitest';
import { leftOutText, uploadedText } from './left-out.js';

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
