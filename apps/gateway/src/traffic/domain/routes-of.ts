import type { PictureService } from './picture.js';

export interface ServiceRoute {
  readonly host: string;
  readonly path: string;
}

/** Its service has the address of the application itself. */
const APP_SERVER = 'app-server';

/** Where a service is reached that names no routes: one host, all paths. Names of applications and services are labels. */
export function routesOf({ appId, service }: PictureService, domain: string): readonly ServiceRoute[] {
  const host = service === APP_SERVER ? `${appId}.${domain}` : `${service}.${appId}.${domain}`;
  return [{ host, path: '/' }];
}
