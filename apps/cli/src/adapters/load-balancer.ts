import {
  type CallOf,
  type ExplainedPlacement,
  type FleetPlan,
  loadBalancerRoutes as routes,
  type Page,
  type RebalancingAnswer,
  type ScalingDecision,
  type ScalingReplay,
  type ScalingStatus,
  type ShownScore,
  type TrafficOverride,
} from '#libs/contracts';
import { loadBalancerSettings } from '../settings.js';
import { allItems, type Api, call } from './api.js';

/** The HTTP API of the load balancer: why instances are where they are, and where they would be. */
export interface LoadBalancer {
  /** The last answer to an access token. */
  placement(accessToken: string): Promise<ExplainedPlacement>;
  placementOfInstance(instance: string): Promise<ExplainedPlacement>;
  /** All that are kept of a request, by its token: the newest first. */
  placementsOfRequest(token: string): Promise<readonly ExplainedPlacement[]>;
  /** What would come of a change; nothing is changed. */
  planDrain(wish: CallOf<typeof routes.planDrain>['body']): Promise<FleetPlan>;
  planRemove(wish: CallOf<typeof routes.planRemove>['body']): Promise<FleetPlan>;
  planAdd(wish: CallOf<typeof routes.planAdd>['body']): Promise<FleetPlan>;
  planPlace(wish: CallOf<typeof routes.planPlace>['body']): Promise<FleetPlan>;
  /** How the load of nodes is balanced. */
  rebalancing(): Promise<RebalancingAnswer>;
  /** At all gateways. */
  setWeight(
    instance: string,
    wish: CallOf<typeof routes.setTrafficOverride>['body'],
  ): Promise<TrafficOverride>;
  /** What was set; the gateways weigh the instance by themselves again. */
  endWeight(instance: string): Promise<TrafficOverride>;
  /** Of the instances of an application. */
  scores(appId: string): Promise<readonly ShownScore[]>;
  /** Of each service with a policy, of one application or of all. */
  scalingStatuses(appId?: string): Promise<readonly ScalingStatus[]>;
  scalingStatus(appId: string, service: string): Promise<ScalingStatus>;
  /** The newest page. */
  scalingDecisions(
    appId: string,
    service: string,
    query: CallOf<typeof routes.scalingDecisions>['query'],
  ): Promise<Page<ScalingDecision>>;
  /** What a policy would have done with the figures that are kept; nothing is changed. */
  replayScaling(
    appId: string,
    service: string,
    wish: CallOf<typeof routes.replayScaling>['body'],
  ): Promise<ScalingReplay>;
}

export function openLoadBalancer(): LoadBalancer {
  const { SLIPWAY_LOAD_BALANCER_URL, SLIPWAY_API_TOKEN } = loadBalancerSettings();
  const api: Api = {
    app: 'load balancer',
    url: SLIPWAY_LOAD_BALANCER_URL,
    variable: 'SLIPWAY_LOAD_BALANCER_URL',
    token: SLIPWAY_API_TOKEN.reveal(),
  };
  return {
    placement: (accessToken) => call(api, routes.placement, { params: { accessToken } }),
    placementOfInstance: (instance) => call(api, routes.instancePlacement, { params: { instance } }),
    placementsOfRequest: (token) =>
      allItems((after) => call(api, routes.placements, { query: { token, after } })),
    planDrain: (body) => call(api, routes.planDrain, { body }),
    planRemove: (body) => call(api, routes.planRemove, { body }),
    planAdd: (body) => call(api, routes.planAdd, { body }),
    planPlace: (body) => call(api, routes.planPlace, { body }),
    rebalancing: () => call(api, routes.rebalancing, {}),
    setWeight: (instance, body) => call(api, routes.setTrafficOverride, { params: { instance }, body }),
    endWeight: (instance) => call(api, routes.endTrafficOverride, { params: { instance } }),
    scores: (appId) => allItems((after) => call(api, routes.scores, { query: { appId, after } })),
    scalingStatuses: (appId) =>
      allItems((after) => call(api, routes.scalingStatuses, { query: { appId, after } })),
    scalingStatus: (appId, service) => call(api, routes.scalingStatus, { params: { appId, service } }),
    scalingDecisions: (appId, service, query) =>
      call(api, routes.scalingDecisions, { params: { appId, service }, query }),
    replayScaling: (appId, service, body) =>
      call(api, routes.replayScaling, { params: { appId, service }, body }),
  };
}
