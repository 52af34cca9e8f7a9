/** Which styles of YAML can hold a text (libyaml's emitter, which Ansible writes with; characters beyond the basic plane are escaped). */

export interface ScalarAnalysis {
  readonly multiline: boolean;
  readonly flowPlain: boolean;
  readonly blockPlain: boolean;
  readonly singleQuoted: boolean;
}

const breaks = '\n\\x85\\u2028\\u2029';
const special = /[^\t\n\x20-\x7e\xa0-\ud7ff\ue000-\ufffd]|\ufeff/u;

export function analyze(text: string): ScalarAnalysis {
  if (text === '') return { multiline: false, flowPlain: false, blockPlain: true, singleQuoted: true };
  const multiline = new RegExp(`[${breaks}]`).test(text);
  const isDocumentMark = /^(?:---|\.\.\.)/.test(text);
  const blockIndicators = isDocumentMark || /^[#,[\]{}&*!|>'"%@`]|^[?:-](?:[\0 \t\r\n\x85\u2028\u2029]|$)|.:(?:[\0 \t\r\n\x85\u2028\u2029]|$)|[\0 \t\r\n\x85\u2028\u2029]#/s.test(text);
  const flowIndicators = blockIndicators || /^[?:]|.[,?[\]{}:]/s.test(text);
  const isPadded = new RegExp(`^[ ${breaks}]|[ ${breaks}]$`).test(text);
  const breakSpace = new RegExp(`[${breaks}] `).test(text);
  const onlyDouble = new RegExp(` [${breaks}]`).test(text) || special.test(text) || /^\t|\t$/.test(text);
  const plain = !isPadded && !breakSpace && !onlyDouble && !multiline;
  return { multiline, flowPlain: plain && !flowIndicators, blockPlain: plain && !blockIndicators, singleQuoted: !breakSpace && !onlyDouble };
}

const escapes: Readonly<Record<string, string>> = {
  '\0': '0', '\x07': 'a', '\b': 'b', '\t': 't', '\n': 'n', '\v': 'v', '\f': 'f', '\r': 'r', '\x1b': 'e', '"': '"', '\\': '\\',
  '\x85': 'N', '\xa0': '_', '\u2028': 'L', '\u2029': 'P',
};

/** A character as it stands in a double-quoted scalar. */
export function escapeDouble(character: string): string {
  const short = escapes[character];
  if (short !== undefined && character !== '\xa0') return `\\${short}`;
  if (/^[\x20-\x7e\xa0-\ud7ff\ue000-\ufffd]$/u.test(character) && character !== '\ufeff') return character;
  const code = character.codePointAt(0)!;
  const hex = code.toString(16).toUpperCase();
  return code <= 0xff ? `\\x${hex.padStart(2, '0')}` : code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}
