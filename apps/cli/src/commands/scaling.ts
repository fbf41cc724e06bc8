import {
  inputProblems,
  problemText,
  scalingPolicySchema,
  type ServiceScaling,
  writtenAppIdSchema,
  type WrittenScalingPolicy,
  writtenServiceNameSchema,
} from '#libs/contracts';
import { openDeployer } from '../adapters/deployer.js';
import { readPolicyFile } from '../adapters/policy-file.js';
import { scalingLines } from '../domain/scaling-lines.js';
import { exitCodes, type ExitCode, usageError } from '../errors.js';
import type { Output } from '../output.js';
import { namesHere } from './names-here.js';
import { ofKnown } from './not-deployed.js';
import { valid } from './valid.js';

interface OfService {
  readonly appId: string;
  readonly service: string;
}

interface SetOptions extends OfService {
  /** A file. */
  readonly policy?: string;
  readonly min?: number;
  readonly max?: number;
  readonly reason?: string;
}

/** How a service scales, and who said so. */
export async function showScaling(options: OfService, output: Output): Promise<ExitCode> {
  const { appId, service } = checked(options, output);
  return shown(await ofKnown({ appId, service }, () => openDeployer().scaling(appId, service)), output);
}

/** Sets a policy: that of a file, or the present one with other bounds. */
export async function setScaling(options: SetOptions, output: Output): Promise<ExitCode> {
  const { appId, service, policy: file, min, max, reason } = checked(options, output);
  const given = file === undefined ? undefined : await readPolicyFile(file);
  const bounds = { ...(min !== undefined && { min }), ...(max !== undefined && { max }) };
  if (given === undefined && Object.keys(bounds).length === 0) throw nothingToSet();
  const changed = (now: ServiceScaling['policy']) => {
    const before = given ?? now;
    if (before === undefined) throw nothingBefore(options);
    return parsedPolicy({ ...before, ...bounds });
  };
  const deployer = openDeployer();
  const wish = { appId, service, reason };
  return shown(await ofKnown(wish, () => deployer.changeScaling(wish, changed)), output);
}

/** What config.json declared last counts again. */
export async function unsetScaling(
  options: OfService & { readonly reason?: string },
  output: Output,
): Promise<ExitCode> {
  const { appId, service, reason } = checked(options, output);
  const deployer = openDeployer();
  const before = await ofKnown({ appId, service }, () => deployer.scaling(appId, service));
  if (before.setBy === 'config.json') {
    const declared = before.policy === undefined ? 'config.json declares none' : 'config.json declares it';
    output.aside(`No policy of ${appId}/${service} was set, so none is taken back: ${declared}.`);
    return shown(before, output);
  }
  return shown(await deployer.takeBackScaling({ appId, service, reason }), output);
}

function shown(scaling: ServiceScaling, output: Output): ExitCode {
  output.answer(scaling, scalingLines(scaling, Date.now()));
  return exitCodes.ok;
}

function checked<T extends OfService>(options: T, output: Output): T {
  valid(
    { argument: '<app>', schema: writtenAppIdSchema, text: options.appId },
    { argument: '<service>', schema: writtenServiceNameSchema, text: options.service },
  );
  return namesHere(options, output);
}

/** Throws a usage error that names what is wrong. */
export function parsedPolicy(policy: object): WrittenScalingPolicy {
  const { success, error } = scalingPolicySchema.safeParse(policy);
  if (success) return policy as WrittenScalingPolicy;
  throw usageError(
    'USAGE',
    `The policy is wrong: ${problemText(inputProblems(error.issues), 'the policy')}`,
    {
      hint: 'Its fields are those of `scaling` in config.json: docs/reference/config-json.md.',
    },
  );
}

const nothingToSet = (): Error =>
  usageError('USAGE', 'Nothing to set: expected --policy, --min or --max', {
    hint: 'Name a file with a policy, or other bounds for the present one.',
  });

const nothingBefore = ({ appId, service }: OfService): Error =>
  usageError('USAGE', `${appId}/${service} has no policy yet, so bounds alone say too little`, {
    hint: 'Name a file with a policy, such as {"max": 10, "targets": {"cpu": 70}}.',
    next: `slipway scaling set ${appId} ${service} --policy FILE`,
  });
