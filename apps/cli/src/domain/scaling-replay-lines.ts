import type { ScalingReplay } from '#libs/contracts';
import type { Paint } from './progress-lines.js';
import { tableLines } from './table.js';
import { UNKNOWN } from './units.js';

type Ran = ScalingReplay['ran'];
type Replayed = ScalingReplay['proposed'];

/** The rest is in the JSON. */
const MOST_UNRESOLVED = 20;

const hours = (seconds: number): string => `${Math.round(seconds / 360) / 10} h`;
const time = (at: string): string => `${at.slice(0, 19)}Z`;

/** What a policy would have done, beside the present one and what ran; then what the figures cannot say of it. */
export function scalingReplayLines(replay: ScalingReplay, paint: Paint): string[] {
  const { appId, service, from, to, seconds, proposed, present, ran } = replay;
  const asked = (Date.parse(to) - Date.parse(from)) / 1_000;
  return [
    `${paint.bold(`${appId}/${service}`)}  ${time(from)} to ${time(to)}, with figures of ${hours(seconds)} of ${hours(asked)}`,
    '',
    ...tableLines(['', 'PROPOSED', 'PRESENT', 'RAN'], figureRows(proposed, present, ran)),
    ...unresolvedLines(proposed, paint),
  ];
}

function figureRows(proposed: Replayed, present: Replayed | undefined, ran: Ran): readonly string[][] {
  const row = (name: string, of: (outcome: Ran) => number | string): string[] => [
    ...[name, String(of(proposed)), present === undefined ? UNKNOWN : String(of(present)), String(of(ran))],
  ];
  return [
    row('instance-hours', (of) => of.instanceHours),
    // Where there is no present policy, what ran had no targets.
    ['s over own targets', String(proposed.overSeconds), ...overOwn(present, ran)],
    ...(present === undefined ? [] : [row('s over present targets', (of) => of.overPresentSeconds)]),
    row('changes', (of) => of.changes),
    row('flaps', (of) => of.flaps),
    row('instances', ({ least, most }) => (least === most ? least : `${least} to ${most}`)),
    row('instances at last', (of) => of.last),
  ];
}

const overOwn = (present: Replayed | undefined, ran: Ran): readonly string[] =>
  present === undefined ? [UNKNOWN, UNKNOWN] : [String(present.overSeconds), String(ran.overSeconds)];

function unresolvedLines({ unresolved, unresolvedMore }: Replayed, paint: Paint): string[] {
  if (unresolved.length === 0) return ['', 'The figures that are kept say all of it.'];
  const more = unresolvedMore + Math.max(0, unresolved.length - MOST_UNRESOLVED);
  return [
    ...['', paint.bold('The figures that are kept cannot say:')],
    ...tableLines(
      ['WHAT', 'FROM', 'TO', 'WHY'],
      unresolved
        .slice(0, MOST_UNRESOLVED)
        .map(({ what, why, from, to }) => [what, time(from), time(to), why]),
    ),
    ...(more === 0 ? [] : [`and ${more} more; --json lists ${unresolved.length}`]),
  ];
}
