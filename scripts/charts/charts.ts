import { readFileSync } from 'node:fs';
import type { TopLevelSpec } from 'vega-lite';
import { drawn } from './draw.js';
import { type SimFigures, simCharts } from './sim-placement.js';

/** Charts, and the figures that they are drawn from, each as its command prints them with `--json`. */
const FOLDER = 'docs/explanation/charts';

const figuresOf = (command: string): unknown => JSON.parse(readFileSync(`${FOLDER}/${command}.json`, 'utf8'));

const specs = (): Readonly<Record<string, TopLevelSpec>> => ({
  ...simCharts(figuresOf('sim-placement') as SimFigures),
});

/** Every chart, by its file. */
export async function charts(): Promise<Readonly<Record<string, string>>> {
  const all = Object.entries(specs()).map(
    async ([name, spec]) => [`${FOLDER}/${name}.svg`, await drawn(spec)] as const,
  );
  return Object.fromEntries(await Promise.all(all));
}
