import { Controller, Inject } from '@nestjs/common';
import { type InputOf, loadBalancerRoutes as routes, type ScalingReplay } from '#libs/contracts';
import { ApiError, Input, Serves } from '#libs/http';
import { unknownService } from './http.js';
import { SCALING_REPLAYS, type ScalingReplays } from './ports.js';
import { type Replayed, replayPolicies } from './replay-policies.js';

/** So many replays are made at once: each decides thousands of times, and real decisions go on beside them. */
const MOST_AT_ONCE = 2;
const MINUTE_MS = 60_000;
const MOST_UNRESOLVED = 500;

/** What a policy would have done. */
@Controller()
export class ScalingReplaysController {
  private underWay = 0;

  constructor(@Inject(SCALING_REPLAYS) private readonly replays: ScalingReplays) {}

  @Serves(routes.replayScaling)
  async replay(@Input() { params, body }: InputOf<typeof routes.replayScaling>): Promise<ScalingReplay> {
    if (this.underWay >= MOST_AT_ONCE) throw busy();
    this.underWay += 1;
    try {
      return await this.replayed(params, body);
    } finally {
      this.underWay -= 1;
    }
  }

  private async replayed(
    service: InputOf<typeof routes.replayScaling>['params'],
    { policy: proposed, lastMs, startMs }: InputOf<typeof routes.replayScaling>['body'],
  ): Promise<ScalingReplay> {
    const { figures, now, present: presentOf } = this.replays;
    const known = await presentOf(service);
    if (known === undefined) return unknownService(service);
    const to = now() - (now() % MINUTE_MS);
    const from = to - lastMs;
    const present = known.policy;
    const wish = { ...service, proposed, present, from, to, startMs };
    const { proposed: first, present: second, ran, seconds } = await replayPolicies(figures, wish);
    return {
      ...{ ...service, from: timeOf(from), to: timeOf(to), seconds, ran: { ...ran } },
      proposed: shown(first),
      ...(second !== undefined && { present: shown(second) }),
    };
  }
}

const timeOf = (ms: number): string => new Date(ms).toISOString();

const shown = ({ unresolved, ...outcome }: Replayed): ScalingReplay['proposed'] => ({
  ...outcome,
  unresolved: unresolved
    .slice(0, MOST_UNRESOLVED)
    .map(({ what, why, from, to }) => ({ what, why, from: timeOf(from), to: timeOf(to) })),
  unresolvedMore: Math.max(0, unresolved.length - MOST_UNRESOLVED),
});

const busy = (): ApiError =>
  new ApiError({
    ...{ status: 503, code: 'REPLAYS_BUSY', message: `${MOST_AT_ONCE} replays are being made already.` },
    hint: 'Ask again in a moment, or ask another replica.',
  });
