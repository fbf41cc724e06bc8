import { Controller, Inject } from '@nestjs/common';
import { type FleetPlan, type InputOf, loadBalancerRoutes as routes } from '#libs/contracts';
import { ApiError, Input, Serves } from '#libs/http';
import { makePlan, type Plan, type PlanWish, preempts } from './make-plan.js';
import type { Evictable } from '../placement/domain/preemption.js';
import { FLEETS, type Fleets } from './ports.js';

/** So many plans are made at once: each has a copy of the fleet, and placing goes on beside them. */
const MOST_AT_ONCE = 2;

/** What would come of a change. */
@Controller()
export class PlansController {
  private underWay = 0;

  constructor(@Inject(FLEETS) private readonly fleets: Fleets) {}

  @Serves(routes.planDrain)
  async drain(@Input() { body }: InputOf<typeof routes.planDrain>): Promise<FleetPlan> {
    return this.planned({ kind: 'drain', ...body }, body.node);
  }

  @Serves(routes.planRemove)
  async remove(@Input() { body }: InputOf<typeof routes.planRemove>): Promise<FleetPlan> {
    return this.planned({ kind: 'remove', ...body }, body.node);
  }

  @Serves(routes.planAdd)
  async add(@Input() { body }: InputOf<typeof routes.planAdd>): Promise<FleetPlan> {
    return this.planned({ kind: 'add', ...body }, body.like);
  }

  @Serves(routes.planPlace)
  async place(@Input() { body }: InputOf<typeof routes.planPlace>): Promise<FleetPlan> {
    return this.planned({ kind: 'place', ...body });
  }

  private async planned(wish: PlanWish, node = ''): Promise<FleetPlan> {
    if (preempts(wish) && !this.fleets.mayPreempt) throw preemptOff();
    if (this.underWay >= MOST_AT_ONCE) throw busy();
    this.underWay += 1;
    try {
      const plan = await makePlan(this.fleets, wish);
      if (plan === undefined) throw unknownNode(node);
      return answerOf(plan);
    } finally {
      this.underWay -= 1;
    }
  }
}

function answerOf({ found, staying, added, ...plan }: Plan): FleetPlan {
  const of = (instance: Plan['staying'][number]) => ({ ...instance, resources: { ...instance.resources } });
  const room = (figures: Plan['before']) => ({
    ...figures,
    worst: figures.worst && { ...figures.worst },
    room: figures.room.map((one) => ({ ...one })),
  });
  return {
    placed: found.flatMap((one) =>
      one.kind === 'placed'
        ? {
            ...of(one.of),
            to: one.to,
            score: one.score,
            ...(one.evicts && { evicts: one.evicts.map(evicted) }),
          }
        : [],
    ),
    unplaced: found.flatMap((one) =>
      one.kind === 'unplaced' ? { ...of(one.of), refused: one.refused.map((by) => ({ ...by })) } : [],
    ),
    ...{ staying: staying.map(of), added: [...added], unknown: plan.unknown },
    ...{ before: room(plan.before), after: room(plan.after) },
  };
}

const evicted = ({ instance, appId, service, priority, node }: Evictable) => ({
  ...{ instance, appId, service, priority, node },
});

const preemptOff = (): ApiError =>
  new ApiError({
    status: 409,
    code: 'PREEMPT_OFF',
    message: 'placement.preempt: this load balancer stops no instance for others.',
    hint: 'Ask without it, or set LOAD_BALANCER_PREEMPT=on.',
  });

const unknownNode = (name: string): ApiError =>
  new ApiError({
    status: 404,
    code: 'NODE_UNKNOWN',
    message: `There is no node ${name}.`,
    hint: 'List the nodes: slipway node ls',
  });

const busy = (): ApiError =>
  new ApiError({
    ...{ status: 503, code: 'PLANS_BUSY', message: `${MOST_AT_ONCE} plans are being made already.` },
    hint: 'Ask again in a second, or ask another replica.',
  });
