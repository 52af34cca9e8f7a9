/** Escaping for HTML, as MarkupSafe does it. */
import { text } from './text.ts';
import { MarkedText } from './values.ts';

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', "'": '&#39;', '"': '&#34;' };

/** The value's text, safe in HTML; markup stays as it is unless `force`. */
export function escapeHtml(value: unknown, force = false): MarkedText {
  if (value instanceof MarkedText && value.kind === 'markup' && !force) return value;
  return new MarkedText(text(value).replace(/[&<>'"]/g, (character) => entities[character]!), 'markup');
}
