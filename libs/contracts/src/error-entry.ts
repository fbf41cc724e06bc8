/** Where users meet a code. */
export const errorPlaces = ['reply', 'http', 'enrolment', 'command', 'start'] as const;
export type ErrorPlace = (typeof errorPlaces)[number];

export interface ErrorEntry {
  readonly where: readonly ErrorPlace[];
  /** What happened: a sentence. */
  readonly what: string;
  /** What to do about it: a sentence. */
  readonly whatToDo: string;
  /** Of an answer over HTTP: one, unless HTTP has a status of its own for each case. */
  readonly statuses?: readonly number[];
}

export const inReply = (what: string, whatToDo: string): ErrorEntry => ({ where: ['reply'], what, whatToDo });
export const overHttp = (status: number, what: string, whatToDo: string): ErrorEntry => ({
  where: ['http'],
  statuses: [status],
  what,
  whatToDo,
});
export const atEnrolment = (what: string, whatToDo: string): ErrorEntry => ({
  where: ['enrolment'],
  what,
  whatToDo,
});
export const inCommand = (what: string, whatToDo: string): ErrorEntry => ({
  where: ['command'],
  what,
  whatToDo,
});
