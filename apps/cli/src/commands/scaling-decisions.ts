import { type SCALING_OUTCOMES, writtenAppIdSchema, writtenServiceNameSchema } from '#libs/contracts';
import { openLoadBalancer } from '../adapters/load-balancer.js';
import { openNodeManager } from '../adapters/node-manager.js';
import { scalingDecisionLines, scalingStatusLines } from '../domain/scaling-decision-lines.js';
import { exitCodes, type ExitCode } from '../errors.js';
import type { Output } from '../output.js';
import { namesHere } from './names-here.js';
import { notDeployed, ofKnown } from './not-deployed.js';
import { valid } from './valid.js';

interface StatusOptions {
  readonly appId?: string;
  readonly service?: string;
}

interface ExplainOptions {
  readonly appId: string;
  readonly service: string;
  readonly outcome?: (typeof SCALING_OUTCOMES)[number];
  /** At most so many. */
  readonly limit?: number;
}

const USUAL_LIMIT = 20;

/** How the scaling of a service stands; of all of an application, or of all, where they are left out. */
export async function scalingStatus(options: StatusOptions, output: Output): Promise<ExitCode> {
  const { appId, service } = checked(options, output);
  const api = openLoadBalancer();
  const found =
    appId !== undefined && service !== undefined
      ? [await ofKnown({ appId, service }, () => api.scalingStatus(appId, service))]
      : await api.scalingStatuses(appId);
  if (appId !== undefined && found.length === 0 && (await openNodeManager().services({ appId })).length === 0)
    throw notDeployed({ appId });
  output.answer(service === undefined ? found : found[0], scalingStatusLines(found, output.paint));
  return exitCodes.ok;
}

/** What was decided about the count of a service, and why: the newest first. */
export async function explainScaling(options: ExplainOptions, output: Output): Promise<ExitCode> {
  const { appId, service, outcome, limit = USUAL_LIMIT } = checked(options, output);
  const { items } = await ofKnown({ appId, service }, () =>
    openLoadBalancer().scalingDecisions(appId, service, { outcome, limit }),
  );
  output.answer(items, scalingDecisionLines(items, output.paint));
  return exitCodes.ok;
}

function checked<T extends StatusOptions>(options: T, output: Output): T {
  valid(
    { argument: '<app>', schema: writtenAppIdSchema, text: options.appId },
    { argument: '<service>', schema: writtenServiceNameSchema, text: options.service },
  );
  return namesHere(options, output);
}
