/**
 * How many columns text takes in a terminal: graphemes (UAX 29) as terminals group them, wide ones by UAX 11, emoji as two columns
 * (UTS 51).
 */
import { stripVTControlCharacters } from 'node:util';
import { eastAsianWidth } from 'get-east-asian-width';

/** Columns of one line of text, escape sequences aside. */
export function widthOf(text: string): number {
  if (/^[ -~]*$/.test(text)) return text.length;
  let width = 0;
  for (const { segment } of graphemesOf(stripVTControlCharacters(text))) width += graphemeWidth(segment);
  return width;
}

let segmenter: Intl.Segmenter | undefined;

/** The graphemes of a text. */
export function graphemesOf(text: string): Intl.Segments {
  // Made when first needed: host names are seldom anything but ASCII.
  segmenter ??= new Intl.Segmenter(undefined, { granularity: 'grapheme' });
  return segmenter.segment(text);
}

function graphemeWidth(grapheme: string): number {
  const visible = grapheme.search(/[^\p{Default_Ignorable_Code_Point}\p{Control}\p{Format}\p{Nonspacing_Mark}\p{Enclosing_Mark}\p{Surrogate}]/u);
  if (visible < 0) return 0;
  if (isEmoji(grapheme)) return 2;
  const [base, ...others] = [...grapheme.slice(visible)];
  // Marks that take place of their own, and half-width signs that belong to the character before.
  const trailing = others.filter((one) => /[\p{Spacing_Mark}\uFF00-\uFFEF]/u.test(one));
  return [base!, ...trailing].reduce((sum, one) => sum + eastAsianWidth(one.codePointAt(0)!), 0);
}

/** Flags, what is an emoji by itself or by U+FE0F, keycaps, and several joined. */
function isEmoji(grapheme: string): boolean {
  return /^(?:\p{Regional_Indicator}{2}|(?!\p{Regional_Indicator})\p{Emoji_Presentation}|\p{Emoji}\uFE0F|[\d#*]\u20E3|\p{Extended_Pictographic}.*\u200D\p{Extended_Pictographic})/su.test(grapheme);
}
