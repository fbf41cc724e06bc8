import type { ServiceConfig } from '#libs/contracts';
import { SourceRefusal } from './refusal.js';

/**
 * The port that a command which was found out listens on. Without `port` a service is a worker, and only config.json
 * can say how that is started.
 * @throws SourceRefusal where config.json names none
 */
export function portOf({ port }: Partial<Pick<ServiceConfig, 'port'>>): number {
  if (port !== undefined) return port;
  throw new SourceRefusal({
    field: 'port',
    why: 'a web server was found in the source, and no port is named that it listens on',
    hint: 'Add the port, such as "port": 8080, or name the command that starts it: without a port it is a worker, which gets no address.',
  });
}
