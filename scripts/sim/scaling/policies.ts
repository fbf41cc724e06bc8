import { scalingPolicySchema, type ScalingPolicy } from '#libs/contracts';
import { hpa, ours, type Scaler, seed } from './scalers.js';
import { concurrencyAt, type ServiceShape } from './service.js';

/** Of what an instance can do; all scalers aim at it. */
export const AIM = 0.6;
/** A second is over above it. */
export const OVER = 0.8;
export const MOST = 40;

export const policy = (given: object): ScalingPolicy => scalingPolicySchema.parse({ max: MOST, ...given });

/** Our targets, the HPA and the seed, made anew for each run. The seed has the thresholds of its own load tools. */
export function scalersFor(shape: ServiceShape, max: number = MOST, min = 1): readonly (() => Scaler)[] {
  const thresholds = { high: 60, low: 75, critical: 30 };
  const own = (name: string, targets: object) => () =>
    ours(`Slipway, ${name}`, policy({ min, max, targets }));
  return [
    own('concurrency', { concurrency: concurrencyAt(shape, AIM) }),
    own('CPU', { cpu: AIM * 100 }),
    own('score', { score: thresholds }),
    () => hpa(AIM * 100, { min, max }),
    () => seed({ ...thresholds, min: Math.max(5, min), max }),
  ];
}
