import { StepError } from '../../task/domain/task-error.js';
import { releaseConfig } from '../../task/domain/task.state.js';
import type { EffectFile } from '../../task/effect-scope.js';
import { buildNeeds, runNeeds, secretsProblem } from '../domain/secrets.js';
import type { Secrets } from '../ports.js';

export interface CheckPorts {
  readonly secrets: Secrets;
}

/** Before a service is built: throws SECRET_NOT_FOUND where its application lacks a secret that it names. */
export const checkSecrets: EffectFile<'check-secrets', CheckPorts> = {
  async run({ secrets }, _scope, state) {
    const config = releaseConfig(state) ?? {};
    // What is only built is not started.
    const needs = [...(state.mode === 'build' ? [] : runNeeds(config)), ...buildNeeds(config)];
    const problem = secretsProblem(state, needs, await secrets.names(state.appId));
    if (problem !== undefined) throw new StepError(problem);
    return { events: [{ type: 'SecretsChecked', data: {} }] };
  },
};
