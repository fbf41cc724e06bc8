import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';

/** Opaque, so that it can be read on a light page and on a dark one. */
const LOOK = {
  background: '#ffffff',
  padding: 12,
  font: 'Helvetica, Arial, sans-serif',
  axis: {
    ...{ labelColor: '#333333', titleColor: '#333333', gridColor: '#e6e6e6', domainColor: '#999999' },
    labelLimit: 260,
  },
  header: { labelColor: '#333333', titleColor: '#333333' },
  title: { color: '#111111', subtitleColor: '#555555', anchor: 'start', offset: 12 },
  legend: { labelColor: '#333333', titleColor: '#333333', labelLimit: 260 },
  view: { stroke: null },
} as const;

/** A chart as SVG, the same text for the same specification: without a canvas, widths of texts are estimated. */
export async function drawn(spec: TopLevelSpec): Promise<string> {
  const compiled = compile({ ...spec, config: LOOK } as TopLevelSpec);
  const view = new View(parse(compiled.spec), { renderer: 'none' });
  try {
    return `${await view.toSVG()}\n`;
  } finally {
    view.finalize();
  }
}

/** Our own bars stand out among those of others. */
export const OWN = '#1f6feb';
export const OTHER = '#a8b3c2';
export const GOAL_LINE = '#d1242f';
