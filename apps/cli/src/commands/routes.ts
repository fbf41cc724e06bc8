import {
  inputProblems,
  problemText,
  type ServiceRoute,
  routeSchema,
  type ServiceRoutes,
  writtenAppIdSchema,
  writtenServiceNameSchema,
} from '#libs/contracts';
import { openDeployer } from '../adapters/deployer.js';
import { placeOf, routeLines } from '../domain/route-lines.js';
import { exitCodes, type ExitCode, failure, usageError } from '../errors.js';
import type { Output } from '../output.js';
import { namesHere } from './names-here.js';
import { notDeployed } from './not-deployed.js';
import { valid } from './valid.js';

interface OfService {
  readonly appId: string;
  readonly service: string;
}

interface OfRoute extends OfService {
  /** `shop.example.com/api`. */
  readonly place: string;
}

interface RouteOptions extends OfRoute {
  readonly strip?: boolean;
  /** `name=value` each. */
  readonly header?: readonly string[];
  readonly timeout?: number;
}

/** Where services are reached. */
export async function listRoutes(options: Partial<OfService>, output: Output): Promise<ExitCode> {
  const { appId, service } = checked(options, output);
  const found = await openDeployer().routes({ appId, service });
  if (found.length === 0 && appId !== undefined) throw notDeployed({ appId, service });
  const none = [
    'No service was deployed yet.',
    `next: ${output.paint.bold('slipway deploy <dir> --app <id>')}`,
  ];
  output.answer(found, found.length === 0 ? none : routeLines(found));
  return exitCodes.ok;
}

/** Adds a route, or changes the one of its host and path. */
export async function addRoute(options: RouteOptions, output: Output): Promise<ExitCode> {
  const { appId, service, place, strip, header = [], timeout } = checked(options, output);
  const route = parsedRoute({
    ...placeOf(place),
    ...(strip === true && { strip }),
    ...(header.length > 0 && { headers: Object.fromEntries(header.map(headerOf)) }),
    ...(timeout !== undefined && { timeoutMs: timeout }),
  });
  const changed = await openDeployer().changeRoutes(appId, service, (now) => [
    ...now.filter((other) => !isAt(route, other)),
    route,
  ]);
  return shown(changed, output);
}

export async function removeRoute(options: OfRoute, output: Output): Promise<ExitCode> {
  const { appId, service, place } = checked(options, output);
  // One that could not be added any more can still be removed.
  const { host, path = '/' } = placeOf(place);
  const at = { host, path: path.replace(/(?<=.)\/+$/, '') };
  const changed = await openDeployer().changeRoutes(appId, service, (now) => {
    const left = now.filter((other) => !isAt(at, other));
    if (left.length === now.length) throw unknownRoute({ appId, service, place });
    return left;
  });
  return shown(changed, output);
}

/** What config.json declared last counts again. */
export async function resetRoutes(options: OfService, output: Output): Promise<ExitCode> {
  const { appId, service } = checked(options, output);
  return shown(await openDeployer().takeBackRoutes(appId, service), output);
}

function shown(routes: ServiceRoutes, output: Output): ExitCode {
  output.answer(routes, routeLines([routes]));
  return exitCodes.ok;
}

function checked<T extends Partial<OfService>>(options: T, output: Output): T {
  valid(
    { argument: '<app>', schema: writtenAppIdSchema, text: options.appId },
    { argument: '<service>', schema: writtenServiceNameSchema, text: options.service },
  );
  return namesHere(options, output);
}

type Place = Pick<ServiceRoute, 'host' | 'path'>;
const isAt = (a: Place, b: Place): boolean => a.host === b.host && a.path === b.path;

function parsedRoute(written: object): ServiceRoute {
  const parsed = routeSchema.safeParse(written);
  if (parsed.success) return parsed.data;
  throw usageError('USAGE', problemText(inputProblems(parsed.error.issues), 'route'), {
    hint: 'A route is a host in lower case and a path, such as shop.example.com/api.',
  });
}

function headerOf(text: string): readonly [string, string] {
  const equals = text.indexOf('=');
  if (equals > 0) return [text.slice(0, equals), text.slice(equals + 1)];
  throw usageError('USAGE', '--header: expected NAME=VALUE', {
    hint: 'Write it as --header X-Tenant=shop.',
  });
}

const unknownRoute = ({ appId, service, place }: OfRoute): Error =>
  failure('ROUTE_NOT_FOUND', `${appId}/${service} has no route ${place}`, {
    hint: 'Name one of its routes. Its own address stays as long as it is deployed.',
    next: `slipway routes ${appId} ${service}`,
  });
