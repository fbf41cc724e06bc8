import { z } from 'zod';
import { spelledAppIdSchema, spelledServiceNameSchema } from '../names.js';
import { routesSchema } from '../routes.js';
import { answeredTime, pageOf, pageQuery } from './conventions.js';
import { defineRoute } from './route.js';

const routeLineSchema = z.looseObject({
  host: z.string(),
  path: z.string(),
  strip: z.boolean().optional(),
  headers: z.record(z.string(), z.string()).optional(),
  timeoutMs: z.number().optional(),
});

/** How a service is reached at the gateway. */
export const serviceRoutesSchema = z.looseObject({
  appId: z.string(),
  service: z.string(),
  /** Where clients reach it: its first route, or its own address. Absent for a worker, or where no gateway is known. */
  url: z.string().optional(),
  /** All addresses: those of its routes, then its own one. */
  urls: z.array(z.string()),
  /** What counts. */
  routes: z.array(routeLineSchema),
  /** What config.json declared last. */
  declared: z.array(routeLineSchema),
  /** Whose routes count: `api` until they are taken back, or config.json declares others. */
  setBy: z.enum(['config.json', 'api']),
  traffic: z.looseObject({ balance: z.string().optional() }),
  /** Absent of a service that never had routes. */
  changed: z.looseObject({ at: answeredTime, principal: z.string(), verified: z.boolean() }).optional(),
});

export type ServiceRoutes = z.infer<typeof serviceRoutesSchema>;

const ofService = z.strictObject({ appId: spelledAppIdSchema, service: spelledServiceNameSchema });
const routesPath = '/v1/apps/{appId}/services/{service}/routes';
const answered = { 200: { description: 'The routes.', schema: serviceRoutesSchema } };
const ifMatch = {
  'if-match': 'The `ETag` of the routes that the caller saw: 412 `ROUTES_CHANGED` where they have changed.',
};

/** The deployer's routes about routes. */
export const serviceRouteRoutes = {
  allRoutes: defineRoute({
    id: 'allRoutes',
    method: 'GET',
    path: '/v1/routes',
    summary: 'The routes and addresses of services, by application and name.',
    role: 'read',
    query: z.strictObject({
      appId: spelledAppIdSchema.optional(),
      service: spelledServiceNameSchema.optional(),
      ...pageQuery,
    }),
    answers: { 200: { description: 'A page of services.', schema: pageOf(serviceRoutesSchema) } },
  }),
  routes: defineRoute({
    id: 'routes',
    method: 'GET',
    path: routesPath,
    summary: 'The routes and addresses of a service.',
    role: 'read',
    params: ofService,
    answers: answered,
  }),
  setRoutes: defineRoute({
    id: 'setRoutes',
    method: 'PUT',
    path: routesPath,
    summary: 'Sets the routes of a service, in place of those that config.json declared last.',
    role: 'admin',
    params: ofService,
    body: z.strictObject({ routes: routesSchema }),
    headers: ifMatch,
    answers: answered,
  }),
  takeBackRoutes: defineRoute({
    id: 'takeBackRoutes',
    method: 'DELETE',
    path: routesPath,
    summary: 'Takes back what was set: what config.json declared last counts again.',
    role: 'admin',
    params: ofService,
    headers: ifMatch,
    answers: answered,
  }),
};
