import { scalesToZero, type VerticalScaling } from '#libs/contracts';
import type { TaskState } from '../../task/domain/task.state.js';
import { isSameValue } from './same-value.js';
import { boundsText, ownsCount } from './scaling-bounds.js';
import type { ServiceSpec } from './spec.js';

/** What whoever deploys or scales a service should know of its policy. Pure. */
export const scalingNotes = (
  state: TaskState,
  before: ServiceSpec | undefined,
  after: ServiceSpec,
): readonly string[] => [
  ...policyNotes(state, before, after),
  ...ownerNotes(state, after),
  ...provingNotes(state, after),
];

const isDeployment = ({ mode }: TaskState): boolean => mode === 'run' || mode === 'build-and-run';

/** config.json has taken the policy over, or has left what somebody set. */
function policyNotes(
  state: TaskState,
  before: ServiceSpec | undefined,
  after: ServiceSpec,
): readonly string[] {
  if (!isDeployment(state) || before === undefined) return [];
  const { appId, service } = state;
  const { scaling } = after;
  if (isSameValue(scaling, before.scaling))
    return isSameValue(scaling, after.declaredScaling)
      ? []
      : [
          `The policy of ${appId}/${service} is not the one that config.json declares: it was set, and stays until ` +
            `that one changes. To see it: slipway scaling show ${appId} ${service}`,
        ];
  const moved =
    before.count === after.count ? '' : `, so ${after.count} are wanted instead of ${before.count}`;
  return [
    ...(ownsCount(scaling)
      ? [
          `${appId}/${service} scales within ${boundsText(scaling)} instances, as config.json declares${moved}.`,
        ]
      : []),
    ...(scaling?.vertical === undefined
      ? []
      : [`The limits of ${appId}/${service} follow what it uses, within ${limitsText(scaling.vertical)}.`]),
    ...(scaling === undefined
      ? [`${appId}/${service} does not scale any more, as config.json declares no scaling.`]
      : []),
  ];
}

const limitsText = ({ cpu, memoryMiB }: VerticalScaling): string =>
  [
    ...(cpu === undefined ? [] : [`${boundsText(cpu)} cores`]),
    ...(memoryMiB === undefined ? [] : [`${boundsText(memoryMiB)} MiB`]),
  ].join(' and ');

/** A person may ask for a count, and whoever decides by load may change it again. */
function ownerNotes(state: TaskState, { scaling }: ServiceSpec): readonly string[] {
  const { scale, replicas, appId, service } = state;
  const isPerson =
    replicas !== undefined ||
    scale?.by !== undefined ||
    scale?.to !== undefined ||
    scale?.instance !== undefined;
  if (!ownsCount(scaling) || !isPerson || scale?.fence !== undefined) return [];
  return [
    `The autoscaler owns the count of ${appId}/${service} within ${boundsText(scaling)}: it may change it again. ` +
      `slipway scaling show ${appId} ${service}`,
  ];
}

/** What is deployed while no instance is wanted. */
function provingNotes(state: TaskState, { state: wanted, count, scaling }: ServiceSpec): readonly string[] {
  if (state.mode === 'scale' || state.mode === 'stop' || wanted === 'stopped' || count > 0) return [];
  if (scaling === undefined || !scalesToZero(scaling)) return [];
  return [
    'No instance is wanted while no request comes: one is started to see that it becomes healthy, and stopped again.',
  ];
}

/** Whether the release has to be proven by an instance that is not wanted. */
export const provesRelease = ({ state, count, scaling }: ServiceSpec): boolean =>
  state === 'running' && count === 0 && scaling !== undefined && scalesToZero(scaling);
