/** Twelve hours from flood to flood. */
export const heightAt = (hour: number): number => Math.round(Math.cos((hour / 6) * Math.PI)) * 2;
