import { z } from 'zod';
import { serviceNameSchema } from './names.js';
import { labelKeySchema, labelValueSchema } from './node-labels.js';

const MOST_RULES = 20;
/** One hour. */
const LONGEST_WAIT_MS = 3_600_000;
const CONSTRAINT = /^(.*?)(!?=)(.*)$/s;

function isConstraint(text: string): boolean {
  const [, key, , value] = CONSTRAINT.exec(text) ?? [];
  return labelKeySchema.safeParse(key).success && labelValueSchema.safeParse(value).success;
}

const constraintSchema = z
  .string()
  .refine(
    isConstraint,
    'expected key=value or key!=value of a label of nodes, or of zone, such as "disk=ssd" or "zone!=eu-1"',
  );

const isDistinct = (values: readonly string[]): boolean => new Set(values).size === values.length;

const rules = <S extends z.ZodType<string>>(schema: S) =>
  z.array(schema).min(1).max(MOST_RULES).refine(isDistinct, 'expected each once');

const ruleFields = {
  constraints: rules(constraintSchema)
    .describe('`key=value` or `key!=value` of labels of the node; `zone` is a key, too.')
    .optional(),
  affinity: rules(serviceNameSchema)
    .describe(
      'Services of the application: on a node that runs each of them. One that runs nowhere does not count.',
    )
    .optional(),
  antiAffinity: rules(serviceNameSchema)
    .describe('Services of the application: on a node that runs none of them.')
    .optional(),
};

type Neighbours = { readonly affinity?: readonly string[]; readonly antiAffinity?: readonly string[] };

const isPossible = ({ affinity = [], antiAffinity = [] }: Neighbours): boolean =>
  !affinity.some((service) => antiAffinity.includes(service));

const contradiction = { path: ['antiAffinity'], error: 'expected no service of affinity' };

/** On which nodes the instances of a service may run. All that is said must hold. */
export const placementRulesSchema = z.strictObject(ruleFields).refine(isPossible, contradiction);

/** The same, and whether others make room for it. What concerns waiting and moving later is no part of a plan. */
export const plannedPlacementSchema = z
  .strictObject({ ...ruleFields, preempt: z.boolean().optional() })
  .refine(isPossible, contradiction);

/**
 * `placement` of config.json: the rules, how long an instance may wait for room, whether others make room for it, and
 * whether it may be moved to balance the load.
 */
export const placementSchema = z
  .strictObject({
    ...ruleFields,
    waitMs: z.int().min(0).max(LONGEST_WAIT_MS).optional(),
    rebalance: z.boolean().optional(),
    preempt: z.boolean().optional(),
  })
  .refine(isPossible, contradiction)
  .refine(({ waitMs, preempt }) => preempt !== true || waitMs !== 0, {
    path: ['waitMs'],
    error: 'expected more than 0 with preempt: what makes room has to be stopped first',
  });
