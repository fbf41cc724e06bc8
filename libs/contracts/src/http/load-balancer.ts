import { placementRoutes } from './placements.js';
import { planRoutes } from './plans.js';

/** The load balancer's HTTP. */
export const loadBalancerRoutes = { ...placementRoutes, ...planRoutes };
