import type { ScenarioFigures, Spread } from './figures.js';

export type Results = Readonly<Record<string, ScenarioFigures>>;

const shown = (spread: Spread | undefined): string =>
  spread === undefined ? '-' : `${spread.median} (${spread.min}-${spread.max})`;

function rowOf(name: string, figures: ScenarioFigures): readonly string[] {
  const { slipway, byHand, floor, slipwayToHand, floorToHand, goal, met } = figures;
  const aim = goal === undefined ? '-' : `<= ${goal.toFixed(2)} ${met ? 'met' : 'MISSED'}`;
  return [
    ...[name, shown(slipway), shown(byHand), shown(floor)],
    ...[slipwayToHand.toFixed(2), floorToHand?.toFixed(2) ?? '-', aim],
  ];
}

const HEAD = ['', 'Slipway', 'by hand', 'floor', 'Slipway/hand', 'floor/hand', 'goal'];

function table(rows: readonly (readonly string[])[]): string {
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '))
    .map((line) => line.trimEnd())
    .join('\n');
}

function breakdown(name: string, { slipway, phases, steps }: ScenarioFigures): string {
  const parts = Object.entries(phases).map(([phase, ms]) => `${phase} ${ms}`);
  const stored = steps.map(({ event, at }) => `${event} +${at}`);
  return `${name}, Slipway's median run (${slipway.median} ms): ${parts.join(', ')}\n  stored: ${stored.join(', ')}`;
}

/** Medians (least-most) in milliseconds, and where a median run of Slipway spends them. */
export function printed(results: Results, runs: number): string {
  const all = Object.entries(results);
  const rows = [HEAD, ...all.map(([name, figures]) => rowOf(name, figures))];
  const lines = all.map(([name, figures]) => breakdown(name, figures));
  return `\nMedian (min-max) of ${runs} runs each, in ms:\n${table(rows)}\n\n${lines.join('\n')}`;
}
