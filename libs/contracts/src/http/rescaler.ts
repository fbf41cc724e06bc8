import { limitRoutes } from './limits.js';
import { rescalingSettingsRoutes } from './rescaling-settings.js';
import { structureRoutes } from './structures.js';

/** The rescaler's HTTP. */
export const rescalerRoutes = { ...limitRoutes, ...structureRoutes, ...rescalingSettingsRoutes };
