import type { ServiceConfig } from '#libs/contracts';
import { claimOf } from '../../routes/effects/claim-routes.js';
import { declaredIn } from '../../routes/domain/service-routes.js';
import type { RouteClaims } from '../../routes/ports.js';
import { StepError } from '../../task/domain/task-error.js';
import { releaseConfig } from '../../task/domain/task.state.js';
import type { EffectFile } from '../../task/effect-scope.js';
import { buildNeeds, runNeeds, secretsProblem } from '../domain/secrets.js';
import type { Secrets } from '../ports.js';

export interface CheckPorts {
  readonly secrets: Secrets;
  readonly routes: RouteClaims;
}

/**
 * Before a service is built: throws SECRET_NOT_FOUND where its application lacks a secret that it names, and ROUTE_TAKEN
 * where another service has one of its routes now.
 */
export const checkSecrets: EffectFile<'check-secrets', CheckPorts> = {
  async run({ secrets, routes }, _scope, state) {
    const config: Partial<ServiceConfig> = releaseConfig(state) ?? {};
    // What is only built is not started.
    const needs = [...(state.mode === 'build' ? [] : runNeeds(config)), ...buildNeeds(config)];
    const problem = secretsProblem(state, needs, await secrets.names(state.appId));
    if (problem !== undefined) throw new StepError(problem);
    if (state.mode !== 'build' && config.routes !== undefined)
      await routes.claim({ ...claimOf(state), isDry: true }, declaredIn(config));
    return { events: [{ type: 'SecretsChecked', data: {} }] };
  },
};
