import { type RescalerFeature, RESCALER_FEATURES, type RescalingSettings } from '#libs/contracts';
import type { GuardSettings } from '../../guardian/domain/guardian.js';
import type { Rule } from '../../guardian/domain/rules.js';
import { defaultSettings } from '../../guardian/domain/settings.js';
import type { Boundaries } from '../../structures/domain/built.js';

/** What counts: what was configured over the usual values. */
export interface CurrentSettings {
  /** 0: nobody has configured anything. */
  readonly version: number;
  readonly guard: GuardSettings;
  readonly boundaries: Boundaries;
  readonly active: Readonly<Record<RescalerFeature, boolean>>;
  readonly isLearning: boolean;
}

/** The seed's: CPU by a twentieth of its `max`, memory by a tenth, the rest by a twentieth. */
const USUAL: Boundaries = {
  cpu: { boundary: 5, boundaryOf: 'max' },
  memory: { boundary: 10, boundaryOf: 'current' },
  diskRead: { boundary: 5, boundaryOf: 'max' },
  diskWrite: { boundary: 5, boundaryOf: 'max' },
  network: { boundary: 5, boundaryOf: 'max' },
};

/** Pure. */
export function currentSettings(version: number, settings: RescalingSettings): CurrentSettings {
  return {
    ...{ version, guard: guardSettings(settings), boundaries: boundariesOf(settings) },
    active: Object.fromEntries(
      RESCALER_FEATURES.map((feature) => [feature, settings.active?.[feature] ?? true]),
    ) as CurrentSettings['active'],
    isLearning: settings.learning !== 'off',
  };
}

function guardSettings(settings: RescalingSettings): GuardSettings {
  const { windowMs, delayMs, lookEveryMs, eventTimeoutMs, slo = {}, rules } = settings;
  const { freePercent, stepPercent, restMs, ...own } = slo;
  const usual = defaultSettings;
  return {
    ...usual,
    ...given({ windowMs, delayMs, lookEveryMs, eventTimeoutMs }),
    ...(rules !== undefined && { rules: rules as unknown as readonly Rule[] }),
    slo: {
      ...{ ...usual.slo, ...given(own) },
      headroom: { ...usual.slo.headroom, ...given({ freePercent, stepPercent, restMs }) },
    },
  };
}

function boundariesOf({ boundaries = {} }: RescalingSettings): Boundaries {
  const of = (name: keyof typeof boundaries, usual: Boundaries['cpu']): Boundaries['cpu'] => {
    const said = boundaries[name];
    return said === undefined ? usual : { boundary: said.percent, boundaryOf: said.of };
  };
  return {
    ...{ cpu: of('cpu', USUAL.cpu), memory: of('memory', USUAL.memory) },
    ...{ diskRead: of('disk', USUAL.diskRead), diskWrite: of('disk', USUAL.diskWrite) },
    network: of('network', USUAL.network),
  };
}

/** Settings with a change: what the change leaves out stays. Pure. */
export const changedSettings = (before: RescalingSettings, change: RescalingSettings): RescalingSettings => ({
  ...before,
  ...given(change),
  ...(change.active && { active: { ...before.active, ...given(change.active) } }),
  ...(change.boundaries && { boundaries: { ...before.boundaries, ...given(change.boundaries) } }),
  ...(change.slo && { slo: { ...before.slo, ...given(change.slo) } }),
});

/** Without members that are undefined. */
const given = <T extends object>(values: T): { [K in keyof T]?: NonNullable<T[K]> } =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: NonNullable<T[K]>;
  };
