import { z } from 'zod';
import { defineMessage, type MessageData } from '../message.js';
import {
  MOST_INSTANCES,
  printable,
  slipwayName,
  tokenSchema,
  writtenAppIdSchema,
  writtenServiceNameSchema,
} from '../names.js';
import { deadlineMsField, principalField } from '../request-fields.js';
import { topics } from '../topics.js';
import { checkWritten, writtenNames, writtenNamesField } from '../written-names.js';

/** How large a part of a service's requests another release gets, and by how many instances. */
export const canaryRequestSchema = z.object({
  release: printable(200).describe('The release that is tried: one that was built of this service.'),
  percent: z
    .int()
    .min(0)
    .max(100)
    .describe(
      'Its share of the requests. 0 takes the canary away; 100 gives it all of them, as a run of the release does.',
    ),
  instances: z
    .int()
    .min(1)
    .max(MOST_INSTANCES)
    .optional()
    .describe(
      "How many instances of it, with 1 to 99 percent. If absent: its share of the service's count, at least one.",
    ),
});

/** With so many percent of the requests a release is a canary; it is none with 0, and with all of them. */
export const isTried = (percent: number): boolean => percent > 0 && percent < 100;

/** More or fewer instances of what a service runs, or a part of its requests for another release. */
export const scaleRequested = defineMessage({
  type: 'slipway.scale.requested.v1',
  topic: topics.scaleRequests,
  summary: 'Start or stop instances of what a service runs, or try another release beside it.',
  schema: z
    .object({
      token: tokenSchema.describe('The request token: the idempotency key of the caller.'),
      appId: writtenAppIdSchema.describe("The application's id; each `_` is read as a hyphen."),
      service: writtenServiceNameSchema.describe('The name of the service; each `_` is read as a hyphen.'),
      by: z
        .int()
        .min(-MOST_INSTANCES)
        .max(MOST_INSTANCES)
        .optional()
        .describe(`How many more; fewer if negative. The sum must be from 0 to ${MOST_INSTANCES}.`),
      to: z.int().min(0).max(MOST_INSTANCES).optional().describe('How many instances there are to be.'),
      fence: z
        .int()
        .min(0)
        .optional()
        .describe(
          'Of an autoscaler, beside `to`: rises whenever another one decides about the service. A lower one than the service has seen is refused.',
        ),
      validUntil: z.iso
        .datetime({ offset: true })
        .optional()
        .describe(
          'Until when it may begin, RFC 3339. If its turn comes later, or a later request with a `fence` waits behind it, it is refused with `SCALE_OUTDATED`.',
        ),
      instance: printable(255)
        .optional()
        .describe('The name of the instance that is to be drained and stopped.'),
      canary: canaryRequestSchema
        .optional()
        .describe('A release that gets a part of the requests, beside the one that the service runs.'),
      reason: printable(500).optional().describe('Why, for those who read the requests later.'),
      principal: principalField,
      deadlineMs: deadlineMsField,
      written: writtenNamesField,
    })
    .superRefine((request, context) => {
      checkWritten(request, [request.service], context);
      const { by, to, instance, canary, fence } = request;
      const given = [by, to, instance, canary].filter((value) => value !== undefined);
      if (given.length !== 1 || by === 0)
        context.addIssue({
          code: 'custom',
          path: ['by'],
          message: 'exactly one of by (not 0), to, instance and canary must be given',
          input: by,
        });
      if (fence !== undefined && to === undefined)
        context.addIssue({
          ...{ code: 'custom', path: ['fence'], input: undefined },
          message: 'counts beside to only: an autoscaler says how many there are to be',
        });
    })
    .transform((request) => ({
      ...request,
      appId: slipwayName(request.appId),
      service: slipwayName(request.service),
      written: writtenNames(request, [request.service]),
    })),
  key: (data) => data.appId,
  example: { token: 'scale-4711', appId: 'shop', service: 'app-server', by: 1, reason: 'CPU above 80 %' },
});

export type ScaleRequest = MessageData<typeof scaleRequested>;
