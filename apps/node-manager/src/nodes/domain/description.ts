import type { Description } from './node.js';

const GIBIBYTE = 1024 ** 3;

type Size = Description['capacity'];

/** `disk=ssd, without rack, zone a, capacity 4 cores and 8 GiB`; undefined where nothing is different. Pure. */
export function changeText(before: Description, after: Description): string | undefined {
  const set = Object.entries(after.labels).filter(([key, value]) => before.labels[key] !== value);
  const removed = Object.keys(before.labels).filter((key) => !Object.hasOwn(after.labels, key));
  const parts = [
    ...set.map(([key, value]) => `${key}=${value}`),
    ...removed.map((key) => `without ${key}`),
    ...(before.zone === after.zone
      ? []
      : [after.zone === undefined ? 'without a zone' : `zone ${after.zone}`]),
    ...sizeChange('capacity', before.capacity, after.capacity),
    ...sizeChange('reserve', before.reserve, after.reserve),
  ];
  return parts.length === 0 ? undefined : parts.join(', ');
}

function sizeChange(what: string, before: Size, after: Size): readonly string[] {
  const text = sizeText(after);
  if (text === sizeText(before)) return [];
  return [text === '' ? `without a ${what}` : `${what} ${text}`];
}

/** Empty where nothing is given: a reserve of 0 is none. */
const sizeText = ({ cpus = 0, memoryBytes = 0 }: NonNullable<Size> = {}): string =>
  [
    ...(cpus > 0 ? [`${cpus} cores`] : []),
    ...(memoryBytes > 0 ? [`${Number((memoryBytes / GIBIBYTE).toFixed(3))} GiB`] : []),
  ].join(' and ');
