export const partNames = ['cpu', 'memory', 'network', 'availability'] as const;
export type PartName = (typeof partNames)[number];

/** 100 is idle, 0 is saturated; a part that was not measured is absent. */
export type Parts = { readonly [P in PartName]?: number };

/** How much each part counts; one of 0 does not count at all. */
export type Weights = { readonly [P in PartName]: number };

/** As in RustyBalancer. */
export const usualWeights: Weights = { cpu: 0.35, memory: 0.25, network: 0.15, availability: 0.25 };

/**
 * The overall score is at most so many times a part. CPU: below 55 from 73 % of use on. Memory: below 55 from 91 % on, as
 * programs keep what they have, and more instances do not change that.
 */
const CAPS: Weights = { cpu: 2, memory: 6, network: 2, availability: 2 };

/**
 * The weighted mean of the parts that are known, as in RustyBalancer; but a part that is nearly used up caps it. There,
 * one saturated part alone could never bring the mean below the threshold of scaling.
 * @param trust how much the availability counts, 0 to 1
 * @returns undefined where no part is known
 */
export function overallOf(parts: Parts, weights: Weights, trust = 1): number | undefined {
  let [sum, weight, cap] = [0, 0, 100];
  for (const name of partNames) {
    const part = parts[name];
    const counts = name === 'availability' ? trust : 1;
    if (part === undefined || weights[name] * counts === 0) continue;
    sum += weights[name] * counts * part;
    weight += weights[name] * counts;
    cap = Math.min(cap, 100 - counts * (100 - Math.min(100, CAPS[name] * part)));
  }
  return weight === 0 ? undefined : Math.max(0, Math.min(cap, sum / weight));
}

/** What is left of 100 percent. */
export const roomLeft = (usedPercent: number): number => Math.min(100, Math.max(0, 100 - usedPercent));
