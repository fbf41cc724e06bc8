/** The CPUs of a set as the kernel writes it: `0-2,5` is 0, 1, 2, 5. */
export function cpusIn(set: string): readonly number[] {
  const cpus = set.split(',').flatMap((part) => {
    const [first = '', last = first] = part.trim().split('-');
    if (first === '') return [];
    const [from, to] = [Number(first), Number(last)];
    return Array.from({ length: Math.max(0, to - from + 1) }, (_, n) => from + n);
  });
  return [...new Set(cpus)].sort((a, b) => a - b);
}

export const isSameSet = (one: string, other: string): boolean => cpusIn(one).join() === cpusIn(other).join();
