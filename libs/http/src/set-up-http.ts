import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from '#libs/telemetry';
import { ApiErrorFilter } from './api-error.filter.js';
import { DeclaredQuery } from './declared-query.js';
import { addEtags } from './etag.js';
import { readJsonBodies } from './json-bodies.js';

/** What holds for every route of an app. Nest is to be made of `createHttpAdapter()` with `bodyParser: false`. */
export function setUpHttp(
  nest: NestFastifyApplication,
  logger: Pick<Logger, 'error'>,
): NestFastifyApplication {
  readJsonBodies(nest);
  addEtags(nest);
  nest.useGlobalInterceptors(new DeclaredQuery());
  // Not at the controllers: an unknown route and a body that is no JSON reach none.
  return nest.useGlobalFilters(new ApiErrorFilter(logger));
}
