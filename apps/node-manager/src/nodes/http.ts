import { Body, Controller, Get, HttpCode, Inject, Post, UseGuards } from '@nestjs/common';
import { nodeNameSchema, printable } from '#libs/contracts';
import { ApiError, NeedsRole, parseInput, TokenGuard } from '#libs/http';
import { z } from 'zod';
import type { Node } from './domain/node.js';
import { ENROL_PORTS, enrolNode, type EnrolNodePorts } from './enrol-node.js';

/** No scheme, no port, no blanks: a name, an IPv4 or an IPv6 address. */
const HOST = /^[A-Za-z0-9]([A-Za-z0-9.:-]{0,252}[A-Za-z0-9])?$/;

const enrolSchema = z.strictObject({
  name: nodeNameSchema,
  address: z.string().regex(HOST, 'expected a host name or an IP address'),
  sshPort: z.int().min(1).max(65_535).default(22),
  sshUser: printable(64).default('root'),
  hostKeyFingerprint: z
    .string()
    .regex(/^SHA256:[A-Za-z0-9+/]{43}$/, 'expected SHA256:... as ssh-keygen -l prints it')
    .optional(),
  login: z.union(
    [z.strictObject({ privateKey: z.string().min(1) }), z.strictObject({ password: z.string().min(1) })],
    'expected {"privateKey": TEXT} or {"password": TEXT}',
  ),
});

@Controller('v1/nodes')
@UseGuards(TokenGuard)
export class NodesController {
  constructor(@Inject(ENROL_PORTS) private readonly ports: EnrolNodePorts) {}

  @Get()
  @NeedsRole('read')
  list(): Promise<readonly Node[]> {
    return this.ports.nodes.list();
  }

  /** Enrols a machine, or brings an enrolled one up to date. */
  @Post()
  @HttpCode(200)
  async enrol(@Body() body: unknown): Promise<Node> {
    const { hostKeyFingerprint, login, ...address } = parseInput(enrolSchema, body);
    const node = await enrolNode(this.ports, { address, hostKeyFingerprint, login });
    if (node !== undefined) return node;
    throw new ApiError({
      status: 409,
      code: 'NODE_TAKEN',
      message: `Another node has the name ${address.name} or the address ${address.address}:${address.sshPort}.`,
      hint: 'List the nodes (slipway node ls). Choose another name, or use the name that the machine has already.',
    });
  }
}
