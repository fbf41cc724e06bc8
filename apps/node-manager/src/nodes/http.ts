import { Controller, Inject } from '@nestjs/common';
import { type InputOf, type NodeDetails, nodeManagerRoutes as routes } from '#libs/contracts';
import { ApiError, Input, Serves } from '#libs/http';
import type { Node } from './domain/node.js';
import {
  ENROL_PORTS,
  type EnrolNode,
  enrolNode,
  type EnrolNodePorts,
  LimitsUnenforcedError,
} from './enrol-node.js';

/** The inventory of nodes. */
@Controller()
export class NodesController {
  constructor(@Inject(ENROL_PORTS) private readonly ports: EnrolNodePorts) {}

  @Serves(routes.nodes)
  async list(): Promise<NodeDetails[]> {
    return (await this.ports.nodes.list()).map(details);
  }

  /** Enrols a machine, or brings an enrolled one up to date. */
  @Serves(routes.enrol)
  async enrol(@Input() { body }: InputOf<typeof routes.enrol>): Promise<NodeDetails> {
    const { hostKeyFingerprint, login, jump, allowUnlimited, ...address } = body;
    const way = { address, hostKeyFingerprint, login, jump: jump && wayIn(jump) };
    const node = await enrolNode(this.ports, { ...way, allowUnlimited }).catch(unlimited);
    if (node !== undefined) return details(node);
    throw new ApiError({
      status: 409,
      code: 'NODE_TAKEN',
      message: `Another node has the name ${address.name} or the address ${address.address}:${address.sshPort}.`,
      hint: 'List the nodes (slipway node ls). Choose another name, or use the name that the machine has already.',
    });
  }
}

const details = ({ jump, ...node }: Node): NodeDetails => ({
  ...node,
  jump: jump && { ...jump },
  unenforced: [...node.unenforced],
});

function unlimited(error: unknown): never {
  if (!(error instanceof LimitsUnenforcedError)) throw error;
  throw new ApiError({
    status: 422,
    code: 'LIMITS_UNENFORCED',
    message: error.message,
    hint: 'Use cgroup v2 with delegation, or an engine that runs as root. Or accept that a container there can take the whole machine: slipway node add --allow-unlimited',
  });
}

function wayIn({
  hostKeyFingerprint,
  login,
  ...address
}: NonNullable<InputOf<typeof routes.enrol>['body']['jump']>): NonNullable<EnrolNode['jump']> {
  return { address, hostKeyFingerprint, login };
}
