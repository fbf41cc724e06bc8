import type { Answered } from './slipway-user.js';

/** Of many tasks of one request: when the first, the middle and the last of them stored each step. */
export function timeline(steps: Answered['steps']): string {
  const byEvent = new Map<string, number[]>();
  for (const { event, at } of steps) byEvent.set(event, [...(byEvent.get(event) ?? []), at]);
  const lines = [...byEvent].map(([event, times]) => {
    const sorted = times.toSorted((a, b) => a - b);
    const middle = sorted[Math.floor(sorted.length / 2)];
    return { middle, text: `    ${event}: ${sorted[0]}, ${middle}, ${sorted.at(-1)}` };
  });
  const inOrder = lines.toSorted((a, b) => Number(a.middle) - Number(b.middle)).map(({ text }) => text);
  return ['  stored by the first, the middle and the last service, in ms:', ...inOrder].join('\n');
}
