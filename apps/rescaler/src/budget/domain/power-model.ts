/** Shares in use and the watts that were measured with them. */
export interface PowerPoint {
  readonly cpu: number;
  readonly power: number;
}

/** A model of how much CPU a power allows. It learns while it is used: `learned` gives the next one. */
export type PowerModel = InterpolationModel | PolynomialModel;

/** Straight lines between the points that were measured: where there are two, nothing is assumed of the machine. */
export interface InterpolationModel {
  readonly kind: 'interpolation';
  /** Ascending by CPU, one for each `step` of CPU. */
  readonly points: readonly PowerPoint[];
  readonly step: number;
}

/** `power = a + b cpu + c cpu^2` by least squares, in which older points count less and less. */
export interface PolynomialModel {
  readonly kind: 'polynomial';
  /** Sums of cpu^0..4, and of power * cpu^0..2. */
  readonly sums: readonly number[];
  readonly products: readonly number[];
  /** By how much older points count less with each new one: .99 forgets half in 69. */
  readonly forgetting: number;
}

export const interpolation = (step = 25): InterpolationModel => ({ kind: 'interpolation', points: [], step });

export const polynomial = (forgetting = 0.99): PolynomialModel => ({
  kind: 'polynomial',
  ...{ sums: [0, 0, 0, 0, 0], products: [0, 0, 0], forgetting },
});

/** The model with one more point. A point that is no number teaches nothing. */
export function learned(model: PowerModel, point: PowerPoint): PowerModel {
  if (![point.cpu, point.power].every(Number.isFinite)) return model;
  // In cores, so that the fourth power of shares does not swallow the rest.
  const x = point.cpu / 100;
  if (model.kind === 'polynomial') {
    const { sums, products, forgetting } = model;
    return {
      ...model,
      sums: sums.map((sum, power) => sum * forgetting + x ** power),
      products: products.map((sum, power) => sum * forgetting + point.power * x ** power),
    };
  }
  const place = (cpu: number): number => Math.round(cpu / model.step);
  const others = model.points.filter(({ cpu }) => place(cpu) !== place(point.cpu));
  return { ...model, points: [...others, point].sort((a, b) => a.cpu - b.cpu) };
}

/** The shares with which so many watts are used; undefined: the model has not learned enough to say. */
export function cpuFor(model: PowerModel, power: number): number | undefined {
  return model.kind === 'interpolation' ? interpolated(model.points, power) : solved(model, power);
}

function interpolated(points: readonly PowerPoint[], power: number): number | undefined {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined || points.length < 2) return undefined;
  const next = points.findIndex((point) => point.power >= power);
  const index = next <= 0 ? (next === 0 ? 1 : points.length - 1) : next;
  const [low, high] = [points[index - 1] ?? first, points[index] ?? last];
  if (high.power === low.power) return low.cpu;
  return low.cpu + ((power - low.power) * (high.cpu - low.cpu)) / (high.power - low.power);
}

function solved({ sums, products }: PolynomialModel, power: number): number | undefined {
  const fit = leastSquares(sums, products);
  if (fit === undefined) return undefined;
  const [a, b, c] = fit;
  if (Math.abs(c) < 1e-9) return b > 0 ? ((power - a) / b) * 100 : undefined;
  const inner = b * b - 4 * c * (a - power);
  // Beyond the top of the curve: the most that it reaches.
  const x = inner < 0 ? -b / (2 * c) : (-b + Math.sqrt(inner)) / (2 * c);
  return Number.isFinite(x) ? x * 100 : undefined;
}

/** The normal equations of a parabola by Cramer's rule; undefined: fewer than three different points. */
function leastSquares(
  s: readonly number[],
  p: readonly number[],
): readonly [number, number, number] | undefined {
  const at = (values: readonly number[], index: number): number => values[index] ?? 0;
  const matrix = [0, 1, 2].map((row) => [0, 1, 2].map((column) => at(s, row + column)));
  const whole = determinant(matrix);
  if (Math.abs(whole) < 1e-6) return undefined;
  const by = (replaced: number): number =>
    determinant(
      matrix.map((row, r) => row.map((value, column) => (column === replaced ? at(p, r) : value))),
    ) / whole;
  return [by(0), by(1), by(2)];
}

function determinant(m: readonly (readonly number[])[]): number {
  const at = (row: number, column: number): number => m[row]?.[column] ?? 0;
  const minor = (a: number, b: number): number => at(1, a) * at(2, b) - at(1, b) * at(2, a);
  return at(0, 0) * minor(1, 2) - at(0, 1) * minor(0, 2) + at(0, 2) * minor(0, 1);
}
