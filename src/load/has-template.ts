import { Secret } from '../shell.ts';

/** Whether text is left for the template engine: a cheap look for its opening marks. */
export function hasTemplate(text: string): boolean {
  return text.includes('{{') || text.includes('{%') || text.includes('{#');
}

/** Whether a value holds a template or an encrypted value anywhere, keys of mappings included: it is known only at run time. */
export function holdsTemplate(value: unknown): boolean {
  if (typeof value === 'string') return hasTemplate(value);
  if (value instanceof Secret) return true;
  if (Array.isArray(value)) return value.some(holdsTemplate);
  if (typeof value === 'object' && value !== null) return Object.entries(value).some(([key, item]) => hasTemplate(key) || holdsTemplate(item));
  return false;
}
