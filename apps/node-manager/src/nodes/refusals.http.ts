import { ApiError } from '#libs/http';
import { JumpLoginUselessError, LoginClosedError } from './check-node.js';
import { DockerInstallError } from './install-docker.js';
import type { NodeAddress } from './domain/node.js';
import { MachineUnusableError, NothingAllocatableError, refusing } from './enrol-node.js';

export const unknownNode = (name: string): ApiError =>
  new ApiError({
    status: 404,
    code: 'NODE_UNKNOWN',
    message: `There is no node ${name}.`,
    hint: 'List the nodes: slipway node ls. One that was removed is shown by slipway node ls --removed.',
  });

const placeOf = ({ address, sshPort }: Pick<NodeAddress, 'address' | 'sshPort'>): string =>
  `${address}:${sshPort}`;

/** Says which of the nodes stands in the way of the one that was to be enrolled. */
export function takenNode(wanted: NodeAddress, nodes: readonly NodeAddress[]): ApiError {
  const place = placeOf(wanted);
  const sameName = nodes.find(({ name }) => name === wanted.name);
  const owner = nodes.find((node) => placeOf(node) === place && node.name !== wanted.name);
  const [message, hint] =
    owner === undefined
      ? [
          `${wanted.name} is the name of another machine${sameName ? `, ${placeOf(sameName)}` : ''}.`,
          'Choose another name with --name. If that machine has moved, remove it first: slipway node remove.',
        ]
      : [
          `The machine at ${place} is enrolled already, as ${owner.name}.`,
          `To bring it up to date, use that name: slipway node add ${owner.name} --address ${owner.address}`,
        ];
  return new ApiError({ status: 409, code: 'NODE_TAKEN', message, hint });
}

export const nodeInUse = (name: string, live: number): ApiError =>
  new ApiError({
    status: 409,
    code: 'NODE_IN_USE',
    message: `${live} ${live === 1 ? 'instance is' : 'instances are'} on ${name}.`,
    hint: `Move them away first: slipway node drain ${name} --wait. If the machine is lost for ever: slipway node remove ${name} --force`,
  });

/** What a use case throws, as an answer; everything else is thrown on. */
export function orRefusal(error: unknown): never {
  if (error instanceof MachineUnusableError) throw unusable(error);
  if (error instanceof DockerInstallError) throw notInstalled(error);
  if (error instanceof NothingAllocatableError)
    throw new ApiError({
      ...{ status: 422, code: 'NOTHING_ALLOCATABLE', message: error.message },
      hint: 'Reserve less, or correct the capacity.',
    });
  if (error instanceof JumpLoginUselessError)
    throw new ApiError({
      ...{ status: 400, code: 'INPUT_INVALID', message: error.message },
      hint: 'Leave it out. A node gets a jump host by slipway node add ... --jump.',
    });
  if (error instanceof LoginClosedError)
    throw new ApiError({
      ...{ status: 409, code: 'LOGIN_CLOSED', message: error.message },
      hint: 'It rests under a key that is not in SLIPWAY_NODE_KEY. Enrol the node again, with its login: slipway node add',
    });
  throw error;
}

function notInstalled({ why, message }: DockerInstallError): ApiError {
  if (why === 'unsupported')
    return new ApiError({
      ...{ status: 422, code: 'DOCKER_INSTALL_UNSUPPORTED', message },
      hint: 'Install Docker there by hand (docs.docker.com/engine/install), then add the machine without --install-docker.',
    });
  return new ApiError({
    ...{ status: 422, code: 'DOCKER_INSTALL_FAILED', message },
    hint: 'Run that command there by hand. A user other than root needs sudo without a password for it.',
  });
}

/** With the code of what comes first, and all that is wrong at once. */
function unusable({ problems, message }: MachineUnusableError): ApiError {
  const wrong = refusing(problems);
  const hint = wrong.map((problem) => problem.hint).join(' ');
  return new ApiError({ status: 422, code: wrong[0]?.code ?? 'ENGINE_UNREACHABLE', message, hint, problems });
}
