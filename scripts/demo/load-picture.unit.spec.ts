import { expect, it } from 'vitest';
import { pictureLines } from './load-picture.js';

const picture = {
  ...{ title: 'shop/prices', wanted: 40.4, answered: 39, failed: 1, p95Ms: 12.3 },
  history: [
    { wanted: 0, instances: 1 },
    { wanted: 20, instances: 1 },
    { wanted: 40, instances: 2 },
  ],
  instances: [
    { name: 'prices-1', state: 'ready', requestsPerSecond: 20.5, inFlight: 2, score: 61 },
    { name: 'prices-2', state: 'slow-start', requestsPerSecond: 2, inFlight: 0 },
  ],
};

it('shows the load, how it went, and what each instance does', () => {
  expect(pictureLines({ ...picture, decision: '1 -> 2: 40 requests/s are above 20 an instance' })).toEqual([
    'shop/prices: 40 requests/s asked, 39 answered, 1 failed, p95 12 ms',
    'requests/s  ▁▅█',
    'instances   ▅▅█',
    '',
    'INSTANCE  STATE       REQUESTS/S  IN FLIGHT  SCORE',
    'prices-1  ready       20.5        2          61',
    'prices-2  slow-start  2           0          -',
    '',
    'Last decision: 1 -> 2: 40 requests/s are above 20 an instance',
    '',
    'Ctrl-C ends everything.',
  ]);
});

it('says so where nothing runs, and where nothing is known yet', () => {
  const { p95Ms: _, ...others } = picture;
  const lines = pictureLines({ ...others, instances: [], history: [] });
  expect(lines[0]).toContain('p95 -');
  expect(lines).toContain('No instance runs.');
});
