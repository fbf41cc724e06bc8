import { nodeRoutes } from './nodes.js';
import { registryRoutes } from './registry.js';
import { watchRoutes } from './watch.js';

/** The node manager's HTTP. */
export const nodeManagerRoutes = { ...nodeRoutes, ...registryRoutes, ...watchRoutes };
