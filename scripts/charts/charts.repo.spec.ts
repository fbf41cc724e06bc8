import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { charts } from './charts.js';

const FOLDER = 'docs/explanation/charts';

it('every chart is what `npm run generate` draws from the figures beside it, and there is no other', async () => {
  const made = await charts();
  for (const [file, svg] of Object.entries(made)) {
    expect(readFileSync(file, 'utf8')).toBe(svg);
    expect(svg).toMatch(/^<svg [^>]*viewBox="[^"]+"><rect [^>]*fill="#ffffff"/);
    // A figure that is not there would be drawn as nothing.
    expect(svg).not.toMatch(/NaN|undefined|null/);
  }
  const there = readdirSync(FOLDER).filter((file) => file.endsWith('.svg'));
  expect(there.map((file) => `${FOLDER}/${file}`).sort()).toEqual(Object.keys(made).sort());
});
