import { certificateRoutes } from './certificates.js';
import { trafficRoutes } from './traffic.js';

/** The gateway's HTTP. */
export const gatewayRoutes = { ...trafficRoutes, ...certificateRoutes };
