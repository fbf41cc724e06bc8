import { Controller, Headers, Inject } from '@nestjs/common';
import { deployerRoutes as routes, type InputOf, type Page, type ServiceRoutes } from '#libs/contracts';
import { Caller, Input, placeAfter, type Principal, Serves, toPage, unlessSeen } from '#libs/http';
import { z } from 'zod';
import { unknownService } from '../services/unknown-service.http.js';
import { ROUTE_RECORD, type RouteRecord } from './ports.js';

/** Application, service. */
const placeSchema = z.tuple([z.string(), z.string()]);

interface ChangeHeaders {
  readonly 'if-match'?: string;
}

/** How services are reached at the gateway. */
@Controller()
export class RoutesController {
  constructor(@Inject(ROUTE_RECORD) private readonly record: RouteRecord) {}

  @Serves(routes.allRoutes)
  async list(@Input() { query }: InputOf<typeof routes.allRoutes>): Promise<Page<ServiceRoutes>> {
    const { limit, after, ...filter } = query;
    const place = placeAfter(placeSchema, after, filter);
    return toPage(await this.record.list(filter, limit + 1, place), limit, filter);
  }

  @Serves(routes.routes)
  async routes(@Input() { params }: InputOf<typeof routes.routes>): Promise<ServiceRoutes> {
    const found = await this.record.of(params);
    if (found === undefined) throw unknownService(params);
    return found;
  }

  @Serves(routes.setRoutes)
  async set(
    @Input() { params, body }: InputOf<typeof routes.setRoutes>,
    @Caller() { name: principal }: Principal,
    @Headers() { 'if-match': known }: ChangeHeaders,
  ): Promise<ServiceRoutes> {
    return this.record.set(params, body.routes, { principal, verified: true }, unlessSeen(known, changed));
  }

  @Serves(routes.takeBackRoutes)
  async takeBack(
    @Input() { params }: InputOf<typeof routes.takeBackRoutes>,
    @Caller() { name: principal }: Principal,
    @Headers() { 'if-match': known }: ChangeHeaders,
  ): Promise<ServiceRoutes> {
    return this.record.takeBack(params, { principal, verified: true }, unlessSeen(known, changed));
  }
}

const changed = ({ appId, service }: ServiceRoutes) => ({
  code: 'ROUTES_CHANGED',
  message: `The routes of ${appId}/${service} have changed since they were read.`,
  hint: 'Read them again, and send what you want with the new ETag.',
});
