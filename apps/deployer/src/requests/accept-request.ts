import type {
  DeploymentReply,
  DeploymentRequest,
  MoveRequest,
  ScaleReply,
  ScaleRequest,
  TaskError,
} from '#libs/contracts';
import type { Clock } from '../task/ports.js';
import {
  autoscalerRefusal,
  cancelRefusal,
  cancelReply,
  decideDeployment,
  decideMove,
  decideRepair,
  decideScale,
  type Intake,
  type IntakeRules,
  refuseDeployment,
  refuseScale,
  type Repair,
} from './domain/intake.js';
import { refusalNow } from './domain/early-refusal.js';
import type { Origin, RequestStore } from './ports.js';

export interface AcceptPorts {
  readonly requests: RequestStore;
  readonly rules: IntakeRules;
  readonly clock: Clock;
}

/**
 * Idempotent by the request's token, as all of these are: one that was answered is sent the same reply again.
 * @returns whether the token is new
 */
export const acceptDeployment = (
  ports: AcceptPorts,
  request: DeploymentRequest,
  origin: Origin = {},
): Promise<boolean> =>
  carryOut(ports, decideDeployment(request, ports.rules, ports.clock.now(), origin.principal), origin);

export async function acceptScale(
  ports: AcceptPorts,
  request: ScaleRequest,
  origin: Origin = {},
): Promise<boolean> {
  const { token } = request;
  const now = ports.clock.now();
  const intake = decideScale(request, ports.rules, now, origin.principal);
  const error = await scaleRefusal(ports, request, intake, now);
  if (error === undefined) return carryOut(ports, intake, origin);
  return carryOut(ports, refuseScale(request, { token, status: false, error }), origin);
}

async function scaleRefusal(
  { requests }: AcceptPorts,
  request: ScaleRequest,
  intake: Intake,
  now: Date,
): Promise<TaskError | undefined> {
  const { fence } = request;
  if (fence !== undefined) {
    const refusal = autoscalerRefusal(request, await requests.knownOfScaling(request, fence));
    if (refusal !== undefined) return refusal;
  }
  const [task] = intake.type === 'tasks' ? intake.tasks : [];
  return task && refusalNow(task, await requests.wantedNow(request), now.toISOString());
}

/** A repair of our own takes the way of a scale request, and is answered as one. */
export const acceptRepair = (ports: AcceptPorts, repair: Repair): Promise<boolean> =>
  carryOut(ports, decideRepair(repair, ports.rules, ports.clock.now()), {});

export const acceptMove = (ports: AcceptPorts, request: MoveRequest, origin: Origin = {}): Promise<boolean> =>
  carryOut(ports, decideMove(request, ports.rules, ports.clock.now()), origin);

export const answerRefused = (
  ports: AcceptPorts,
  request: object,
  reply: DeploymentReply,
): Promise<boolean> => carryOut(ports, refuseDeployment(request, reply), {});

export const answerRefusedScale = (
  ports: AcceptPorts,
  request: object,
  reply: ScaleReply,
): Promise<boolean> => carryOut(ports, refuseScale(request, reply), {});

async function carryOut({ requests }: AcceptPorts, intake: Intake, origin: Origin): Promise<boolean> {
  const isNew = await store(requests, intake, origin);
  if (!isNew) await requests.answerAgain(intake.request.token);
  return isNew;
}

function store(requests: RequestStore, intake: Intake, origin: Origin): Promise<boolean> {
  switch (intake.type) {
    case 'tasks':
      return requests.add(intake.request, origin, intake.tasks);
    case 'answer':
      return requests.addAnswered(intake.request, origin, intake.reply);
    case 'cancel':
      return cancel(requests, intake, origin);
  }
}

async function cancel(
  requests: RequestStore,
  { request, cancels, by }: Extract<Intake, { type: 'cancel' }>,
  origin: Origin,
): Promise<boolean> {
  const open = await requests.openTasks(cancels);
  const refusal = cancelRefusal(cancels, open);
  if (refusal === undefined && open !== undefined) await requests.cancel(cancels, open, by);
  return requests.addAnswered(request, origin, cancelReply(request.token, refusal));
}
