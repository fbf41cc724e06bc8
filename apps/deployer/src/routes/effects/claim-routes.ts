import { releaseConfig } from '../../task/domain/task.state.js';
import type { EffectFile } from '../../task/effect-scope.js';
import { namedAsker } from '../../services/domain/spec-author.js';
import { declaredIn } from '../domain/service-routes.js';
import type { RouteClaims } from '../ports.js';

export interface ClaimPorts {
  readonly routes: RouteClaims;
}

/** The routes that config.json declares become the service's own. Throws ROUTE_TAKEN where another has one of them. */
export const claimRoutes: EffectFile<'claim-routes', ClaimPorts> = {
  async run({ routes }, _scope, state) {
    const { appId, service, token, dryRun } = state;
    const of = { appId, service, token, isDry: dryRun === true, ...namedAsker(state) };
    const { traffic: _, ...claimed } = await routes.claim(of, declaredIn(releaseConfig(state) ?? {}));
    return { events: [{ type: 'RoutesClaimed', data: { routes: claimed } }] };
  },
};
