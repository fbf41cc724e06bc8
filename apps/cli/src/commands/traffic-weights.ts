import type { TrafficOverride } from '#libs/contracts';
import { openLoadBalancer } from '../adapters/load-balancer.js';
import { EXPECTED_WEIGHT, parseWeight, type WeightWish } from '../domain/weights.js';
import { exitCodes, type ExitCode, usageError } from '../errors.js';
import type { Output } from '../output.js';
import { durationMs } from './node-fields.js';

export interface WeightOptions {
  /** `INSTANCE=20` or `INSTANCE=auto` each. */
  readonly weight?: readonly string[];
  /** `10m`. */
  readonly for?: string;
}

/** Sets weights of instances at all gateways, or has the gateways weigh them by themselves again. */
export async function setWeights(
  { weight = [], for: time }: WeightOptions,
  output: Output,
): Promise<ExitCode> {
  const forMs = durationMs('--for', time);
  const wishes = weight.map(wishOf);
  const balancer = openLoadBalancer();
  const [set, ended]: TrafficOverride[][] = [[], []];
  for (const { instance, weight: wanted } of wishes) {
    if (wanted === undefined) ended?.push(await balancer.endWeight(instance));
    else set?.push(await balancer.setWeight(instance, { weight: wanted, forMs }));
  }
  output.answer({ set, ended }, [...(set ?? []).map(setLine), ...(ended ?? []).map(endedLine)]);
  return exitCodes.ok;
}

function wishOf(text: string): WeightWish {
  const wish = parseWeight(text);
  if (wish !== undefined) return wish;
  throw usageError('USAGE', `--weight is ${JSON.stringify(text)}: ${EXPECTED_WEIGHT}`, {
    hint: 'slipway traffic shows the names of instances.',
  });
}

const setLine = ({ instance, weight, until }: TrafficOverride): string =>
  `${instance} has the weight ${weight} at all gateways, ${until === undefined ? `until: slipway traffic --weight ${instance}=auto` : `until ${until}`}`;

const endedLine = ({ instance }: TrafficOverride): string =>
  `${instance} is weighed by the gateways themselves again`;
