import { z } from 'zod';
import { printable } from '../names.js';
import { answeredTime, pageOf, pageQuery } from './conventions.js';
import { defineRoute } from './route.js';

export const RESCALED_RESOURCES = ['cpu', 'memory', 'diskRead', 'diskWrite', 'network', 'energy'] as const;

/** What a process of the rescaler may run, by the names of the seed's microservices. */
export const RESCALER_FEATURES = [
  'structures',
  'snapshoter',
  'history',
  'refeeder',
  'guardian',
  'scaler',
  'rebalancer',
  'budget',
] as const;
export type RescalerFeature = (typeof RESCALER_FEATURES)[number];

const milliseconds = () => z.int().min(0).max(3_600_000);
const resource = z.enum(RESCALED_RESOURCES);
/** JsonLogic is a tree of objects with one member. */
const logic = z.record(z.string(), z.unknown());
const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;
const ruleName = () => z.string().regex(NAME, 'expected a name such as CpuRescaleUp');

export const rescalingRuleSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('events'),
    name: ruleName(),
    resource,
    when: logic.describe('JsonLogic over usage, max, min, current, upper and lower.'),
    direction: z.enum(['up', 'down']),
    isActive: z.boolean().default(true),
  }),
  z.strictObject({
    kind: z.literal('requests'),
    name: ruleName(),
    resource,
    when: logic.describe('JsonLogic over events.up and events.down.'),
    direction: z.enum(['up', 'down']),
    by: z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.enum(['fixed', 'proportional']), amount: z.int().min(1) }),
      z.strictObject({ kind: z.literal('fit_to_usage') }),
    ]),
    eventsToRemove: z.int().min(0).max(1_000),
    isActive: z.boolean().default(true),
  }),
]);

export type RescalingRule = z.output<typeof rescalingRuleSchema>;

const boundarySchema = z.strictObject({
  percent: z.number().min(0).max(50).describe('Between `current`, `upper` and `lower`.'),
  of: z.enum(['max', 'current']),
});

/** All that is configured while it runs. What is left out stays as it is. */
export const rescalingSettingsSchema = z.strictObject({
  active: z
    .strictObject(
      Object.fromEntries(RESCALER_FEATURES.map((feature) => [feature, z.boolean().optional()])) as Record<
        RescalerFeature,
        z.ZodOptional<z.ZodBoolean>
      >,
    )
    .optional()
    .describe('Features that are on; all are where nobody says.'),
  windowMs: milliseconds().min(1_000).optional().describe('Over so long use is averaged by `serverless`.'),
  delayMs: milliseconds().optional().describe('The window ends so long ago.'),
  lookEveryMs: milliseconds()
    .min(1_000)
    .optional()
    .describe('The rules look so often; a look counts one event.'),
  eventTimeoutMs: milliseconds().min(1_000).optional().describe('Older events do not count.'),
  boundaries: z
    .strictObject({
      cpu: boundarySchema.optional(),
      memory: boundarySchema.optional(),
      disk: boundarySchema.optional(),
      network: boundarySchema.optional(),
    })
    .optional(),
  slo: z
    .strictObject({
      throttledTarget: z
        .number()
        .min(0)
        .max(1)
        .optional()
        .describe('Of the periods of the limit, the share in which a container may be held back.'),
      historyMs: milliseconds()
        .min(1_000)
        .optional()
        .describe('Use of so long counts when a limit is lowered.'),
      freePercent: z
        .number()
        .min(0)
        .max(500)
        .optional()
        .describe('Of memory, disk and network: kept free above what is used.'),
      stepPercent: z
        .number()
        .min(1)
        .max(90)
        .optional()
        .describe('These limits go down by no more at a time.'),
      restMs: milliseconds().optional().describe('After one step down the next one comes no earlier.'),
    })
    .optional(),
  rules: z
    .array(rescalingRuleSchema)
    .max(200)
    .optional()
    .describe('All rules of `serverless`, in place of the usual ones.'),
  learning: z
    .enum(['off', 'on'])
    .optional()
    .describe('Whether what instances use becomes the limits that new ones start with.'),
});

export type RescalingSettings = z.output<typeof rescalingSettingsSchema>;

export const settingsVersionSchema = z.looseObject({
  version: z.number(),
  settings: rescalingSettingsSchema.loose(),
  principal: z.string(),
  reason: z.string().optional(),
  at: answeredTime.optional(),
});

export type SettingsVersion = z.infer<typeof settingsVersionSchema>;

const answered = { 200: { description: 'What counts now.', schema: settingsVersionSchema } };

export const rescalingSettingsRoutes = {
  rescalingSettings: defineRoute({
    id: 'rescalingSettings',
    method: 'GET',
    path: '/v1/rescaling/settings',
    summary: 'What is configured: features that are on, rules, windows, boundaries.',
    role: 'read',
    answers: answered,
  }),
  setRescalingSettings: defineRoute({
    id: 'setRescalingSettings',
    method: 'PUT',
    path: '/v1/rescaling/settings',
    summary: 'Changes what is configured, while all runs. What is left out stays as it is.',
    role: 'admin',
    query: z.strictObject({ reason: printable(500).optional() }),
    body: rescalingSettingsSchema,
    answers: answered,
  }),
  rescalingSettingsVersions: defineRoute({
    id: 'rescalingSettingsVersions',
    method: 'GET',
    path: '/v1/rescaling/settings/versions',
    summary: 'Every version of the settings, the newest first: who changed them, and why.',
    role: 'read',
    query: z.strictObject({ ...pageQuery }),
    answers: { 200: { description: 'A page of versions.', schema: pageOf(settingsVersionSchema) } },
  }),
};
