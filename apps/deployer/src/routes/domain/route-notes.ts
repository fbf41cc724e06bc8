import type { TaskState } from '../../task/domain/task.state.js';
import { sameRoutes } from './service-routes.js';

/** What a deployment leaves as somebody else set it. Pure. */
export function routeNotes({ mode, appId, service, routes }: TaskState): readonly string[] {
  const declares = mode === 'run' || mode === 'build-and-run';
  if (!declares || routes === undefined || routes.setBy !== 'api') return [];
  if (sameRoutes(routes.routes, routes.declared)) return [];
  return [
    `Its routes were set by the API and stay; config.json still declares others. ` +
      `To have those: slipway routes reset ${appId} ${service}`,
  ];
}
