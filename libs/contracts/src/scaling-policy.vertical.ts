import { z } from 'zod';

/** What an engine takes at least, as `resources` of config.json has it. */
const cores = () => z.number().min(0.01).max(256);
const mebibytes = () => z.int().min(6).max(1_048_576);

/**
 * Who decides what limits should be. `slo`: by how often the processor is held back (Autothrottle), within a second.
 * `serverless`: by the rules of ServerlessContainers. `fixed`: limits stay as they are. `advise`: as `slo`, only told.
 */
export const RESCALING_POLICIES = ['slo', 'serverless', 'fixed', 'advise'] as const;

export type RescalingPolicy = (typeof RESCALING_POLICIES)[number];

const bounds = (one: () => z.ZodNumber, whole: string) =>
  z
    .strictObject({ min: one(), max: one() }, `expected an object such as ${whole}`)
    .refine(({ min, max }) => min <= max, { path: ['min'], error: 'expected at most max' });

/** The members of `scaling.vertical`, for whoever lists the fields of config.json. */
export const verticalFields = z.strictObject({
  cpu: bounds(cores, '{ "min": 0.2, "max": 1 }')
    .describe('Cores of one instance, at least and at most. Without it, its CPU limit stays as it is.')
    .optional(),
  memoryMiB: bounds(mebibytes, '{ "min": 128, "max": 512 }')
    .describe('Memory of one instance in MiB, at least and at most. Without it, its limit stays as it is.')
    .optional(),
  policy: z
    .enum(RESCALING_POLICIES)
    .default('slo')
    .describe(
      'What decides: `slo`, how often the processor is held back, within a second; `serverless`, the rules of ServerlessContainers; `fixed`, nothing; `advise`, as `slo`, but only said.',
    ),
});

/** How the limits of instances follow what they use. Cores, and MiB. */
export const verticalSchema = verticalFields.refine(
  ({ cpu, memoryMiB }) => cpu !== undefined || memoryMiB !== undefined,
  { path: ['cpu'], error: 'expected cpu, memoryMiB or both: otherwise no limit may change' },
);

export type VerticalScaling = z.output<typeof verticalSchema>;

interface StartingLimits {
  readonly cpu: number;
  readonly memoryMiB: number;
}

interface VerticalProblem {
  /** Path below `vertical`. */
  readonly field: string;
  readonly expected: string;
}

/** Instances start with `resources`, so bounds hold that. Pure. */
export function verticalProblems(
  vertical: VerticalScaling,
  resources: StartingLimits,
): readonly VerticalProblem[] {
  return (['cpu', 'memoryMiB'] as const).flatMap((resource) => {
    const within = vertical[resource];
    const start = resources[resource];
    if (within === undefined || (within.min <= start && start <= within.max)) return [];
    const side = start < within.min ? 'min' : 'max';
    return [
      {
        field: `${resource}.${side}`,
        expected: `expected at ${side === 'min' ? 'most' : 'least'} ${start}, which instances start with by resources.${resource}`,
      },
    ];
  });
}
