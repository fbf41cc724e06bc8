import { Controller, Inject } from '@nestjs/common';
import {
  type AnswerOf,
  type InputOf,
  type NodeDetails,
  type NodePage,
  type Page,
  nodeRoutes as routes,
} from '#libs/contracts';
import { Caller, Input, placeAfter, type Principal, Serves, toPage } from '#libs/http';
import { z } from 'zod';
import { detailsOf, stillThere } from './details.js';
import { ENROL_PORTS, type EnrolNode, enrolNode, type EnrolNodePorts, shownHostKeys } from './enrol-node.js';
import { orRefusal, takenNode, unknownNode } from './refusals.http.js';

/** The name of a node. */
const place = z.tuple([z.string()]);

/** The inventory of nodes. */
@Controller()
export class NodesController {
  constructor(@Inject(ENROL_PORTS) private readonly ports: EnrolNodePorts) {}

  @Serves(routes.nodes)
  async list(@Input() { query }: InputOf<typeof routes.nodes>): Promise<Page<NodeDetails>> {
    const { nodes } = this.ports;
    const { limit, after, ...filter } = query;
    const [name] = placeAfter(place, after, filter) ?? [];
    const { removed, ...rest } = filter;
    const [found, live] = await Promise.all([
      nodes.page({ ...rest, removed: removed === 'true' }, limit + 1, name),
      nodes.liveCounts(),
    ]);
    const now = new Date();
    const placed = found.map((node) => ({
      item: detailsOf(node, live.get(node.name) ?? 0, now),
      place: [node.name],
    }));
    return toPage(placed, limit, filter);
  }

  @Serves(routes.node)
  async show(@Input() { params, query }: InputOf<typeof routes.node>): Promise<NodePage> {
    const { nodes } = this.ports;
    const { name } = params;
    const [node, live, events] = await Promise.all([
      nodes.find(name),
      nodes.live(name),
      nodes.events(name, query.events),
    ]);
    if (node === undefined) throw unknownNode(name);
    const instances = live.map(({ instance, appId, service, state }) => ({
      instance,
      appId,
      service,
      state,
    }));
    const details = detailsOf(stillThere(node, live), live.length, new Date());
    return { ...details, instances, events: events.map((event) => ({ ...event })) };
  }

  /** Enrols a machine, or brings an enrolled one up to date. */
  @Serves(routes.enrol)
  async enrol(
    @Input() { body }: InputOf<typeof routes.enrol>,
    @Caller() { name: by }: Principal,
  ): Promise<NodeDetails> {
    const {
      hostKeyFingerprint,
      login,
      jump,
      allowUnlimited,
      installDocker,
      labels,
      zone,
      capacity,
      reserve,
      ...address
    } = body;
    const description = withoutUndefined({ labels, zone, capacity, reserve });
    const way = { address, hostKeyFingerprint, login, jump: jump && wayIn(jump) };
    const enrolled = await enrolNode(this.ports, {
      ...way,
      allowUnlimited,
      installDocker,
      description,
      by,
    }).catch(orRefusal);
    if (enrolled === undefined) throw takenNode(address, await this.ports.nodes.list());
    const live = await this.ports.nodes.live(address.name);
    return detailsOf(enrolled.node, live.length, new Date(), enrolled.problems);
  }

  /** Nothing is stored: whoever enrols a machine may look at its key before. */
  @Serves(routes.hostKey)
  async hostKey(@Input() { body }: InputOf<typeof routes.hostKey>): Promise<AnswerOf<typeof routes.hostKey>> {
    const { address, sshPort, hostKeyFingerprint, jump } = body;
    const place = { address, sshPort, sshUser: '' };
    const asked = { address: place, hostKeyFingerprint, jump: jump && wayIn(jump) };
    const { jump: between, ...key } = await shownHostKeys(this.ports, asked);
    return { ...key, ...(between && { jump: { ...between } }) };
  }
}

const withoutUndefined = <T extends object>(members: T): Partial<T> =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Partial<T>;

function wayIn({
  hostKeyFingerprint,
  login,
  ...address
}: NonNullable<InputOf<typeof routes.enrol>['body']['jump']>): NonNullable<EnrolNode['jump']> {
  return { address, hostKeyFingerprint, login };
}
