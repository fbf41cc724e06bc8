import type { LimitDecision, ServiceLimits } from '#libs/contracts';
import { tableLines } from './table.js';

const NONE = '-';
type Resources = ServiceLimits['containers'][number]['resources'];

/** What limits a service has: bounds, who said so, and what each instance has and uses. Pure. */
export function limitsLines(limits: ServiceLimits): string[] {
  const { containers, history } = limits;
  const rows = containers.map(({ id, host, resources, because = {} }) => [
    ...[id, host, cell(resources, 'cpu'), used(resources, 'cpu'), cell(resources, 'memoryMiB', ' MiB')],
    ...[used(resources, 'memoryMiB', ' MiB'), because['cpu'] ?? because['memoryMiB'] ?? NONE],
  ]);
  return [
    ...summaryOf(limits),
    ...(rows.length === 0
      ? []
      : ['', ...tableLines(['INSTANCE', 'NODE', 'CPU', 'USED', 'MEMORY', 'USED', 'WHY'], rows)]),
    ...(history.length === 0 ? [] : ['', ...tableLines(['WHEN', 'BY', 'SAID', 'REASON'], history.map(said))]),
  ];
}

function summaryOf({ appId, service, policy, guarded, setBy, bounds = {} }: ServiceLimits): string[] {
  const name = `${appId}/${service}`;
  if (setBy === 'nobody')
    return [`The limits of ${name} stay as they are: nobody asked that they follow use.`];
  const who = setBy === 'api' ? 'as somebody has set' : 'as config.json declares';
  const shown = Object.entries(bounds).flatMap(([limit, within]) =>
    isBounds(within) ? [`  ${limit}: ${within.min} to ${within.max}`] : [],
  );
  const guard = guarded ? [] : [`  unguarded: nothing is changed until slipway guard ${appId} ${service}`];
  return [`The limits of ${name} follow what it uses by ${policy ?? 'slo'}, ${who}`, ...shown, ...guard];
}

const isBounds = (value: unknown): value is { readonly min: number; readonly max: number } =>
  typeof value === 'object' && value !== null && 'min' in value && 'max' in value;

const rounded = (value: number): string => String(Math.round(value * 100) / 100);

const cell = (resources: Resources, limit: string, unit = ''): string => {
  const current = resources[limit]?.current;
  return current === undefined ? NONE : `${rounded(current)}${unit}`;
};

const used = (resources: Resources, limit: string, unit = ''): string => {
  const usage = resources[limit]?.usage;
  return usage === undefined ? NONE : `${rounded(usage)}${unit}`;
};

const said = ({ at, principal, said: what, reason }: ServiceLimits['history'][number]): string[] => [
  ...[`${at.slice(0, 19)}Z`, principal, what === undefined ? 'taken back' : JSON.stringify(what)],
  reason ?? NONE,
];

/** Why limits are as they are, the newest first. Pure. */
export function limitDecisionLines(decisions: readonly LimitDecision[]): string[] {
  if (decisions.length === 0) return ['Nothing was decided yet.'];
  return decisions.flatMap((one) => {
    const times = one.times > 1 ? ` (${one.times} times until ${one.until.slice(11, 19)}Z)` : '';
    return [
      `${one.at.slice(0, 19)}Z  ${one.container}  ${one.limit}  ${one.text}${times}`,
      ...(one.refused ? [`  refused: ${one.refused.code}, ${one.refused.why}`] : []),
      ...(one.applied !== undefined && one.applied !== one.to ? [`  applied: ${one.applied}`] : []),
    ];
  });
}
