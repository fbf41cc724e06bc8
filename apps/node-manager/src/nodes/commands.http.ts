import { Controller, Inject } from '@nestjs/common';
import { type InputOf, type NodeDetails, nodeRoutes as routes } from '#libs/contracts';
import { Caller, Input, type Principal, Serves } from '#libs/http';
import { changeLogin, type CheckedNode, checkNode } from './check-node.js';
import { detailsOf, stillThere } from './details.js';
import type { Node } from './domain/node.js';
import type { NodeCommand } from './domain/standing.js';
import { assertAllocatable, ENROL_PORTS, type EnrolNodePorts } from './enrol-node.js';
import { nodeInUse, orRefusal, unknownNode } from './refusals.http.js';

/** What people do with nodes that are enrolled. */
@Controller()
export class NodeCommandsController {
  constructor(@Inject(ENROL_PORTS) private readonly ports: EnrolNodePorts) {}

  @Serves(routes.cordon)
  cordon(
    @Input() { params, body }: InputOf<typeof routes.cordon>,
    @Caller() { name }: Principal,
  ): Promise<NodeDetails> {
    return this.command(params.name, { kind: 'cordon' }, { ...body, by: name });
  }

  @Serves(routes.uncordon)
  uncordon(
    @Input() { params, body }: InputOf<typeof routes.uncordon>,
    @Caller() { name }: Principal,
  ): Promise<NodeDetails> {
    return this.command(params.name, { kind: 'uncordon' }, { ...body, by: name });
  }

  @Serves(routes.drain)
  drain(
    @Input() { params, body }: InputOf<typeof routes.drain>,
    @Caller() { name }: Principal,
  ): Promise<NodeDetails> {
    const { deadlineMs, reason } = body;
    const deadline = deadlineMs === undefined ? undefined : new Date(Date.now() + deadlineMs).toISOString();
    return this.command(params.name, { kind: 'drain', deadline }, { reason, by: name });
  }

  @Serves(routes.remove)
  remove(
    @Input() { params, body }: InputOf<typeof routes.remove>,
    @Caller() { name }: Principal,
  ): Promise<NodeDetails> {
    const { force, reason } = body;
    return this.command(params.name, { kind: 'remove', force }, { reason, by: name });
  }

  @Serves(routes.label)
  async label(
    @Input() { params, body }: InputOf<typeof routes.label>,
    @Caller() { name: by }: Principal,
  ): Promise<NodeDetails> {
    const { nodes } = this.ports;
    const { name } = params;
    const known = await nodes.find(name);
    if (known === undefined || known.wish === 'removed') throw unknownNode(name);
    const { capacity = known.capacity, reserve = known.reserve } = body;
    try {
      assertAllocatable({ ...known, capacity: capacity ?? undefined, reserve: reserve ?? undefined });
    } catch (error) {
      orRefusal(error);
    }
    return this.answer(name, await nodes.describe(name, body, { by }));
  }

  @Serves(routes.check)
  async check(@Input() { params }: InputOf<typeof routes.check>): Promise<NodeDetails> {
    return this.checked(params.name, await checkNode(this.ports, params.name).catch(orRefusal));
  }

  @Serves(routes.login)
  async login(
    @Input() { params, body }: InputOf<typeof routes.login>,
    @Caller() { name: by }: Principal,
  ): Promise<NodeDetails> {
    const changed = await changeLogin(this.ports, params.name, { ...body, by }).catch(orRefusal);
    return this.checked(params.name, changed);
  }

  private async command(
    name: string,
    command: NodeCommand,
    asked: { readonly reason?: string; readonly by: string },
  ): Promise<NodeDetails> {
    const done = await this.ports.nodes.command(name, command, asked);
    if (done === undefined || done.refused === 'gone') throw unknownNode(name);
    if (done.refused !== undefined) throw nodeInUse(name, done.live);
    return this.answer(name, done.node);
  }

  private async answer(name: string, node: Node | undefined): Promise<NodeDetails> {
    if (node === undefined) throw unknownNode(name);
    const live = await this.ports.nodes.live(name);
    return detailsOf(stillThere(node, live), live.length, new Date());
  }

  private async checked(name: string, checked: CheckedNode | undefined): Promise<NodeDetails> {
    if (checked === undefined) throw unknownNode(name);
    const live = await this.ports.nodes.live(name);
    return detailsOf(stillThere(checked.node, live), live.length, new Date(), checked.problems);
  }
}
