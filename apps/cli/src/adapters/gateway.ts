import { type CertificateAnswer, gatewayRoutes as routes } from '#libs/contracts';
import { gatewaySettings } from '../settings.js';
import { allItems, type Api, call } from './api.js';

/** The HTTP API of the gateway. */
export interface Gateway {
  /** By name. */
  certificates(): Promise<readonly CertificateAnswer[]>;
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
  };
}
