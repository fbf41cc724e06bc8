import jsonLogic, { type RulesLogic } from 'json-logic-js';
import type { Rule } from './rules.js';

/** What rules may be made of: comparisons, arithmetic and choice. None of them loops, logs or calls a method. */
const OPERATORS = new Set(['and', 'or', '!', '!!', 'if', '==', '===', '!=', '!==', '>', '>=', '<', '<=']);
for (const operator of ['+', '-', '*', '/', '%', 'min', 'max', 'var']) OPERATORS.add(operator);
const VARIABLES: Readonly<Record<Rule['kind'], ReadonlySet<string>>> = {
  events: new Set(['usage', 'max', 'min', 'current', 'upper', 'lower']),
  requests: new Set(['events.up', 'events.down']),
};

/** Whether a rule holds. A rule that `logicProblems` has no problem with cannot throw. */
export const holds = (when: RulesLogic, facts: object): boolean => Boolean(jsonLogic.apply(when, facts));

/** What is wrong with the condition of a rule: unknown operators and variables. Empty: nothing. */
export function logicProblems(kind: Rule['kind'], when: unknown): readonly string[] {
  if (Array.isArray(when)) return when.flatMap((part) => logicProblems(kind, part));
  if (typeof when !== 'object' || when === null) return [];
  const entries = Object.entries(when as Record<string, unknown>);
  if (entries.length !== 1) return ['each part of a rule has one operator'];
  return entries.flatMap(([operator, value]) => {
    if (!OPERATORS.has(operator)) return [`unknown operator "${operator}"`];
    if (operator !== 'var') return logicProblems(kind, value);
    const name: unknown = Array.isArray(value) ? value[0] : value;
    return typeof name === 'string' && VARIABLES[kind].has(name)
      ? []
      : [`unknown variable ${JSON.stringify(name)}; expected one of ${[...VARIABLES[kind]].join(', ')}`];
  });
}
