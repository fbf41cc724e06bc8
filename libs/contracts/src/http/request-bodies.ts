import { z } from 'zod';
import {
  deploymentRequested,
  type DeploymentRequest,
  type RequestMode,
  strictServicesSchema,
} from '../messages/deployment-requested.js';
import { canaryRequestSchema, isTried, scaleRequested } from '../messages/scale-requested.js';
import { tokenSchema } from '../names.js';

// Bodies are strict, unlike messages: a field that is mistyped, such as `replica`, or that does not count in its mode
// would change what is done without a word.

/** In a body of HTTP the token may be left out: then one is made up. */
const token = tokenSchema.optional().transform((given) => given ?? `http-${crypto.randomUUID()}`);

/** A message claims who sends it. A body need not, and must not. */
const refused: z.ZodType<string, string> = z.never('leave it out: the token of the call proves who asks');
const principal = refused.optional();

/** It is filled in where a request is read. */
const { written: _deployments, ...ofDeployment } = deploymentRequested.schema.in.shape;
const { written: _scalings, ...ofScaling } = scaleRequested.schema.in.shape;

const strictCanary = z
  .strictObject(canaryRequestSchema.shape)
  .superRefine(({ percent, instances }, context) => {
    if (instances !== undefined && !isTried(percent))
      context.addIssue({
        ...{ code: 'custom', path: ['instances'], input: undefined },
        message: 'counts only with 1 to 99 percent: with 0 and 100 there is no canary',
      });
  })
  .optional()
  .describe(ofScaling.canary.description ?? '');

const deploymentFields = z.strictObject({
  ...ofDeployment,
  ...{ services: strictServicesSchema, token, principal },
});

/** The modes in which a field counts; it counts in all when it is not here. */
const modesOf = {
  source: ['build', 'build-and-run'],
  release: ['run', 'rollback'],
  replicas: ['run', 'build-and-run'],
  restart: ['run', 'build-and-run', 'rollback'],
  dryRun: ['run', 'build', 'build-and-run', 'stop', 'rollback'],
  cancels: ['cancel'],
} as const satisfies Readonly<Record<string, readonly RequestMode[]>>;

function checkCounts(
  { mode, services, ...fields }: z.output<typeof deploymentFields>,
  context: z.RefinementCtx,
): void {
  const wrong = (path: PropertyKey[], message: string): void =>
    context.addIssue({ code: 'custom', path, message, input: undefined });
  const check = (field: keyof typeof modesOf, value: unknown, path: PropertyKey[]): void => {
    const modes: readonly RequestMode[] = modesOf[field];
    if (value === undefined || value === false || modes.includes(mode)) return;
    wrong([...path, field], `counts only in the modes ${modes.join(', ')}`);
  };
  for (const field of ['restart', 'dryRun', 'cancels'] as const) check(field, fields[field], []);
  if (mode === 'cancel' && services.length > 0) wrong(['services'], 'must be left out in the mode cancel');
  services.forEach((service, index) => {
    for (const field of ['source', 'release', 'replicas'] as const)
      check(field, service[field], ['services', index]);
  });
}

// The message's own schema comes second: it has the checks across fields, and takes what the first has parsed.

export const deploymentBody = deploymentFields
  .superRefine(checkCounts)
  .pipe(deploymentRequested.schema as z.ZodType<DeploymentRequest, z.output<typeof deploymentFields>>);

export const scaleBody = z
  .strictObject({ ...ofScaling, canary: strictCanary, token, principal })
  .pipe(scaleRequested.schema);
