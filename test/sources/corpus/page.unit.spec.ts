import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { endText } from './corpus.js';
import { corpus } from './index.js';

const page = readFileSync('docs/explanation/sources.md', 'utf8');
const [, , ...rows] = page.split('\n').filter((line) => line.startsWith('|'));
const cells = rows.map((row) => row.slice(2, -2).split(/(?<!\\) \| /));
const projects = await corpus();

it('the page has a row for each project, in their order', () => {
  expect(cells.map(([name, convention]) => [name, convention])).toEqual(
    projects.map(({ name, convention }) => [name, convention]),
  );
});

it('each row says how the project has to end, with its config.json and after slipway init', () => {
  const wrong = projects.filter(({ ends, afterInit = ends }, place) => {
    const [, , , asItIs = '', , later = ''] = cells[place] ?? [];
    const after = later === 'the same' ? asItIs : later;
    return !asItIs.startsWith(endText(ends)) || !after.startsWith(endText(afterInit));
  });
  expect(wrong.map(({ name }) => name)).toEqual([]);
});

it('the page counts them as its rows do', () => {
  const counts = (ends: readonly string[]): string => {
    const of = (word: string): number => ends.filter((end) => end.startsWith(word)).length;
    const failed = of('fails') === 0 ? '' : `, ${of('fails')} are built and fail with the cause`;
    const running = ends.length - of('refused') - of('fails');
    return `${running} run, ${of('refused')} are refused before they are built${failed}`;
  };
  const asItIs = cells.map((row) => row[3] ?? '');
  const later = cells.map((row, place) => (row[5] === 'the same' ? (asItIs[place] ?? '') : (row[5] ?? '')));
  expect(page).toContain(
    `Of ${projects.length} projects, with their config.json: ${counts(asItIs)}. After \`slipway init\`: ${counts(later)}.`,
  );
});
