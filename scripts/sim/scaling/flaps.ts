const FLAP_MS = 120_000;

/** Changes that took back one of the other direction within two minutes. Times in milliseconds. */
export const flapsOf = (changes: readonly { readonly at: number; readonly by: number }[]): number =>
  changes.filter(({ at, by }, index) =>
    changes.slice(0, index).some((before) => at - before.at < FLAP_MS && before.by * by < 0),
  ).length;
