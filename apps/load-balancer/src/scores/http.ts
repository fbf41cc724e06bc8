import { Controller, Inject } from '@nestjs/common';
import {
  type InputOf,
  loadBalancerRoutes as routes,
  type Page,
  type ShownScore,
  type ShownStat,
} from '#libs/contracts';
import { Input, placeAfter, Serves, toPage } from '#libs/http';
import { z } from 'zod';
import { CURRENT_SCORES, type CurrentScores, type InstanceScore } from './ports.js';

const instancePlace = z.tuple([z.string()]);
const NOT_MEASURED = 100;

/** How much room instances have. */
@Controller()
export class ScoresController {
  constructor(@Inject(CURRENT_SCORES) private readonly current: CurrentScores) {}

  @Serves(routes.scores)
  scores(@Input() { query }: InputOf<typeof routes.scores>): Promise<Page<ShownScore>> {
    const { limit, after, ...filter } = query;
    const [last = ''] = placeAfter(instancePlace, after, filter) ?? [];
    const found = byName(this.current)
      .filter((score) => score.instance > last && fits(score, filter))
      .slice(0, limit + 1)
      .map((score) => ({ item: shownScore(score), place: [score.instance] }));
    return Promise.resolve(toPage(found, limit, filter));
  }

  @Serves(routes.stats)
  stats(): Promise<ShownStat[]> {
    return Promise.resolve(byName(this.current).map(shownStat));
  }
}

/** As strings are compared, so that a page begins where the one before it ended. */
const byName = (current: CurrentScores): readonly InstanceScore[] =>
  [...current.all().values()].toSorted((a, b) => (a.instance < b.instance ? -1 : 1));

type Filter = Partial<Pick<InstanceScore, 'appId' | 'service' | 'node' | 'state'>>;

const fits = (score: InstanceScore, { appId, service, node, state }: Filter): boolean =>
  [
    [appId, score.appId],
    [service, score.service],
    [node, score.node],
    [state, score.state],
  ].every(([asked, value]) => asked === undefined || asked === value);

function shownScore({ container: _, at, ...score }: InstanceScore): ShownScore {
  return { ...score, at: new Date(at).toISOString() };
}

function shownStat({ instance, container, overall, state, ...parts }: InstanceScore): ShownStat {
  return {
    ...{ id: container, name: instance },
    cpu_score: parts.cpu ?? NOT_MEASURED,
    memory_score: parts.memory ?? NOT_MEASURED,
    network_score: parts.network ?? NOT_MEASURED,
    availability_score: parts.availability ?? NOT_MEASURED,
    ...{ overall_score: overall, utilization_category: state },
  };
}
