import { placementRoutes } from './placements.js';
import { planRoutes } from './plans.js';
import { rebalancingRoutes } from './rebalancing.js';
import { scalingDecisionRoutes } from './scaling-decisions.js';
import { scalingReplayRoutes } from './scaling-replays.js';
import { scoreRoutes } from './scores.js';
import { trafficFeedRoutes } from './traffic-feed.js';
import { trafficOverrideRoutes } from './traffic-overrides.js';

/** The load balancer's HTTP. */
export const loadBalancerRoutes = {
  ...placementRoutes,
  ...planRoutes,
  ...rebalancingRoutes,
  ...scalingDecisionRoutes,
  ...scalingReplayRoutes,
  ...scoreRoutes,
  ...trafficFeedRoutes,
  ...trafficOverrideRoutes,
};
