import type { StructureSaid } from '#libs/contracts';
import { withAdvisoryLock } from '#libs/postgres';
import { Recurring, type Runtime } from '#libs/runtime';
import type { HostStates, SaidStructures } from '../structures/ports.js';
import { PostgresAccounts } from './adapters/postgres-accounts.js';
import { BillApplications } from './bill-applications.js';

const BILL_MS = 10_000;
const REFRESH_MS = 2_000;

interface BudgetParts {
  readonly runtime: Pick<Runtime, 'pool' | 'sessions' | 'clock' | 'logger'>;
  readonly said: SaidStructures;
  readonly hosts: Pick<HostStates, 'all'>;
  isOn(): boolean;
}

/** What applications use is billed; who owes too much has its CPU clamped. */
export function createBudget({ runtime, said, hosts, isOn }: BudgetParts) {
  const { pool, sessions, clock, logger } = runtime;
  const bills = new BillApplications({
    accounts: new PostgresAccounts(pool),
    budgets: () =>
      said
        .all<StructureSaid['application']>('application')
        .flatMap(([id, { budget }]) => (budget === undefined ? [] : [[id, budget] as const])),
    async usage() {
      const containers = (await hosts.all()).flatMap((host) => host.containers);
      const byApplication = Map.groupBy(containers, ({ structure }) => structure.application);
      return new Map(
        [...byApplication].map(([id, own]) => [
          id,
          own.reduce((sum, { structure }) => sum + (structure.resources.cpu?.usage ?? 0), 0),
        ]),
      );
    },
    now: () => clock.now().getTime(),
    onTell: (application, step) =>
      logger.warn({ application, step }, 'an application owes so much that this step comes next'),
  });
  const failed = (what: string) => (err: unknown) => logger.warn({ err }, what);
  const recurring = [
    new Recurring(BILL_MS, async () => {
      if (!isOn()) return;
      const bill = withAdvisoryLock(sessions, 'slipway.rescaler.budget', () => bills.bill());
      await bill.then(() => undefined).catch(failed('what applications use is not billed now'));
    }),
    new Recurring(REFRESH_MS, () => bills.refresh().catch(failed('what applications owe is not read now'))),
  ];
  return {
    accounts: bills,
    start: () => recurring.forEach((one) => one.start()),
    stop: async () => void (await Promise.all(recurring.map((one) => one.stop()))),
  };
}
