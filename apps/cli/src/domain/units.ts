/** What is not known, and what is a gap. */
export const UNKNOWN = '-';

const STEP = 1024;
const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
const LONG = 99.95;

/** Three or four digits: 1.0, 99.9, 100. */
const short = (value: number): string => value.toFixed(value < LONG ? 1 : 0);

/** Of which the amount has at most four digits. */
function unitOf(bytes: number): number {
  let unit = 0;
  while (unit < UNITS.length - 1 && bytes / STEP ** unit >= STEP - 0.5) unit += 1;
  return unit;
}

const inUnit = (bytes: number, unit: number): string =>
  unit === 0 ? bytes.toFixed(0) : short(bytes / STEP ** unit);

/** 12.1 KiB. */
export function bytesText(bytes: number | null): string {
  if (bytes === null) return UNKNOWN;
  const unit = unitOf(bytes);
  return `${inUnit(bytes, unit)} ${UNITS[unit]}`;
}

/** As wide as `short` can be, and a column of it does not move. */
const SHORT_WIDTH = 4;

/** 3.1 of 8.0 GiB, in the unit of the total; without a total the amount alone. */
export function bytesOfText(bytes: number | null, total: number | null): string {
  if (bytes === null || total === null) return bytesText(bytes);
  const unit = unitOf(total);
  return `${inUnit(bytes, unit).padStart(SHORT_WIDTH)} of ${inUnit(total, unit)} ${UNITS[unit]}`;
}

/** 12.1 KiB/s. */
export const rateText = (bytesPerSecond: number | null): string =>
  bytesPerSecond === null ? UNKNOWN : `${bytesText(bytesPerSecond)}/s`;

/** 1.24 of 4, in cores. */
export const coresText = (cores: number, of: number | null): string =>
  of === null
    ? cores.toFixed(2)
    : `${cores.toFixed(2).padStart(of.toFixed(2).length)} of ${Number(of.toFixed(2))}`;

/** 31 %. */
export const shareText = (share: number | null): string =>
  share === null ? UNKNOWN : `${(share * 100).toFixed(0)} %`;

export const shareOf = (part: number | null, total: number | null): number | null =>
  part === null || total === null || total === 0 ? null : part / total;

export const countText = (count: number | null): string => (count === null ? UNKNOWN : String(count));

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/** How long ago: 3 s, 12 min, 2 h. */
export function ageText(ms: number | null): string {
  if (ms === null) return UNKNOWN;
  if (ms < MINUTE_MS) return `${Math.floor(ms / SECOND_MS)} s`;
  return ms < HOUR_MS ? `${Math.floor(ms / MINUTE_MS)} min` : `${Math.floor(ms / HOUR_MS)} h`;
}
