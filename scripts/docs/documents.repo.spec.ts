import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { documents } from './documents.js';
import { GENERATED } from './markdown.js';

describe('generated documents', () => {
  it.each(Object.entries(documents))('%s is what `npm run generate` writes', (file, make) => {
    expect(readFileSync(file, 'utf8')).toBe(make());
  });

  it.each(Object.keys(documents).filter((file) => file.endsWith('.md')))(
    '%s says that it is generated',
    (file) => {
      expect(readFileSync(file, 'utf8').split('\n')).toContain(GENERATED);
    },
  );
});
