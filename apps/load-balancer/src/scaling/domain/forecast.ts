const DAY = 1_440;
const WEEK = 7 * DAY;
/** AWS forecasts after 24 h of history at least, and uses 14 days. */
const LEAST_MINUTES = DAY;
const MOST_DAYS = 14;
const MOST_WEEKS = 4;
/** A day counts so much of the one after it. */
const FADING = 0.7;
/** A season is the mean of so many minutes to each side, so that one odd minute is no season. */
const SMOOTH = 2;
/** The level of now is that of the last minutes, beside the same minutes of the season. */
const LEVEL_MINUTES = 20;
const LEAST_LEVEL = 0.5;
const MOST_LEVEL = 2;
/** Over so many minutes the seasons are judged. */
const JUDGED_MINUTES = 120;
/** Of what the forecasts of the last minutes were too low by, so much is added. */
const SAFE_QUANTILE = 0.9;
const MOST_SAFETY = 0.25;

/** The load of each minute, oldest first; NaN where none was recorded. The last one has just ended. */
export type Minutes = ArrayLike<number>;

/** Undefined before the first one, after the last one, and in gaps. */
function loadAt(minutes: Minutes, at: number): number | undefined {
  const value = minutes[at];
  return value === undefined || Number.isNaN(value) ? undefined : value;
}

export interface Forecast {
  /** The most that is expected within the horizon. */
  readonly load: number;
  /** So many minutes from now. */
  readonly inMinutes: number;
}

/**
 * The highest load of the next minutes; undefined with less than a day of history. Pure.
 *
 * Method: two seasonal naive forecasts, of the day and of the week (Hyndman, Athanasopoulos: Forecasting, Principles and
 * Practice, 5.2), each a mean of past seasons with weights that fade (as in simple exponential smoothing, 8.1), scaled to the
 * level of the last minutes, which carries the trend. Both are combined by weights inverse to their squared errors of the
 * last two hours (Bates and Granger 1969: The Combination of Forecasts). What these forecasts were too low by lately, at
 * the quantile 0.9, is added on top.
 */
export function forecast(minutes: Minutes, horizon: number): Forecast | undefined {
  if (minutes.length < LEAST_MINUTES) return undefined;
  const blend = blendOf(minutes);
  if (blend === undefined) return undefined;
  const now = minutes.length;
  const safety = 1 + shortfall(minutes, blend);
  let best: Forecast | undefined;
  for (let ahead = 0; ahead <= horizon; ahead += 1) {
    const load = blend(now + ahead);
    if (load !== undefined && load * safety > (best?.load ?? -1))
      best = { load: load * safety, inMinutes: ahead };
  }
  return best;
}

type Season = (minute: number) => number | undefined;

const seasonOf =
  (minutes: Minutes, period: number, most: number): Season =>
  (minute) => {
    let sum = 0;
    let weights = 0;
    for (let back = 1, weight = 1; back <= most; back += 1, weight *= FADING) {
      const value = around(minutes, minute - back * period);
      if (value === undefined) continue;
      sum += value * weight;
      weights += weight;
    }
    return weights === 0 ? undefined : sum / weights;
  };

function around(minutes: Minutes, minute: number): number | undefined {
  let sum = 0;
  let known = 0;
  for (let at = minute - SMOOTH; at <= minute + SMOOTH; at += 1) {
    const value = loadAt(minutes, at);
    if (value === undefined) continue;
    sum += value;
    known += 1;
  }
  return known === 0 ? undefined : sum / known;
}

/** A season at the level of the last minutes, and how far it was off lately. */
function levelled(
  minutes: Minutes,
  season: Season,
): { readonly season: Season; readonly error: number } | undefined {
  const recent = pairs(minutes, season, LEVEL_MINUTES);
  const expected = recent.reduce((sum, [, value]) => sum + value, 0);
  if (recent.length === 0) return undefined;
  const actual = recent.reduce((sum, [value]) => sum + value, 0);
  const level = expected === 0 ? 1 : Math.min(MOST_LEVEL, Math.max(LEAST_LEVEL, actual / expected));
  const judged = pairs(minutes, season, JUDGED_MINUTES);
  const error = judged.reduce((sum, [value, seen]) => sum + (value - seen * level) ** 2, 0) / judged.length;
  return {
    season: (minute) => {
      const value = season(minute);
      return value === undefined ? undefined : value * level;
    },
    error,
  };
}

/** The last minutes as they were, and as the season has them. */
function pairs(minutes: Minutes, season: Season, count: number): readonly (readonly [number, number])[] {
  const found: (readonly [number, number])[] = [];
  for (let at = Math.max(0, minutes.length - count); at < minutes.length; at += 1) {
    const value = loadAt(minutes, at);
    const expected = value === undefined ? undefined : season(at);
    if (value !== undefined && expected !== undefined) found.push([value, expected]);
  }
  return found;
}

function blendOf(minutes: Minutes): Season | undefined {
  const seasons = [seasonOf(minutes, DAY, MOST_DAYS), seasonOf(minutes, WEEK, MOST_WEEKS)].flatMap(
    (season) => levelled(minutes, season) ?? [],
  );
  if (seasons.length === 0) return undefined;
  const weights = seasons.map(({ error }) => 1 / (error + Number.EPSILON));
  return (minute) => {
    let sum = 0;
    let total = 0;
    seasons.forEach(({ season }, index) => {
      const value = season(minute);
      if (value === undefined) return;
      sum += value * (weights[index] ?? 0);
      total += weights[index] ?? 0;
    });
    return total === 0 ? undefined : sum / total;
  };
}

/** By which share the load was above the blend lately. */
function shortfall(minutes: Minutes, blend: Season): number {
  const shares = pairs(minutes, blend, JUDGED_MINUTES)
    .flatMap(([value, expected]) => (expected > 0 ? [value / expected - 1] : []))
    .toSorted((one, other) => one - other);
  const quantile = shares[Math.floor(shares.length * SAFE_QUANTILE)] ?? 0;
  return Math.min(MOST_SAFETY, Math.max(0, quantile));
}
