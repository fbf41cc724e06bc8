import {
  type DeploymentReply,
  type DeploymentRequest,
  type MoveRequest,
  type RequestedService,
  type ScaleReply,
  type ScaleRequest,
  type ServiceMode,
  type TaskError,
  sourceBlobName,
  topics,
  type WrittenNames,
  writtenService,
} from '#libs/contracts';
import type { Asker, MakesRoomFor, TaskEventOf } from '../../task/domain/task.events.js';

export interface IntakeRules {
  /** Topics that a request may name in `replyTo`; the default topic is always one of them. */
  readonly replyTopics: readonly string[];
  readonly defaultDeadlineMs: number;
}

export interface NewRequest {
  readonly token: string;
  /** As it was sent. */
  readonly request: object;
  readonly kind: 'deployment' | 'scale';
  readonly replyTopic: string;
}

export type FirstEvent = TaskEventOf<'TaskAccepted'>;
type Accepted = FirstEvent['data'];

/** What becomes of a request: tasks, an answer at once, or the end of another request. */
export type Intake =
  | { readonly type: 'tasks'; readonly request: NewRequest; readonly tasks: readonly FirstEvent[] }
  | { readonly type: 'answer'; readonly request: NewRequest; readonly reply: DeploymentReply | ScaleReply }
  | { readonly type: 'cancel'; readonly request: NewRequest; readonly cancels: string; readonly by: Asker };

/** What a reconciler asks for: a scale request of our own. */
export interface Repair {
  readonly token: string;
  readonly appId: string;
  readonly appName: string;
  readonly service: string;
  /** The instance in whose place another is started; without one, as many as are wanted. */
  readonly instance?: string;
  /** With `instance`: others of the service that do not run either, each with another in its place. */
  readonly alsoInstances?: readonly string[];
  /** It is to leave its node, also while it runs. */
  readonly moves?: true;
  /** With `moves`: it can run nowhere else, and may be missing. */
  readonly yields?: true;
  /** With `instance`: it is stopped for this one, and nothing stands in for it. */
  readonly makesRoomFor?: MakesRoomFor;
}

export function decideDeployment(
  request: DeploymentRequest,
  rules: IntakeRules,
  now: Date,
  proven?: string,
): Intake {
  const { token, mode, services, replyTo: replyTopic = topics.deploymentResponses } = request;
  if (replyTopic !== topics.deploymentResponses && !rules.replyTopics.includes(replyTopic))
    return refuseDeployment(request, replyTopicRefused(request));
  const accepted: NewRequest = { token, request, kind: 'deployment', replyTopic };
  const asked = askedBy(request, proven);
  if (mode === 'cancel') {
    const { principal, verified } = asked;
    return { type: 'cancel', request: accepted, cancels: request.cancels ?? '', by: { principal, verified } };
  }
  const common = { ...asked, deadlineAt: deadlineOf(request, rules, now) };
  const tasks = services.map((service) => taskOf(request, mode, service, common));
  return { type: 'tasks', request: accepted, tasks };
}

/** A refusal goes to the default topic: the one that was named may be what is wrong. */
export function refuseDeployment(request: object, reply: DeploymentReply): Intake {
  const replyTopic = topics.deploymentResponses;
  return { type: 'answer', request: { token: reply.token, request, kind: 'deployment', replyTopic }, reply };
}

export function decideScale(request: ScaleRequest, rules: IntakeRules, now: Date, proven?: string): Intake {
  const { token, appId, service, by, to, fence, validUntil, instance, canary, written } = request;
  const task = {
    ...{ token, appId, appName: appId, service },
    written: writtenOf(service, written),
    ...askedBy(request, proven),
    deadlineAt: deadlineOf(request, rules, now),
  };
  if (canary?.percent === ALL) return promotion(request, task, canary.release);
  return scaleTask(request, { ...task, scale: { by, to, fence, validUntil, instance, canary } });
}

const ALL = 100;

/** With all requests, a release is rolled out as a run of it is. */
function promotion(
  request: ScaleRequest,
  task: Omit<Accepted, 'mode' | 'source'>,
  wantedRelease: string,
): Intake {
  const data = { ...task, mode: 'run' as const, source: { blob: '' }, wantedRelease };
  return {
    type: 'tasks',
    request: scaleRequestOf(request, task.token),
    tasks: [{ type: 'TaskAccepted', data }],
  };
}

const scaleRequestOf = (request: object, token: string): NewRequest => ({
  ...{ token, request, kind: 'scale', replyTopic: topics.scaleResponses },
});
/** What an autoscaler must know before it decides: whether another one decides since, and whether a rollout is under way. */
export interface KnownOfScaling {
  /** The highest one of the service so far. */
  readonly fence: number;
  readonly isRollingOut: boolean;
  /** Undefined where nothing was ever wanted of the service. */
  readonly count?: number;
}

/** Why an autoscaler's request is refused; undefined where it is taken in. Pure. */
export function autoscalerRefusal(request: ScaleRequest, known: KnownOfScaling): TaskError | undefined {
  const { appId, service, fence = 0, to = 0 } = request;
  if (fence < known.fence)
    return {
      code: 'FENCE_OUTDATED',
      message: `${appId}/${service} is decided about under fence ${known.fence} by now, and this has ${fence}.`,
      hint: 'Another load balancer holds the lease of the service. Nothing has to be done.',
    };
  if (known.isRollingOut && known.count !== undefined && to < known.count)
    return {
      code: 'ROLLOUT_UNDER_WAY',
      message: `A rollout of ${appId}/${service} is under way, so it is not scaled in to ${to}.`,
      hint: 'Decide again once it has ended.',
    };
  return undefined;
}

