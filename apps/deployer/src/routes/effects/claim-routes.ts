import { releaseConfig, type TaskState } from '../../task/domain/task.state.js';
import type { EffectFile } from '../../task/effect-scope.js';
import { namedAsker } from '../../services/domain/spec-author.js';
import { declaredIn } from '../domain/service-routes.js';
import type { DeclaredBy, RouteClaims } from '../ports.js';

export interface ClaimPorts {
  readonly routes: RouteClaims;
}

/** For whom a task claims. */
export const claimOf = (state: TaskState): DeclaredBy => {
  const { appId, service, token, dryRun } = state;
  return { appId, service, token, isDry: dryRun === true, ...namedAsker(state) };
};

/** The routes that config.json declares become the service's own. Throws ROUTE_TAKEN where another has one of them. */
export const claimRoutes: EffectFile<'claim-routes', ClaimPorts> = {
  async run({ routes }, _scope, state) {
    const declared = declaredIn(releaseConfig(state) ?? {});
    const { traffic: _, ...claimed } = await routes.claim(claimOf(state), declared);
    return { events: [{ type: 'RoutesClaimed', data: { routes: claimed } }] };
  },
};
