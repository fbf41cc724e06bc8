import { Controller, Inject } from '@nestjs/common';
import {
  type InputOf,
  loadBalancerRoutes as routes,
  type Page,
  type ScalingDecision,
  type ScalingStatus,
} from '#libs/contracts';
import { ApiError, Input, placeAfter, Serves, toPage } from '#libs/http';
import { z } from 'zod';
import { SCALING_VIEW, type ScalingView, type ServiceName } from './ports.js';

const servicePlace = z.tuple([z.string(), z.string()]);
const decisionPlace = z.tuple([z.iso.datetime(), z.string()]);

/** How many instances services were decided to need, and why. */
@Controller()
export class ScalingController {
  constructor(@Inject(SCALING_VIEW) private readonly view: ScalingView) {}

  @Serves(routes.scalingStatuses)
  async statuses(@Input() { query }: InputOf<typeof routes.scalingStatuses>): Promise<Page<ScalingStatus>> {
    const { limit, after, ...filter } = query;
    const place = placeAfter(servicePlace, after, filter);
    return toPage(await this.view.statuses(filter, limit + 1, place), limit, filter);
  }

  @Serves(routes.scalingStatus)
  async status(@Input() { params }: InputOf<typeof routes.scalingStatus>): Promise<ScalingStatus> {
    return (await this.view.status(params)) ?? unknownService(params);
  }

  @Serves(routes.scalingDecisions)
  async decisions(
    @Input() { params, query }: InputOf<typeof routes.scalingDecisions>,
  ): Promise<Page<ScalingDecision>> {
    const { limit, after, ...filter } = query;
    const place = placeAfter(decisionPlace, after, { ...params, ...filter });
    const found = await this.view.decisions(params, filter, limit + 1, place);
    // Decisions of a service that is gone are kept for a while.
    if (found.length === 0 && (await this.view.status(params)) === undefined) unknownService(params);
    return toPage(found, limit, { ...params, ...filter });
  }
}

export function unknownService({ appId, service }: ServiceName): never {
  throw new ApiError({
    status: 404,
    code: 'SERVICE_UNKNOWN',
    message: `There is no service ${appId}/${service}.`,
    hint: `See which there are: slipway status ${appId} --all`,
  });
}
