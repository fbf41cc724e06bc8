import { expect, it } from 'vitest';
import { changeText } from './description.js';
import { describedBy, type Description } from './node.js';

const GIBIBYTE = 1024 ** 3;
const before: Description = { labels: { disk: 'ssd', rack: '1' }, zone: 'a', reserve: { cpus: 0.5 } };

const said = (change: Parameters<typeof describedBy>[1], of = before): string | undefined =>
  changeText(of, describedBy(of, change));

it.each<[Parameters<typeof describedBy>[1], string]>([
  [{ labels: { disk: 'hdd', gpu: '' }, removeLabels: ['rack'] }, 'disk=hdd, gpu=, without rack'],
  [{ zone: 'b' }, 'zone b'],
  [{ zone: null, reserve: null }, 'without a zone, without a reserve'],
  [{ capacity: { cpus: 4, memoryBytes: 8 * GIBIBYTE } }, 'capacity 4 cores and 8 GiB'],
  [{ reserve: { memoryBytes: GIBIBYTE / 2 } }, 'reserve 0.5 GiB'],
])('the history of a node did not say what was labelled: %j', (change, text) => {
  expect(said(change)).toBe(text);
});

it.each<Parameters<typeof describedBy>[1]>([
  {},
  { labels: { disk: 'ssd' } },
  { removeLabels: ['gpu'] },
  { zone: 'a', reserve: { cpus: 0.5 }, capacity: null },
])('a change that changes nothing was in the history of a node: %j', (change) => {
  expect(said(change)).toBeUndefined();
});
