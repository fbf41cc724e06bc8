import type { DeploymentReply, ServiceReply } from '#libs/contracts';
import type { TaskState } from './task.state.js';

/** The name of the service whose address an application's users are given. */
const ENDPOINT_SERVICE = 'app-server';

/** One service's line of the reply, from the task's final state. */
export function serviceReply(state: TaskState): ServiceReply {
  const running = state.outcome === 'running';
  return {
    name: state.service,
    status: state.outcome ?? 'failed',
    release: state.release?.id,
    instances: running ? state.instances.flatMap((i) => (i.address === undefined ? [] : [i.address])) : [],
    phases: state.phases,
    error: state.outcome === 'failed' ? state.failure : undefined,
  };
}

/** The reply of a whole request, in the order in which its services were named. */
export function deploymentReply(token: string, services: readonly ServiceReply[]): DeploymentReply {
  const failed = services.filter((s) => s.status === 'failed').map((s) => s.name);
  const first = services.find((s) => s.name === ENDPOINT_SERVICE)?.instances[0];
  return {
    token,
    status: failed.length === 0,
    services: [...services],
    failed,
    endpoint: first && { ip: first.ip, port: first.port, url: first.url },
  };
}
