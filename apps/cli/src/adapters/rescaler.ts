import {
  type CallOf,
  type LimitDecision,
  type LimitsSaid,
  type Page,
  rescalerRoutes as routes,
  type ServiceLimits,
} from '#libs/contracts';
import { rescalerSettings } from '../settings.js';
import { type Api, call } from './api.js';

interface OfService {
  readonly appId: string;
  readonly service: string;
}

type Why = CallOf<typeof routes.setLimits>['query'];

/** The HTTP API of the rescaler: what limits instances have, and why. */
export interface Rescaler {
  limits(of: OfService): Promise<ServiceLimits>;
  setLimits(of: OfService, said: LimitsSaid, why: Why): Promise<ServiceLimits>;
  takeBackLimits(of: OfService, why: Why): Promise<ServiceLimits>;
  guard(of: OfService, guarded: boolean, why: Why): Promise<ServiceLimits>;
  /** The newest page. */
  decisions(
    of: OfService,
    query: CallOf<typeof routes.limitDecisions>['query'],
  ): Promise<Page<LimitDecision>>;
}

export function openRescaler(): Rescaler {
  const { SLIPWAY_RESCALER_URL, SLIPWAY_API_TOKEN } = rescalerSettings();
  const api: Api = {
    app: 'rescaler',
    url: SLIPWAY_RESCALER_URL,
    variable: 'SLIPWAY_RESCALER_URL',
    token: SLIPWAY_API_TOKEN.reveal(),
  };
  return {
    limits: (params) => call(api, routes.limits, { params }),
    setLimits: (params, body, query) => call(api, routes.setLimits, { params, body, query }),
    takeBackLimits: (params, query) => call(api, routes.takeBackLimits, { params, query }),
    guard: (params, guarded, query) => call(api, routes.guardLimits, { params, body: { guarded }, query }),
    decisions: (params, query) => call(api, routes.limitDecisions, { params, query }),
  };
}
