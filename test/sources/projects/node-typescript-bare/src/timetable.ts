/** A ferry leaves every half hour. */
export const nextFerry = (now: Date): number => 30 - (now.getMinutes() % 30);