/** Of the load balancer: answered as a scale request. What is wanted of the service stays as it is. */
export function decideMove(request: MoveRequest, rules: IntakeRules, now: Date): Intake {
  const { token, appId, appName, service, instance, toNode, reason } = request;
  return scaleTask(request, {
    ...{ token, appId, appName, service, scale: { repairs: instance, moves: true, toNode } },
    ...askedBy({ reason }, OWN_PRINCIPAL),
    deadlineAt: deadlineOf(request, rules, now),
  });
}

export function refuseScale(request: object, reply: ScaleReply): Intake {
  const replyTopic = topics.scaleResponses;
  return { type: 'answer', request: { token: reply.token, request, kind: 'scale', replyTopic }, reply };
}

export function decideRepair(repair: Repair, rules: IntakeRules, now: Date): Intake {
  const { instance, alsoInstances: alsoRepairs, moves, yields, makesRoomFor, ...service } = repair;
  const scale =
    instance === undefined
      ? { restore: true }
      : { repairs: instance, alsoRepairs, moves, yields, makesRoomFor };
  const by = { principal: OWN_PRINCIPAL, verified: true };
  return scaleTask(repair, { ...service, ...by, scale, deadlineAt: deadlineOf({}, rules, now) });
}

/** Why a request cannot be cancelled; `open` are its tasks that have not ended, undefined where there is none such. */
export function cancelRefusal(
  cancels: string,
  open: readonly string[] | undefined,
): DeploymentReply['error'] {
  if (open === undefined)
    return {
      code: 'REQUEST_UNKNOWN',
      message: `There is no request ${cancels}.`,
      hint: 'Set cancels to the token of the request to cancel; the token is in every event of that request.',
    };
  if (open.length > 0) return undefined;
  return {
    code: 'REQUEST_ENDED',
    message: `The request ${cancels} has ended already.`,
    hint: 'Its reply says how it ended. To undo it: slipway rollback or slipway stop.',
  };
}

export const cancelReply = (token: string, error: DeploymentReply['error']): DeploymentReply => ({
  ...{ token, status: error === undefined, services: [], failed: [], error },
});

function taskOf(
  { token, appId, appName, dryRun, restart, written }: DeploymentRequest,
  mode: ServiceMode,
  { name, source, release, dependsOn, replicas }: RequestedService,
  common: Pick<Accepted, 'principal' | 'verified' | 'reason' | 'deadlineAt'>,
): FirstEvent {
  return {
    type: 'TaskAccepted',
    data: {
      ...{ token, appId, appName, service: name, mode, dryRun, restart, dependsOn },
      source: source ?? usualSource(appId, name, written),
      written: writtenOf(name, written),
      wantedRelease: release,
      replicas,
      ...common,
    },
  };
}

/** The zip lies under the names as they were written, or as they are here. */
function usualSource(appId: string, service: string, written: WrittenNames | undefined): Accepted['source'] {
  const here = sourceBlobName(appId, service);
  const blob = sourceBlobName(written?.appId ?? appId, writtenService(written, service) ?? service);
  return blob === here ? { blob } : { blob, orBlob: here };
}

/** The names of one task, as they were written where they are others here. */
function writtenOf(name: string, written: WrittenNames | undefined): Accepted['written'] {
  if (written === undefined) return undefined;
  const { appId } = written;
  const service = writtenService(written, name);
  return appId === undefined && service === undefined ? undefined : { appId, service };
}

/** Of what Slipway does by itself. */
const OWN_PRINCIPAL = 'slipway';

/** Who asks, and why. A name that is not proven is kept as it was claimed. */
const askedBy = (
  { principal, reason }: { readonly principal?: string; readonly reason?: string },
  proven: string | undefined,
): Pick<Accepted, 'principal' | 'verified' | 'reason'> => ({
  principal: proven ?? principal,
  verified: proven !== undefined,
  reason,
});

function scaleTask(request: object, task: Omit<Accepted, 'mode' | 'source'>): Intake {
  const data = { ...task, mode: 'scale' as const, source: { blob: '' } };
  return {
    type: 'tasks',
    request: scaleRequestOf(request, task.token),
    tasks: [{ type: 'TaskAccepted', data }],
  };
}

function deadlineOf(
  { deadlineMs }: { readonly deadlineMs?: number },
  { defaultDeadlineMs }: IntakeRules,
  now: Date,
): string {
  return new Date(now.getTime() + (deadlineMs ?? defaultDeadlineMs)).toISOString();
}

function replyTopicRefused({ token, services }: DeploymentRequest): DeploymentReply {
  return {
    ...{ token, status: false, services: [], failed: services.map(({ name }) => name) },
    error: {
      code: 'REPLY_TOPIC_REFUSED',
      message: 'replyTo: not an allowed reply topic',
      hint: `Leave replyTo out to be answered on ${topics.deploymentResponses}, or add the topic to DEPLOYER_REPLY_TOPICS.`,
    },
  };
}
