import { expect, it } from 'vitest';
import { createMetrics } from './metrics.js';

it('a metric of which nothing is known was shown as 0: it is absent until there is a value', async () => {
  const metrics = createMetrics('test');
  const known: number[] = [];
  const values = () => known.map((value) => [{}, value] as const);
  metrics.gauge('silent_seconds', 'Nothing before the first word.', [], values);
  metrics.counter('words_total', 'The same.', [], values);
  const shown = async (): Promise<string[]> =>
    (await metrics.registry.metrics()).split('\n').filter((line) => /^slipway_(silent|words)/.test(line));
  expect(await shown()).toEqual([]);
  known.push(0);
  expect(await shown()).toEqual([
    'slipway_silent_seconds{app="test"} 0',
    'slipway_words_total{app="test"} 0',
  ]);
});
