/** As much of JSON Schema as ours use. */
export interface JsonSchema {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly default?: unknown;
  readonly description?: string;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
}

export interface Field {
  /** Such as `services[].name`. */
  readonly path: string;
  readonly schema: JsonSchema;
  readonly isRequired: boolean;
}

const branchesOf = ({ anyOf, oneOf }: JsonSchema): readonly JsonSchema[] => anyOf ?? oneOf ?? [];

/** The members of an object, with those of the objects and lists in it; each path once. */
export function fieldsOf(schema: JsonSchema, prefix = ''): readonly Field[] {
  const { properties = {}, required = [], items } = schema;
  const own = Object.entries(properties).flatMap(([name, member]) => {
    const path = `${prefix}${prefix === '' || prefix.endsWith('.') ? '' : '.'}${name}`;
    return [{ path, schema: member, isRequired: required.includes(name) }, ...fieldsOf(member, path)];
  });
  const inner = [
    ...own,
    ...(items === undefined ? [] : fieldsOf(items, `${prefix}[]`)),
    ...branchesOf(schema).flatMap((branch) => fieldsOf(branch, prefix)),
  ];
  return [...new Map(inner.map((field) => [field.path, field])).values()];
}

/** What may stand there, in words. */
export function typeText(schema: JsonSchema): string {
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${String(value)}\``).join(', ');
  const branches = [...new Set(branchesOf(schema).map(typeText))];
  if (branches.length > 0) return branches.join(' or ');
  if (schema.items !== undefined) return `list of ${itemsText(schema)}${typeText(schema.items)}`;
  if (schema.format === 'date-time') return 'time, RFC 3339';
  return `${nameOf(schema)}${rangeOf(schema)}`;
}

const NAMES: Readonly<Record<string, string>> = { integer: 'whole number', string: 'text', array: 'list' };

function nameOf({ type = 'any', additionalProperties }: JsonSchema): string {
  if (type !== 'object' || typeof additionalProperties !== 'object') return NAMES[type] ?? type;
  return `object of ${typeText(additionalProperties)}`;
}

function itemsText({ minItems = 0, maxItems }: JsonSchema): string {
  if (maxItems !== undefined) return minItems > 0 ? `${minItems} to ${maxItems}: ` : `at most ${maxItems}: `;
  return minItems > 0 ? `at least ${minItems}: ` : '';
}

/** Limits that a person set; those of every safe integer say nothing. */
function rangeOf({ minimum, maximum }: JsonSchema): string {
  const low = minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER ? minimum : undefined;
  const high = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER ? maximum : undefined;
  if (low !== undefined && high !== undefined) return `, ${low} to ${high}`;
  if (low !== undefined) return `, ${low} or more`;
  return high === undefined ? '' : `, ${high} or less`;
}
