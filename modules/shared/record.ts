/** Answers of fact scripts: `key=value` fields, each ended by NUL, so that values may hold anything a file name can. */

/** The fields by key. A key that comes twice keeps its last value. */
export function parseRecord(text: string): ReadonlyMap<string, string> {
  return new Map(fieldsOf(text));
}

/** Records that each start with the field `first`. */
export function parseRecords(text: string, first: string): ReadonlyMap<string, string>[] {
  const records: Map<string, string>[] = [];
  for (const [key, value] of fieldsOf(text)) {
    if (key === first) records.push(new Map());
    records.at(-1)?.set(key, value);
  }
  return records;
}

function fieldsOf(text: string): [string, string][] {
  return text
    .split('\0')
    .filter((field) => field.includes('='))
    .map((field) => [field.slice(0, field.indexOf('=')), field.slice(field.indexOf('=') + 1)]);
}
