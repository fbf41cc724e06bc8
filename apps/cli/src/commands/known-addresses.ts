import { openDeployer } from '../adapters/deployer.js';
import type { Addresses } from '../domain/status-lines.js';
import { knowsDeployer } from '../settings.js';

/** Where services are reached, as the deployer says. None where it cannot be asked: what runs is shown all the same. */
export async function knownAddresses(filter: {
  readonly appId?: string;
  readonly service?: string;
}): Promise<Addresses> {
  if (!knowsDeployer()) return new Map();
  const found = await openDeployer()
    .routes(filter)
    .catch(() => []);
  return new Map(
    found.flatMap(({ appId, service, url }) => (url === undefined ? [] : [[`${appId}/${service}`, url]])),
  );
}
