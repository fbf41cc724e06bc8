import { z } from 'zod';
import { errorSchema } from './conventions.js';
import { deployerRoutes } from './deployer.js';
import { gatewayRoutes } from './gateway.js';
import { loadBalancerRoutes } from './load-balancer.js';
import { nodeManagerRoutes } from './node-manager.js';
import { rescalerRoutes } from './rescaler.js';
import type { Route, RouteAnswer } from './route.js';

type JsonSchema = z.core.JSONSchema.BaseSchema;

export interface HttpApi {
  readonly title: string;
  readonly routes: readonly Route[];
}

/** Every app that has an HTTP API; `npm run generate` writes docs/openapi/<name>.json of each. */
export const httpApis: Readonly<Record<string, HttpApi>> = {
  deployer: { title: 'Slipway deployer', routes: Object.values(deployerRoutes) },
  gateway: { title: 'Slipway gateway', routes: Object.values(gatewayRoutes) },
  'load-balancer': { title: 'Slipway load balancer', routes: Object.values(loadBalancerRoutes) },
  'node-manager': { title: 'Slipway node manager', routes: Object.values(nodeManagerRoutes) },
  rescaler: { title: 'Slipway rescaler', routes: Object.values(rescalerRoutes) },
};

/** The OpenAPI 3.1 document of one app. */
export function openApiDocument({ title, routes }: HttpApi) {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    const path = (paths[route.path] ??= {});
    path[route.method.toLowerCase()] = operation(route);
  }
  return {
    openapi: '3.1.0',
    info: {
      title,
      version: '1',
      license: { name: 'MIT', identifier: 'MIT' },
      description:
        'Errors, pages, filters and ETags are the same everywhere: docs/reference/http-conventions.md.',
    },
    servers: [{ url: '/', description: 'Where the app listens.' }],
    security: [{ token: [] }],
    paths,
    components: {
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'A token of a principal; it has a role.' },
      },
      responses: { Error: { description: 'An error.', content: json(schemaOf(errorSchema, 'output')) } },
    },
  };
}

/** Every good answer to a GET, and of what changes a thing in place, has an ETag, unless it is streamed. */
function withEtag(route: Route): Route {
  const { method, headers, answers } = route;
  const ok = answers[200];
  if (method === 'POST' || ok === undefined || ok.streamed === true) return route;
  const etag = { ETag: 'The digest of the body.' };
  if (method !== 'GET')
    return { ...route, answers: { ...answers, 200: { ...ok, headers: { ...ok.headers, ...etag } } } };
  return {
    ...route,
    headers: { ...headers, 'If-None-Match': 'The ETag of an answer that the client has.' },
    answers: {
      ...answers,
      200: { ...ok, headers: { ...ok.headers, ...etag } },
      304: { description: 'Nothing has changed since that answer.', headers: etag, empty: true },
    },
  };
}

function operation(declared: Route): object {
  const route = withEtag(declared);
  const { id, summary, role, body, answers } = route;
  return {
    operationId: id,
    summary,
    description: `Needs the role ${role}.`,
    parameters: [
      ...parameters('path', route.params),
      ...parameters('query', route.query),
      ...Object.entries(route.headers ?? {}).map(([name, description]) => ({
        ...{ name, in: 'header', required: false, description, schema: { type: 'string' } },
      })),
    ],
    ...(body === undefined
      ? {}
      : { requestBody: { required: true, content: json(schemaOf(body, 'input')) } }),
    responses: {
      ...Object.fromEntries(Object.entries(answers).map(([status, answer]) => [status, response(answer)])),
      default: { $ref: '#/components/responses/Error' },
    },
  };
}

function parameters(where: 'path' | 'query', schema: z.ZodObject | undefined): object[] {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = schemaOf(schema, 'input');
  return Object.entries(properties).map(([name, property]) => ({
    ...{ name, in: where, required: required.includes(name), schema: property },
  }));
}

function response({ description, schema, headers, empty, events }: RouteAnswer): object {
  const said = Object.entries(headers ?? {}).map(([name, what]) => [
    ...[name, { description: what, schema: { type: 'string' } }],
  ]);
  return {
    description,
    ...(said.length === 0 ? {} : { headers: Object.fromEntries(said) as object }),
    ...(empty === true ? {} : { content: contentOf(schema, events) }),
  };
}

/** OpenAPI 3.1 has no member for the data of events, so each has a schema in `x-events`, by its name. */
function contentOf(schema: RouteAnswer['schema'], events: RouteAnswer['events']): object {
  if (schema !== undefined) return json(schemaOf(schema, 'output'));
  if (events === undefined) return { 'text/plain': { schema: { type: 'string' } } };
  const data = Object.entries(events).map(([name, one]) => [name, schemaOf(one, 'output')]);
  return {
    'text/event-stream': { schema: { type: 'string' }, 'x-events': Object.fromEntries(data) as object },
  };
}

const json = (schema: JsonSchema) => ({ 'application/json': { schema } });

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io, override: withoutRefused });
  return rest;
}

/** A field that is there only to be refused by its name is no part of the document. */
function withoutRefused({ jsonSchema }: { readonly jsonSchema: JsonSchema }): void {
  const { properties = {} } = jsonSchema;
  for (const [name, property] of Object.entries(properties))
    if (typeof property === 'object' && property.not !== undefined) delete properties[name];
}
