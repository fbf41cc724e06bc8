import {
  type AnswerOf,
  deployerRoutes,
  gatewayRoutes,
  scalingPolicySchema,
  type WrittenScalingPolicy,
} from '#libs/contracts';
import type { PictureInstance } from './load-picture.js';

interface ServiceParts {
  readonly env: Readonly<Record<string, string>>;
  readonly appId: string;
  readonly service: string;
}

/** What the platform says of the service that is under load, and how it is told to scale it. */
export class LoadedService {
  constructor(private readonly parts: ServiceParts) {}

  /** Throws where the deployer refuses it. */
  async scaleBy(policy: WrittenScalingPolicy): Promise<void> {
    const body = JSON.stringify(scalingPolicySchema.parse(policy));
    await this.ask('SLIPWAY_DEPLOYER_URL', deployerRoutes.setScaling.path, { method: 'PUT', body });
  }

  /** As its gateway sees them. */
  async instances(): Promise<readonly Omit<PictureInstance, 'score'>[]> {
    const path = `${gatewayRoutes.traffic.path}?appId={appId}&service={service}`;
    const answer = await this.ask('SLIPWAY_GATEWAY_URL', path);
    const { items } = (await answer.json()) as AnswerOf<typeof gatewayRoutes.traffic>;
    return (items[0]?.instances ?? []).map(({ name, state, requestsPerSecond, inFlight }) => ({
      ...{ name, state, requestsPerSecond, inFlight },
    }));
  }

  /** Why its count was changed last; undefined before the first time. */
  async decision(): Promise<string | undefined> {
    const answer = await this.ask('SLIPWAY_DEPLOYER_URL', deployerRoutes.spec.path);
    const { history } = (await answer.json()) as AnswerOf<typeof deployerRoutes.spec>;
    return history.find(({ change }) => change === 'autoscale')?.reason ?? undefined;
  }

  private async ask(urlVariable: string, path: string, init: RequestInit = {}): Promise<Response> {
    const { env, appId, service } = this.parts;
    const filled = path.replace('{appId}', appId).replace('{service}', service);
    const headers = {
      authorization: `Bearer ${env['SLIPWAY_API_TOKEN']}`,
      ...(init.body !== undefined && { 'content-type': 'application/json' }),
    };
    const answer = await fetch(new URL(filled, env[urlVariable]), { ...init, headers });
    if (!answer.ok) throw new Error(`${filled}: HTTP ${answer.status}: ${await answer.text()}`);
    return answer;
  }
}
