import { type CertificateAnswer, gatewayRoutes as routes, type TrafficService } from '#libs/contracts';
import { gatewaySettings } from '../settings.js';
import { allItems, type Api, call } from './api.js';

/** The HTTP API of a gateway: how it carries requests. */
export interface Gateway {
  /** By name. */
  certificates(): Promise<readonly CertificateAnswer[]>;
  /** By name; all of them, or those of an application, or one. */
  traffic(which: { readonly appId?: string; readonly service?: string }): Promise<readonly TrafficService[]>;
}

export function openGateway(): Gateway {
  const { SLIPWAY_GATEWAY_URL, SLIPWAY_API_TOKEN } = gatewaySettings();
  const api: Api = {
    app: 'gateway',
    url: SLIPWAY_GATEWAY_URL,
    variable: 'SLIPWAY_GATEWAY_URL',
    token: SLIPWAY_API_TOKEN.reveal(),
  };
  return {
    certificates: () => allItems((after) => call(api, routes.certificates, { query: { after } })),
    traffic: (which) => allItems((after) => call(api, routes.traffic, { query: { ...which, after } })),
  };
}
