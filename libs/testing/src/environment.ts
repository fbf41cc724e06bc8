/** The variable's value, or an error that says how to have it. */
export function requireEnv(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '')
    throw new Error(`${name} is not set: run this through npm test, or source .slipway/env`);
  return value;
}
