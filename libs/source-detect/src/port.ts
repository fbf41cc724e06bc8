import type { ServiceConfig } from '#libs/contracts';
import { exposedPorts } from './dockerfile-ports.js';
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
    why: 'what was found is given out by a web server, and no port is named that it listens on',
    hint: 'Add the port, such as "port": 8080, or name the command that starts it: without a port it is a worker, which gets no address.',
  });
}

/**
 * A stage of a Dockerfile that exposes a port is a server's, so it must not become a worker without a word; one with a
 * command of its own in config.json may be.
 * @throws SourceRefusal where it exposes one and config.json names neither port nor command
 */
export function refuseExposed(dockerfile: string, { port, command, target }: ServiceConfig): void {
  if (port !== undefined || command !== undefined) return;
  if (exposedPorts(dockerfile, target).length === 0) return;
  throw new SourceRefusal({
    field: 'port',
    why: 'the Dockerfile exposes a port, and none is named',
    hint: 'Add the port that it exposes, such as "port": 8080, or name the command that starts a worker.',
  });
}
