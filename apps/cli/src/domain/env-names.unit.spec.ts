import { expect, it } from 'vitest';
import { envLines, envNames } from './env-names.js';

it('names variables, and never shows a value', () => {
  const text =
    '# local\nSECRET_KEY=hunter2\nexport DB_URL = "postgres://u:p@h/d"\nSECRET_KEY=again\nnot a line\n';
  expect(envNames(text)).toEqual(['SECRET_KEY', 'DB_URL']);
  const lines = envLines(envNames(text)).join('\n');
  expect(lines).toContain('// "secrets": { "SECRET_KEY": "secret-key", "DB_URL": "db-url" },');
  expect(lines).not.toMatch(/hunter2|postgres/);
});

it('of a file without variables says nothing', () => {
  expect(envLines(envNames('# nothing yet\n'))).toEqual([]);
});
