import { Controller, Inject } from '@nestjs/common';
import { gatewayRoutes as routes, type InputOf, type Page, type TrafficService } from '#libs/contracts';
import { Input, placeAfter, Serves, toPage } from '#libs/http';
import { z } from 'zod';
import { type TrafficFigures, trafficOf } from './show-traffic.js';

/** Undefined while the gateway carries nothing. */
export type TrafficView = () => TrafficFigures | undefined;
export const TRAFFIC_VIEW = Symbol('TRAFFIC_VIEW');

const idPlace = z.tuple([z.string()]);

/** How the instances of services do. */
@Controller()
export class TrafficController {
  constructor(@Inject(TRAFFIC_VIEW) private readonly view: TrafficView) {}

  @Serves(routes.traffic)
  async traffic(@Input() { query }: InputOf<typeof routes.traffic>): Promise<Page<TrafficService>> {
    const { limit, after, ...filter } = query;
    const [behind = ''] = placeAfter(idPlace, after, filter) ?? [];
    const figures = this.view();
    if (figures === undefined) return { items: [] };
    const found = [...figures.current().values()]
      .filter(({ id }) => id > behind && isAsked(id, filter))
      .toSorted((a, b) => (a.id < b.id ? -1 : 1))
      .slice(0, limit + 1);
    const times = { nowMs: figures.monotonicMs(), now: new Date() };
    return toPage(
      found.map((service) => ({ item: trafficOf(service, times), place: [service.id] })),
      limit,
      filter,
    );
  }
}

function isAsked(
  id: string,
  { appId, service }: { readonly appId?: string; readonly service?: string },
): boolean {
  const [app, name] = id.split('/');
  return (appId === undefined || app === appId) && (service === undefined || name === service);
}
