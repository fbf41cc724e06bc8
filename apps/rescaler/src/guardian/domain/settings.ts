import type { GuardSettings } from './guardian.js';
import { holds, logicProblems } from './logic.js';
import { BYTES, type RequestRule, type Rule, rulesOf } from './rules.js';
import { defaultSlo } from './slo.js';

/**
 * Window, delay and rules of ServerlessContainers. An event counts for 120 s, as its example says: with the 40 s of its
 * code, the rules on the way down never see the six events that they ask for.
 */
export const defaultSettings: GuardSettings = {
  rules: rulesOf(BYTES),
  ...{ windowMs: 10_000, delayMs: 10_000, lookEveryMs: 10_000, eventTimeoutMs: 120_000 },
  slo: defaultSlo,
};

const most = 20;

/** What is wrong with settings: words for whoever wrote them. Empty: nothing. */
export function settingsProblems(settings: GuardSettings): readonly string[] {
  const { rules, windowMs, delayMs, lookEveryMs, eventTimeoutMs } = settings;
  const problems = Object.entries({ windowMs, lookEveryMs, eventTimeoutMs })
    .filter(([, value]) => !(value > 0))
    .map(([name, value]) => `${name} is ${value}; expected more than 0`);
  if (!(delayMs >= 0)) problems.push(`delayMs is ${delayMs}; expected 0 or more`);
  const names = rules.map(({ name }) => name);
  for (const name of new Set(names.filter((name, index) => names.indexOf(name) !== index)))
    problems.push(`rule "${name}" is there twice`);
  return [...problems, ...rules.flatMap((rule) => ruleProblems(rule, settings))];
}

function ruleProblems(rule: Rule, settings: GuardSettings): readonly string[] {
  const own = [...logicProblems(rule.kind, rule.when)];
  if (own.length === 0 && rule.kind === 'requests' && rule.isActive)
    own.push(...reachProblems(rule, settings));
  return own.map((problem) => `rule "${rule.name}": ${problem}`);
}

/** A rule that asks for more events than can be there at once would never hold. */
function reachProblems({ when, direction }: RequestRule, settings: GuardSettings): readonly string[] {
  const kept = Math.floor(settings.eventTimeoutMs / settings.lookEveryMs);
  const needed = neededEvents(when, direction);
  if (needed === undefined) return [`no number of events up to ${most} makes it hold`];
  if (needed <= kept) return [];
  return [`needs ${needed} events, but only ${kept} are kept: raise eventTimeoutMs or lower lookEveryMs`];
}

/** The smallest number of events of its direction, and none of the other, with which a rule holds. */
function neededEvents(when: RequestRule['when'], direction: 'up' | 'down'): number | undefined {
  for (let count = 0; count <= most; count += 1) {
    const events = { up: 0, down: 0, [direction]: count };
    if (holds(when, { events })) return count;
  }
  return undefined;
}
