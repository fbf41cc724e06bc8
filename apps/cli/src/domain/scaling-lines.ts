import {
  boundsAt,
  causeOfChange,
  scalesCount,
  scalingPolicySchema,
  type ServiceScaling,
} from '#libs/contracts';
import { tableLines } from './table.js';

const NONE = '-';

/**
 * How a service scales, then its changes, the newest first.
 * @param now milliseconds since 1970
 */
export function scalingLines(scaling: ServiceScaling, now: number): string[] {
  const { appId, service, policy, setBy, history } = scaling;
  const name = `${appId}/${service}`;
  const summary =
    policy === undefined
      ? [`${name} does not scale: as many instances are wanted as somebody has asked for.`]
      : [
          isOfLimitsAlone(policy)
            ? `The limits of ${name} follow what it uses, ${ownerText(setBy)}`
            : `${name} scales within ${boundsText(policy)}${ofNow(policy, now)}, ${ownerText(setBy)}`,
          ...partsOf(policy),
        ];
  if (history.length === 0) return summary;
  return [
    ...summary,
    '',
    ...tableLines(['REVISION', 'CHANGE', 'BOUNDS', 'WHEN', 'BY', 'REASON'], history.map(row)),
  ];
}

type Bounds = Pick<NonNullable<ServiceScaling['policy']>, 'min' | 'max'>;

const boundsText = ({ min, max }: Bounds): string => `${min} to ${max}`;

/** Whether its count is nobody's but config.json's and people's. One of a newer version may not be read. */
export function isOfLimitsAlone(policy: Bounds): boolean {
  const { success, data } = scalingPolicySchema.safeParse(policy);
  return success && !scalesCount(data);
}

const ownerText = (setBy: ServiceScaling['setBy']): string =>
  setBy === 'api'
    ? 'as somebody has set; a change of it in config.json counts again'
    : 'as config.json declares';

/** Only where a window that is open has other bounds. A policy of a newer version may not be read. */
function ofNow(policy: Bounds, now: number): string {
  const { success, data } = scalingPolicySchema.safeParse(policy);
  if (!success) return '';
  const bounds = boundsText(boundsAt(data, now));
  return bounds === boundsText(policy) ? '' : ` (now ${bounds}, by a window)`;
}

const cell = (policy: Bounds): string => (isOfLimitsAlone(policy) ? 'limits' : boundsText(policy));

/** A line for each member, as it would stand in config.json. */
const partsOf = ({ min: _min, max: _max, ...rest }: Bounds): string[] =>
  Object.entries(rest)
    .filter(
      ([, value]) => value !== undefined && JSON.stringify(value) !== '[]' && JSON.stringify(value) !== '{}',
    )
    .map(([name, value]) => `  ${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`);

function row({
  revision,
  change,
  policy,
  at,
  principal,
  verified,
  reason,
}: ServiceScaling['history'][number]): string[] {
  return [
    ...[String(revision), causeOfChange(change), policy === undefined ? NONE : cell(policy)],
    ...[`${at.slice(0, 19)}Z`, verified ? principal : `${principal}?`, reason ?? NONE],
  ];
}
