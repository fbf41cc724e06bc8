import type { Description } from './node.js';

/** What people change of a node. `null`: it has none any more. */
export interface DescriptionChange {
  readonly labels?: Readonly<Record<string, string>>;
  readonly removeLabels?: readonly string[];
  readonly zone?: string | null;
  readonly capacity?: Description['capacity'] | null;
  readonly reserve?: Description['reserve'] | null;
}

const GIBIBYTE = 1024 ** 3;

/** What is left out stays; labels are added to those that are there. */
export function describedBy(before: Description, change: DescriptionChange): Description {
  const { removeLabels = [], ...rest } = change;
  const labels = Object.entries({ ...before.labels, ...rest.labels }).filter(
    ([key]) => !removeLabels.includes(key),
  );
  const kept = { ...before, ...rest, labels: Object.fromEntries(labels) };
  const { zone, capacity, reserve } = kept;
  return {
    labels: kept.labels,
    zone: zone ?? undefined,
    capacity: capacity ?? undefined,
    reserve: reserve ?? undefined,
  };
}

type Size = Description['capacity'];

/** `disk=ssd, without rack, zone a, capacity 4 cores and 8 GiB`; undefined where nothing is different. Pure. */
export function changeText(before: Description, after: Description): string | undefined {
  const set = Object.entries(after.labels).filter(([key, value]) => before.labels[key] !== value);
  const removed = Object.keys(before.labels).filter((key) => !(key in after.labels));
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
