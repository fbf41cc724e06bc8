/** `npm run test:gateway` runs these whole; among all stages they have a short form. */
export const isWhole = process.env['SLIPWAY_GATEWAY'] === 'whole';
