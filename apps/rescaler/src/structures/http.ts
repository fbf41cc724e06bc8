import { Controller, Inject } from '@nestjs/common';
import {
  type InputOf,
  type Page,
  rescalerRoutes as routes,
  type Structure,
  type StructureKind,
  structureSaidSchemas,
} from '#libs/contracts';
import { ApiError, Caller, Input, parseInput, placeAfter, type Principal, Serves, toPage } from '#libs/http';
import { z } from 'zod';
import { CURRENT_ACCOUNTS, type CurrentAccounts } from '../budget/ports.js';
import type { StoredContainer, StoredHost } from './domain/host-state.js';
import { shownContainer, shownHost, shownSums } from './domain/shown.js';
import {
  HOST_STATES,
  type HostStates,
  type SaidVersion,
  STRUCTURE_RECORD,
  type StructureRecord,
} from './ports.js';

const place = z.tuple([z.string()]);

/** Hosts, users, applications and containers: the State Database. */
@Controller()
export class StructuresController {
  constructor(
    @Inject(STRUCTURE_RECORD) private readonly record: StructureRecord,
    @Inject(HOST_STATES) private readonly hosts: HostStates,
    @Inject(CURRENT_ACCOUNTS) private readonly accounts: CurrentAccounts,
  ) {}

  @Serves(routes.structures)
  async list(
    @Input() { params: { kind }, query }: InputOf<typeof routes.structures>,
  ): Promise<Page<Structure>> {
    const [after] = placeAfter(place, query.after, { kind }) ?? [];
    const all = (await this.all(kind)).toSorted((a, b) => (a.id < b.id ? -1 : 1));
    const found = all.filter(({ id }) => after === undefined || id > after).slice(0, query.limit + 1);
    return toPage(
      found.map((item) => ({ item, place: [item.id] })),
      query.limit,
      { kind },
    );
  }

  @Serves(routes.structure)
  async one(@Input() { params }: InputOf<typeof routes.structure>): Promise<Structure> {
    return this.found(params);
  }

  @Serves(routes.setStructure)
  async set(
    @Input() { params, query: { reason }, body }: InputOf<typeof routes.setStructure>,
    @Caller() { name: principal }: Principal,
  ): Promise<Structure> {
    const said = parseInput(structureSaidSchemas[params.kind], body);
    const by = { principal, ...(reason !== undefined && { reason }) };
    await this.record.change(params.kind, params.id, by, () => said);
    return this.found(params);
  }

  @Serves(routes.forgetStructure)
  async forget(
    @Input() { params, query: { reason } }: InputOf<typeof routes.forgetStructure>,
    @Caller() { name: principal }: Principal,
  ): Promise<Structure> {
    const before = await this.found(params);
    const by = { principal, ...(reason !== undefined && { reason }) };
    await this.record.change(params.kind, params.id, by, () => undefined);
    return before;
  }

  private async found({
    kind,
    id,
  }: {
    readonly kind: StructureKind;
    readonly id: string;
  }): Promise<Structure> {
    const found = (await this.all(kind)).find((one) => one.id === id);
    if (found !== undefined) return found;
    throw new ApiError({
      ...{ status: 404, code: 'STRUCTURE_UNKNOWN', message: `There is no ${kind} ${id}.` },
      hint: `List them: GET /v1/structures/${kind}`,
    });
  }

  private async all(kind: StructureKind): Promise<readonly Structure[]> {
    const [said, hosts] = await Promise.all([this.record.saidOf(kind), this.hosts.all()]);
    const known = new Map(said);
    const shown = knownOf(kind, hosts, known);
    const ids = [...new Set([...shown.keys(), ...known.keys()])];
    const account = (id: string) => (kind === 'application' ? this.accounts.all().get(id) : undefined);
    return ids.map((id) => ({
      ...{ ...(shown.get(id) ?? { kind, id }), ...saidOf(known.get(id)) },
      ...accountOf(account(id)),
    }));
  }
}

function knownOf(
  kind: StructureKind,
  hosts: readonly StoredHost[],
  said: ReadonlyMap<string, SaidVersion>,
): ReadonlyMap<string, Structure> {
  const containers = hosts.flatMap((host) => host.containers);
  switch (kind) {
    case 'host':
      return new Map(hosts.map((host) => [host.host.name, shownHost(host)]));
    case 'container':
      return new Map(containers.map((one) => [one.structure.id, shownOne(one)]));
    case 'application': {
      const byApplication = Map.groupBy(containers, ({ structure }) => structure.application);
      return new Map([...byApplication].map(([id, own]) => [id, shownSums(kind, id, own)]));
    }
    case 'user':
      return new Map(
        [...said].map(([id, version]) => {
          const { applications = [] } = (version.said ?? {}) as { readonly applications?: readonly string[] };
          const own = containers.filter(({ structure }) => applications.includes(structure.application));
          return [id, shownSums(kind, id, own)];
        }),
      );
  }
}

const shownOne = (container: StoredContainer): Structure => ({
  ...{ kind: 'container', id: container.structure.id },
  containers: [shownContainer(container)],
});

const accountOf = (account: { readonly balance: number; readonly stage: string } | undefined) =>
  account && { account: { balance: account.balance / 1_000_000, stage: account.stage } };

const saidOf = (version: SaidVersion | undefined) => ({ ...version });
