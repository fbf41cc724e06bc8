import { runNeeds, type SecretNeed, secretsProblem } from './domain/secrets.js';
import { StepError } from '../task/domain/task-error.js';
import type { Release } from '../task/domain/task.events.js';
import type { TaskState } from '../task/domain/task.state.js';
import type { LaunchSpec } from '../rollout/ports.js';
import type { Secrets } from './ports.js';

type Values = LaunchSpec['secrets'];

/** The values of the secrets that a release names, by variable, as they are now. Throws SECRET_NOT_FOUND. */
export const resolveSecrets = (
  secrets: Pick<Secrets, 'values'>,
  state: TaskState,
  { config }: Pick<Release, 'config'>,
): Promise<Values> => valuesOf(secrets, state, runNeeds(config));

/** By what they are needed as, as they are now. Throws SECRET_NOT_FOUND. */
export async function valuesOf(
  secrets: Pick<Secrets, 'values'>,
  state: TaskState,
  needs: readonly SecretNeed[],
): Promise<Values> {
  if (needs.length === 0) return {};
  const values = await secrets.values(state.appId, [...new Set(needs.map(({ name }) => name))]);
  const problem = secretsProblem(state, needs, values.keys());
  if (problem !== undefined) throw new StepError(problem);
  return Object.fromEntries(
    needs.flatMap(({ as, name }) => {
      const value = values.get(name);
      return value === undefined ? [] : [[as, value]];
    }),
  );
}
