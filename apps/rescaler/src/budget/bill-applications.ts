import { type Account, billed, credited, openedAccount, type Stage, type Tariff } from './domain/billing.js';
import type { Accounts, Budget, CurrentAccounts } from './ports.js';

/** Money is counted in millionths. */
const MILLION = 1_000_000;
const SHARE_SECONDS = 100 * 3_600;
/** Longer gaps cost nothing: nobody knows what was used meanwhile. */
const MOST_SECONDS = 60;

interface BillParts {
  readonly accounts: Accounts;
  budgets(): readonly (readonly [application: string, budget: Budget])[];
  /** Shares of CPU in use, of the containers of each application. */
  usage(): Promise<ReadonlyMap<string, number>>;
  now(): number;
  /** A step that is about to be taken: each is told before. */
  onTell(application: string, step: Stage): void;
}

/** Bills what applications use, by their budgets; one replica at a time does. */
export class BillApplications implements CurrentAccounts {
  private known: ReadonlyMap<string, Account> = new Map();

  constructor(private readonly parts: BillParts) {}

  stageOf(application: string): Stage | undefined {
    return this.known.get(application)?.stage;
  }

  all(): ReadonlyMap<string, Account> {
    return this.known;
  }

  /** What counts, whoever billed it; an application without a budget owes nothing. */
  async refresh(): Promise<void> {
    const budgets = new Map(this.parts.budgets());
    const kept = budgets.size === 0 ? [] : await this.parts.accounts.all();
    this.known = new Map(
      kept.filter(({ appId }) => budgets.has(appId)).map(({ appId, account }) => [appId, account]),
    );
  }

  async bill(): Promise<void> {
    const { accounts, budgets, usage, now, onTell } = this.parts;
    const due = budgets();
    if (due.length === 0) return;
    const [kept, used] = await Promise.all([accounts.all(), usage()]);
    for (const [appId, budget] of due) {
      const before = kept.find((one) => one.appId === appId);
      const at = now();
      const tariff = tariffOf(budget);
      const cost = budget.cost * MILLION;
      const account =
        before === undefined
          ? openedAccount(cost)
          : credited(before.account, Math.round(cost - before.cost * MILLION), tariff);
      const seconds = Math.min(MOST_SECONDS, Math.max(0, (at - (before?.billedAt ?? at)) / 1_000));
      const cpu = used.get(appId);
      const bill = billed({ account, tariff, usage: cpu === undefined ? {} : { cpu }, seconds });
      for (const step of bill.tell) onTell(appId, step);
      await accounts.keep({ appId, cost: budget.cost, account: bill.account, billedAt: at });
    }
  }
}

/** CPU is clamped once a tenth of the debt is owed, and the last step is due with all of it. */
const tariffOf = ({ pricePerCoreHour, debt }: Budget): Tariff => ({
  prices: { cpu: (pricePerCoreHour * MILLION) / SHARE_SECONDS },
  clampAt: Math.round(debt * MILLION * 0.1),
  stopAt: Math.round(debt * MILLION),
  tellAt: 0.8,
});
