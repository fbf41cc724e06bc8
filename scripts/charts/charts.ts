import { readFileSync } from 'node:fs';
import type { TopLevelSpec } from 'vega-lite';
import type { Results } from '../bench/placement/report.js';
import { benchCharts } from './bench-placement.js';
import { drawn } from './draw.js';
import { type SimFigures, simCharts } from './sim-placement.js';

/** Charts, and the figures that they are drawn from, each as its command prints them with `--json`. */
const FOLDER = 'docs/explanation/charts';

const figuresOf = (command: string): unknown => JSON.parse(readFileSync(`${FOLDER}/${command}.json`, 'utf8'));

const specs = (): Readonly<Record<string, TopLevelSpec>> => ({
  ...simCharts(figuresOf('sim-placement') as SimFigures),
  ...benchCharts(figuresOf('bench-placement') as Results),
});

/** Every chart, by its file. */
export async function charts(): Promise<Readonly<Record<string, string>>> {
  const all = Object.entries(specs()).map(
    async ([name, spec]) => [`${FOLDER}/${name}.svg`, await drawn(spec)] as const,
  );
  return Object.fromEntries(await Promise.all(all));
}
