/** Injection tokens of what the controllers of this feature ask for. */
export const REQUEST_INTAKE = Symbol('RequestIntake');
export const REQUEST_RECORD = Symbol('RequestRecord');
