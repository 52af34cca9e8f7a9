/** Whether text is left for the template engine: a cheap look for its opening marks. */
export function hasTemplate(text: string): boolean {
  return text.includes('{{') || text.includes('{%') || text.includes('{#');
}

/** Whether a value holds a template anywhere, keys of mappings included. */
export function holdsTemplate(value: unknown): boolean {
  if (typeof value === 'string') return hasTemplate(value);
  if (Array.isArray(value)) return value.some(holdsTemplate);
  if (typeof value === 'object' && value !== null) return Object.entries(value).some(([key, item]) => hasTemplate(key) || holdsTemplate(item));
  return false;
}
