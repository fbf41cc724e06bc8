import {
  type DeploymentReply,
  type InstanceAddress,
  namedHere,
  type ScaleReply,
  type ServiceConfig,
  type ServiceReply,
} from '#libs/contracts';
import { endpointOf, type GatewayAddress } from '../../routes/domain/gateway-address.js';
import { changesOf } from '../../rollout/domain/plan.js';
import { placeNotes } from '../../rollout/domain/failed-places.js';
import { servingOf } from '../../rollout/domain/serving.js';
import { shortMessage, shortTail } from '../../task/domain/clean-text.js';
import type { InstanceRef } from '../../task/domain/task.events.js';
import { releaseConfig, type TaskState } from '../../task/domain/task.state.js';

/** The name of the service whose address an application's users are given. */
const ENDPOINT_SERVICE = 'app-server';

/** One service's line of the reply, from the task's final state. */
export function serviceReply(state: TaskState, gateway?: GatewayAddress): ServiceReply {
  const { service, outcome = 'failed', phases, plan, failure } = state;
  const notes = [
    ...nameNotes(state),
    ...(plan?.notes ?? []),
    ...placeNotes(state),
    ...state.abandoned.map(abandonedNote),
  ];
  const common = {
    ...{ name: service, status: outcome, phases, phaseOrder: Object.keys(phases) },
    notes: notes.length === 0 ? undefined : notes,
  };
  if (outcome === 'failed') {
    const serving = servingOf(state);
    return {
      ...common,
      instances: [],
      error: failure,
      serving: serving.instances.length > 0 ? serving : undefined,
    };
  }
  const routes = state.routes?.routes ?? [];
  return {
    ...common,
    // A task that another one superseded serves that one's release.
    release: (outcome === 'running' ? servingOf(state).release : undefined) ?? state.release?.id,
    instances: outcome === 'running' ? [...servingOf(state).instances] : [],
    endpoint: outcome === 'running' ? endpointOf(state, configOf(state), routes, gateway) : undefined,
    plan: outcome === 'planned' ? [...changesOf(state)] : undefined,
  };
}

/** Of what serves: a scaling knows no release of its own. */
const configOf = (state: TaskState): ServiceConfig | undefined =>
  releaseConfig(state) ?? state.survey?.find(({ alive }) => alive)?.release.config;

/** Whoever wrote other names finds the service by these. */
function nameNotes({ written = {} }: TaskState): readonly string[] {
  const { appId, service } = written;
  return [
    ...(appId === undefined ? [] : [namedHere('application', appId)]),
    ...(service === undefined ? [] : [namedHere('service', service)]),
  ];
}

const abandonedNote = ({ name, node }: InstanceRef): string =>
  `${name} was left behind: its node ${node} does not answer. It gets no more traffic.`;

/** The reply of a whole request, in the order in which its services were named. */
export function deploymentReply(token: string, services: readonly ServiceReply[]): DeploymentReply {
  const failed = services.filter((s) => s.status === 'failed').map((s) => s.name);
  const users = services.find((s) => s.name === ENDPOINT_SERVICE);
  const first = users?.instances[0];
  return {
    token,
    status: failed.length === 0,
    services: [...fitting(services)],
    failed,
    endpoint: first && addressOf(first, users?.endpoint?.url),
  };
}

/** A worker has none, whatever it is called. */
const addressOf = (
  { ip, port, url }: InstanceAddress,
  atGateway: string | undefined,
): DeploymentReply['endpoint'] =>
  port === undefined || url === undefined ? undefined : { ip, port, url: atGateway ?? url };

/** Brokers take about 1 MB. */
const LARGEST_REPLY_BYTES = 800_000;
/** What errors and logs are cut to, one after the other, until the reply is small enough. */
const SHORTER_BYTES = [4_096, 512];

/** A hundred services may fail, each with a long log: the reply must reach whoever waits for it all the same. */
function fitting(services: readonly ServiceReply[]): readonly ServiceReply[] {
  let all = services;
  for (const mostBytes of SHORTER_BYTES) {
    if (Buffer.byteLength(JSON.stringify(all)) <= LARGEST_REPLY_BYTES) break;
    all = services.map((service) => shortened(service, mostBytes));
  }
  return all;
}

function shortened(service: ServiceReply, mostBytes: number): ServiceReply {
  const { error } = service;
  if (error === undefined) return service;
  const { message, logTail } = error;
  return {
    ...service,
    error: {
      ...error,
      message: shortMessage(message, mostBytes),
      logTail: logTail === undefined ? undefined : shortTail(logTail, mostBytes),
    },
  };
}

/** The answer to a scale request. */
export const scaleReply = (token: string, service: ServiceReply): ScaleReply => ({
  token,
  status: service.status !== 'failed',
  service,
});
