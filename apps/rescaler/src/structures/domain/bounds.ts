import { RESOURCES, type Resources } from './structure.js';

/** What is wrong with the bounds of a structure: words for whoever set them. Empty: nothing. */
export function boundsProblems(resources: Resources): readonly string[] {
  return RESOURCES.flatMap((resource) => {
    const state = resources[resource];
    if (state === undefined) return [];
    const { min, max, boundary } = state;
    if (![min, max].every((value) => Number.isSafeInteger(value) && value > 0))
      return [`${resource}: min and max are ${min} and ${max}; expected whole numbers above 0`];
    if (min > max) return [`${resource}: min ${min} is above max ${max}`];
    return boundary >= 0 && boundary < 100
      ? []
      : [`${resource}: boundary is ${boundary} %; expected 0 to less than 100`];
  });
}
