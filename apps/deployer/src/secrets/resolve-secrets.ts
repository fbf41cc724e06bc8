import { secretsProblem } from './domain/secrets.js';
import { StepError } from '../task/domain/task-error.js';
import type { Release } from '../task/domain/task.events.js';
import type { TaskState } from '../task/domain/task.state.js';
import type { LaunchSpec } from '../rollout/ports.js';
import type { Secrets } from './ports.js';

/** The values of the secrets that a release names, by variable, as they are now. Throws SECRET_NOT_FOUND. */
export async function resolveSecrets(
  secrets: Pick<Secrets, 'values'>,
  state: TaskState,
  { config }: Release,
): Promise<LaunchSpec['secrets']> {
  const references = Object.entries(config.secrets ?? {});
  if (references.length === 0) return {};
  const values = await secrets.values(state.appId, [...new Set(references.map(([, name]) => name))]);
  const problem = secretsProblem(state, Object.fromEntries(references), values.keys());
  if (problem !== undefined) throw new StepError(problem);
  return Object.fromEntries(
    references.flatMap(([variable, name]) => {
      const value = values.get(name);
      return value === undefined ? [] : [[variable, value]];
    }),
  );
}
