import { placementRoutes } from './placements.js';

/** The load balancer's HTTP. */
export const loadBalancerRoutes = { ...placementRoutes };
