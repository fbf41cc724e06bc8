import { Controller, Inject } from '@nestjs/common';
import { type InputOf, type LimitDecision, type Page, rescalerRoutes as routes } from '#libs/contracts';
import { Input, placeAfter, Serves, toPage } from '#libs/http';
import { z } from 'zod';
import { DECISION_VIEW, type DecisionView } from './ports.js';

const place = z.tuple([z.iso.datetime(), z.string(), z.string(), z.string()]);

/** Why limits are as they are. */
@Controller()
export class DecisionsController {
  constructor(@Inject(DECISION_VIEW) private readonly view: DecisionView) {}

  @Serves(routes.limitDecisions)
  async decisions(
    @Input() { params, query }: InputOf<typeof routes.limitDecisions>,
  ): Promise<Page<LimitDecision>> {
    const { limit, after, ...given } = query;
    const filter = { ...params, ...given };
    const from = placeAfter(place, after, filter);
    return toPage(await this.view.decisions(params, given, limit + 1, from), limit, filter);
  }
}
