import type { ServiceConfig, TaskError } from '#libs/contracts';
import { specOfTask } from '../../services/domain/task-spec.js';
import { wantedCount } from '../../services/domain/spec.js';
import { releaseConfig, type TaskState } from '../../task/domain/task.state.js';

/** The nodes on which volumes of this config lie; none before they are made. */
function nodesOf({ volumes: placed = [] }: TaskState, config: ServiceConfig | undefined): readonly string[] {
  const named = new Set((config?.volumes ?? []).map(({ name }) => name));
  return [...new Set(placed.filter(({ name }) => named.has(name)).map(({ node }) => node))];
}

/** The node that an instance of this config has to run on; undefined where any will do. */
export const volumeNode = (state: TaskState, config: ServiceConfig | undefined): string | undefined =>
  nodesOf(state, config)[0];

/** Why the service cannot run as its volumes ask for; undefined where it can. Pure. */
export function volumesProblem(state: TaskState): TaskError | undefined {
  const config = releaseConfig(state);
  const { appId, service, mode, volumes = [] } = state;
  if (config?.volumes === undefined || mode === 'stop') return undefined;
  const { after } = specOfTask(state, '');
  const wanted = after === undefined ? config.replicas : wantedCount(after);
  if (wanted > 1)
    return {
      code: 'SCALE_OUT_OF_BOUNDS',
      message: `${appId}/${service} has volumes, so one instance uses them; ${wanted} are wanted.`,
      hint: `Ask for one: slipway scale ${appId} ${service} 1`,
    };
  if (nodesOf(state, config).length < 2) return undefined;
  const where = volumes.map(({ name, node }) => `${name} on ${node}`).join(', ');
  return {
    code: 'NO_NODE',
    message: `The volumes of ${appId}/${service} lie on several nodes: ${where}.`,
    hint: 'Name only volumes of one node in config.json, or others, which are made anew.',
  };
}
