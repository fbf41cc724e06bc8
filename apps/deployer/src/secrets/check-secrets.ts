import { StepError } from '../task/domain/task-error.js';
import { releaseConfig, type TaskState } from '../task/domain/task.state.js';
import type { StepWrites } from '../task/ports.js';
import { secretsProblem } from './domain/secrets.js';
import type { Secrets } from './ports.js';

/** Before a service is built: throws SECRET_NOT_FOUND where its application lacks a secret that it names. */
export async function checkSecrets(secrets: Pick<Secrets, 'names'>, state: TaskState): Promise<StepWrites> {
  const references = releaseConfig(state)?.secrets ?? {};
  const problem = secretsProblem(state, references, await secrets.names(state.appId));
  if (problem !== undefined) throw new StepError(problem);
  return { events: [{ type: 'SecretsChecked', data: {} }] };
}
