import { MOST_WEIGHT } from '#libs/contracts';

/** A weight for an instance; without one, the gateways weigh it by themselves again. */
export interface WeightWish {
  readonly instance: string;
  readonly weight?: number;
}

const AUTO = 'auto';

/** `shop-web-t1-0=20`, or `=auto`. Undefined of anything else. */
export function parseWeight(text: string): WeightWish | undefined {
  const [, instance, said] = /^([^=\s]+)=(\d{1,3}|auto)$/.exec(text) ?? [];
  if (instance === undefined || said === undefined) return undefined;
  if (said === AUTO) return { instance };
  return Number(said) > MOST_WEIGHT ? undefined : { instance, weight: Number(said) };
}

export const EXPECTED_WEIGHT = `expected INSTANCE=WEIGHT with 0 to ${MOST_WEIGHT}, or INSTANCE=${AUTO}`;
