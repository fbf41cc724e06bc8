import { Controller, Inject } from '@nestjs/common';
import { type InputOf, loadBalancerRoutes as routes, type TrafficOverride } from '#libs/contracts';
import { ApiError, Caller, Input, type Principal, Serves } from '#libs/http';
import { OVERRIDE_RECORD, type OverrideRecord } from './ports.js';

/** Weights that operators set for instances. */
@Controller()
export class TrafficOverridesController {
  constructor(@Inject(OVERRIDE_RECORD) private readonly record: OverrideRecord) {}

  @Serves(routes.trafficOverrides)
  async list(): Promise<{ items: TrafficOverride[] }> {
    return { items: await this.record.list() };
  }

  @Serves(routes.setTrafficOverride)
  async set(
    @Input() { params: { instance }, body }: InputOf<typeof routes.setTrafficOverride>,
    @Caller() { name: by }: Principal,
  ): Promise<TrafficOverride> {
    const done = await this.record.set({ instance, ...body, by });
    switch (done.kind) {
      case 'set':
        return done.override;
      case 'unknown':
        throw unknown(`No instance ${instance} runs.`);
      case 'full':
        throw new ApiError({
          ...{ status: 409, code: 'OVERRIDES_FULL', message: 'As many weights are set as gateways take.' },
          hint: 'End some: GET /v1/traffic/overrides lists them.',
        });
    }
  }

  @Serves(routes.endTrafficOverride)
  async end(
    @Input() { params: { instance } }: InputOf<typeof routes.endTrafficOverride>,
  ): Promise<TrafficOverride> {
    const ended = await this.record.end(instance);
    if (ended === undefined) throw unknown(`No weight is set for ${instance}.`);
    return ended;
  }
}

const unknown = (message: string): ApiError =>
  new ApiError({
    ...{ status: 404, code: 'OVERRIDE_UNKNOWN', message },
    hint: 'Instances: slipway traffic. Weights that are set: GET /v1/traffic/overrides.',
  });
