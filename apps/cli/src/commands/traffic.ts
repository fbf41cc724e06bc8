import { writtenAppIdSchema, writtenServiceNameSchema } from '#libs/contracts';
import { openGateway } from '../adapters/gateway.js';
import { trafficLines } from '../domain/traffic-lines.js';
import { exitCodes, type ExitCode, failure } from '../errors.js';
import type { Output } from '../output.js';
import { namesHere } from './names-here.js';
import { valid } from './valid.js';

interface TrafficOptions {
  readonly appId?: string;
  readonly service?: string;
}

/** How the instances of services do, and how requests are shared out among them. */
export async function traffic(written: TrafficOptions, output: Output): Promise<ExitCode> {
  valid({ argument: '[app]', schema: writtenAppIdSchema, text: written.appId });
  valid({ argument: '[service]', schema: writtenServiceNameSchema, text: written.service });
  const { appId, service } = namesHere(written, output);
  const services = await openGateway().traffic({ appId, service });
  if (services.length === 0 && appId !== undefined)
    throw failure(
      'TRAFFIC_UNKNOWN',
      `The gateway carries no requests for ${[appId, service].filter(Boolean).join(' ')}`,
      {
        hint: 'A worker has no address. What runs: slipway status.',
        next: 'slipway traffic',
      },
    );
  output.answer({ services }, trafficLines(services, output.paint));
  return exitCodes.ok;
}
