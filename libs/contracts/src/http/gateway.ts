import { certificateRoutes } from './certificates.js';

/** The gateway's HTTP. */
export const gatewayRoutes = { ...certificateRoutes };
