import { Controller, Inject } from '@nestjs/common';
import {
  type ExplainedPlacement,
  type InputOf,
  loadBalancerRoutes as routes,
  type Page,
} from '#libs/contracts';
import { ApiError, Input, placeAfter, Serves, toPage } from '#libs/http';
import { z } from 'zod';
import { EXPLANATIONS, type Explanations } from './ports.js';

const idPlace = z.tuple([z.string().regex(/^\d{1,18}$/)]);

/** Why instances are where they are. */
@Controller()
export class ExplanationsController {
  constructor(@Inject(EXPLANATIONS) private readonly explanations: Explanations) {}

  @Serves(routes.placements)
  async placements(@Input() { query }: InputOf<typeof routes.placements>): Promise<Page<ExplainedPlacement>> {
    const { limit, after, ...filter } = query;
    const [before] = placeAfter(idPlace, after, filter) ?? [];
    return toPage(await this.explanations.list(filter, limit + 1, before), limit, filter);
  }

  @Serves(routes.placement)
  async placement(@Input() { params }: InputOf<typeof routes.placement>): Promise<ExplainedPlacement> {
    const { accessToken } = params;
    return (
      (await this.explanations.ofToken(accessToken)) ??
      unknown(`No answer to a node request ${accessToken} is kept.`)
    );
  }

  @Serves(routes.instancePlacement)
  async ofInstance(
    @Input() { params }: InputOf<typeof routes.instancePlacement>,
  ): Promise<ExplainedPlacement> {
    const { instance } = params;
    return (
      (await this.explanations.ofInstance(instance)) ??
      unknown(`No instance ${instance} is known, or why it is where it is is not kept any more.`)
    );
  }
}

function unknown(message: string): never {
  throw new ApiError({
    ...{ status: 404, code: 'PLACEMENT_UNKNOWN', message },
    hint: 'List those that are kept: GET /v1/placements?appId=&service=',
  });
}
