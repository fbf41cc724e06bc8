import { z } from 'zod';
import { serviceNameSchema } from './names.js';
import { labelKeySchema, labelValueSchema } from './node-labels.js';

const MOST_RULES = 20;
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

/** `placement` of config.json: on which nodes the instances of the service may run. All that is said must hold. */
export const placementSchema = z
  .strictObject({
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
  })
  .refine(
    ({ affinity = [], antiAffinity = [] }) => !affinity.some((service) => antiAffinity.includes(service)),
    { path: ['antiAffinity'], error: 'expected no service of affinity' },
  );
